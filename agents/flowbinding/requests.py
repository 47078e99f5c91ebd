"""What an anchor has asked gateways: repeated until they answer (xia §4, steps 5, 7, 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.flowbinding.carriers import Acknowledgement, Answer, Purpose, request
from agents.flowbinding.config import Carrier
from agents.flowbinding.freshness import Stamps, stamp_of
from agents.pmipv6.authentication import Authenticator
from agents.wire.address import Address
from agents.wire.numbers import IdentifierSubtype
from agents.wire.options import MobileNodeIdentifier, MobilityMessageReplayProtection
from agents.wire.signaling_messages import GenericSignalingAcknowledgement

INITIAL_TIMEOUT = 5.0
"""INITIAL_MH_SIGNALING_TIMEOUT (draft-ietf-mext-generic-signaling-message-00 §7)."""

MAX_TIMEOUT = 20.0
"""MAX_MH_SIGNALING_TIMEOUT (ibid.)."""

_NAI = int(IdentifierSubtype.NAI)
_SEQUENCE_NUMBERS = 1 << 16

Answered = Callable[[Answer | None, float], list[Action]]
"""What is done with the answer, None where none came."""


@dataclass(eq=False, slots=True)
class Asked:
    """A request that awaits its answer; ``stamps`` are the times of all its transmissions."""

    recipient: Address
    identifier: bytes
    purpose: Purpose
    options: tuple[Any, ...]
    sequence: int
    answered: Answered
    wait: Retransmission
    tries: int = 1
    stamps: set[int] = field(default_factory=set)


class Requests:
    """All requests of one anchor, matched with answers by gateway, sequence number and time."""

    def __init__(
        self, address: Address, carrier: Carrier, authenticator: Authenticator, random: Random
    ) -> None:
        self._address = address
        self._carrier = carrier
        self._authenticator = authenticator
        self._sequence = random.randrange(_SEQUENCE_NUMBERS)
        self._stamps = Stamps()
        self._open: dict[tuple[Address, int], Asked] = {}
        self._deadlines: Deadlines[Asked] = Deadlines()
        self.deadline = self._deadlines.next

    def ask(
        self,
        recipient: Address,
        identifier: bytes,
        purpose: Purpose,
        options: tuple[Any, ...],
        answered: Answered,
        now: float,
    ) -> tuple[Asked, list[Action]]:
        """Ask a gateway about a mobile node; return the request, and what sends it."""
        self._sequence = (self._sequence + 1) % _SEQUENCE_NUMBERS
        wait = Retransmission.after(now, INITIAL_TIMEOUT)
        asked = Asked(recipient, identifier, purpose, options, self._sequence, answered, wait)
        self._open[recipient, asked.sequence] = asked
        self._deadlines.set(asked, wait.at)
        return asked, [self._send(asked, now), _recorded("notification_sent", asked)]

    def cancel(self, asked: Asked) -> None:
        """Neither repeat a request nor await its answer."""
        self._open.pop((asked.recipient, asked.sequence), None)
        self._deadlines.clear(asked)

    def acknowledged(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement, which must be that of a request to its sender."""
        message: Acknowledgement = event.message
        details = {"source": spelled(event.source), "sequence": message.sequence}
        if not self._authenticator.verify(event, event.source):
            return [Drop("notification answer not authentic", details)]
        asked = self._open.get((event.source, message.sequence))
        if asked is None or stamp_of(message.options) not in asked.stamps:
            return [Drop("answer to no notification", details)]
        self.cancel(asked)
        record = _recorded("notification_acknowledged", asked, status=message.status)
        return [record, *asked.answered(_answer(message), now)]

    def tick(self, now: float) -> list[Action]:
        """Repeat what was not answered, ever more slowly, and at last give it up."""
        actions: list[Action] = []
        for asked in self._deadlines.due(now):
            if asked.tries == asked.purpose.tries:
                self.cancel(asked)
                actions.append(_recorded("notification_given_up", asked))
                actions += asked.answered(None, now)
                continue
            asked.tries += 1
            asked.wait = asked.wait.again(now, MAX_TIMEOUT)
            self._deadlines.set(asked, asked.wait.at)
            actions.append(self._send(asked, now))
        return actions

    def _send(self, asked: Asked, now: float) -> SendMessage:
        stamp = self._stamps.next(now)
        asked.stamps.add(stamp)
        options = (
            MobileNodeIdentifier(_NAI, asked.identifier),
            *asked.options,
            MobilityMessageReplayProtection(stamp),
        )
        message = request(self._carrier, asked.purpose, asked.sequence, asked.tries > 1, options)
        signed = self._authenticator.sign(message, asked.recipient)
        return SendMessage(signed, self._address, asked.recipient)


def _answer(message: Acknowledgement) -> Answer:
    """Return what a status means; one that is not ours means no (RFC 7077 §4.2)."""
    generic = type(message) is GenericSignalingAcknowledgement
    for answer in Answer:
        if message.status == (answer.signaling if generic else answer.notification):
            return answer
    return Answer.PROHIBITED


def _recorded(event: str, asked: Asked, **more: Any) -> Record:
    details = {
        "node": asked.identifier.decode(errors="replace"),
        "recipient": spelled(asked.recipient),
        "sequence": asked.sequence,
        "purpose": asked.purpose.title,
    }
    return Record(event, {**details, **more})
