"""Takes the notifications of those who have answered queries (RFC 7077 §5.2)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.pmipv6.authentication import Authenticator
from agents.spmip.config import MULTICAST, FinderConfig
from agents.spmip.finder import Finder
from agents.wire.address import Address, Prefix
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
from agents.wire.signaling_numbers import (
    NotificationFlag,
    NotificationReason,
    NotificationStatus,
)

_ACKNOWLEDGE = int(NotificationFlag.ACKNOWLEDGEMENT_REQUESTED)
_REASON = int(NotificationReason.FORCE_REREGISTRATION)


class NotificationListener:
    """Lets ``finder`` ask again where it is told to: more than that, a notification cannot do."""

    def __init__(self, config: FinderConfig, finder: Finder) -> None:
        self._config = config
        self._finder = finder
        self._authenticator = Authenticator(config.authentication)

    def notified(self, event: MessageReceived, now: float) -> list[Action]:
        """Acknowledge an Update Notification and ask again about the prefixes in it."""
        message: UpdateNotification = event.message
        details = {"source": spelled(event.source), "sequence": message.sequence}
        if not self._authenticator.verify(event, self._config.address):
            return [Drop("notification not authentic", details)]
        prefixes = [o.prefix for o in message.options if type(o) is HomeNetworkPrefix]
        believed = [prefix for prefix in prefixes if self._entitled(event.source, prefix)]
        if not believed or message.reason != _REASON:
            return [Drop("notification from elsewhere", details)]
        actions: list[Action] = []
        if message.flags & _ACKNOWLEDGE:
            actions.append(self._acknowledgement(event))
        for prefix in believed:
            actions.append(Record("notified", {**details, "prefix": spelled(prefix)}))
            actions += self._finder.moved(prefix, now)
        return actions

    def _entitled(self, source: Address, prefix: Prefix) -> bool:
        """Say whether ``source`` can have answered a query about ``prefix``."""
        respondent = self._config.respondent(prefix.network)
        if respondent is None or prefix.length < min(pool.length for pool in self._config.pools):
            return False
        if respondent[0] == MULTICAST:
            return source in self._config.mags
        return source == respondent

    def _acknowledgement(self, event: MessageReceived) -> SendMessage:
        message: UpdateNotification = event.message
        identity = tuple([o for o in message.options if type(o) is MobileNodeIdentifier])
        answer = UpdateNotificationAcknowledgement(
            message.sequence, int(NotificationStatus.SUCCESS), identity[:1]
        )
        own = self._config.address
        return SendMessage(self._authenticator.sign(answer, own), own, event.source)
