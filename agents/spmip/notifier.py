"""Tells gateways that what they know of a mobile node is outdated (RFC 7077)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.pmipv6.authentication import Authenticator
from agents.spmip.config import RespondentConfig
from agents.wire.address import Address, Prefix
from agents.wire.numbers import IdentifierSubtype
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from agents.wire.signaling_messages import UpdateNotification
from agents.wire.signaling_numbers import NotificationFlag, NotificationReason

RETRANSMIT_INTERVAL = 1.0
"""MIN_DELAY_BETWEEN_UPDATE_NOTIFICATION_REPLAY (RFC 7077 §7)."""

_ACKNOWLEDGE = int(NotificationFlag.ACKNOWLEDGEMENT_REQUESTED)
_RETRANSMITTED = int(NotificationFlag.RETRANSMISSION)
_REASON = int(NotificationReason.FORCE_REREGISTRATION)
_NAI = int(IdentifierSubtype.NAI)
_SEQUENCE_NUMBERS = 1 << 16

Key = tuple[Address, int]


@dataclass(frozen=True, slots=True)
class Notifying:
    """A notification that its recipient has not acknowledged."""

    message: UpdateNotification
    recipient: Address


class Notifier:
    """Sends notifications, each once more where it is not acknowledged.

    MAX_UPDATE_NOTIFICATION_RETRANSMIT_COUNT is 1 (RFC 7077 §7).
    """

    def __init__(self, config: RespondentConfig) -> None:
        self._address = config.address
        self._authenticator = Authenticator(config.authentication)
        self._sequence = 0
        self._pending: dict[Key, Notifying] = {}
        self._deadlines: Deadlines[Key] = Deadlines()
        self.deadline = self._deadlines.next

    def notify(
        self, recipient: Address, identifier: bytes, prefix: Prefix, now: float
    ) -> list[Action]:
        """Have ``recipient`` ask again about the node that has ``prefix``."""
        self._sequence = (self._sequence + 1) % _SEQUENCE_NUMBERS
        options = (MobileNodeIdentifier(_NAI, identifier), HomeNetworkPrefix(prefix))
        message = UpdateNotification(self._sequence, _REASON, _ACKNOWLEDGE, options)
        key = (recipient, self._sequence)
        self._pending[key] = Notifying(message, recipient)
        self._deadlines.set(key, now + RETRANSMIT_INTERVAL)
        details = {"prefix": spelled(prefix), "recipient": spelled(recipient)}
        return [self._send(message, recipient), Record("notification_sent", details)]

    def acknowledged(self, event: MessageReceived) -> list[Action]:
        """Take an Update Notification Acknowledgement, whatever its status."""
        details = {"source": spelled(event.source), "sequence": event.message.sequence}
        if not self._authenticator.verify(event, event.source):
            return [Drop("notification answer not authentic", details)]
        key = (event.source, event.message.sequence)
        if self._pending.pop(key, None) is None:
            return [Drop("answer to no notification", details)]
        self._deadlines.clear(key)
        return [Record("notification_acknowledged", {**details, "status": event.message.status})]

    def tick(self, now: float) -> list[Action]:
        """Send again, once, what was not acknowledged."""
        actions: list[Action] = []
        for key in self._deadlines.due(now):
            again = self._pending[key]
            if again.message.flags & _RETRANSMITTED:
                del self._pending[key]
                continue
            message = replace(again.message, flags=again.message.flags | _RETRANSMITTED)
            self._pending[key] = Notifying(message, again.recipient)
            self._deadlines.set(key, now + RETRANSMIT_INTERVAL)
            actions.append(self._send(message, again.recipient))
        return actions

    def _send(self, message: UpdateNotification, recipient: Address) -> SendMessage:
        return SendMessage(self._authenticator.sign(message, recipient), self._address, recipient)
