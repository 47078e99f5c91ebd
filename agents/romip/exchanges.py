"""Updates that wait for their acknowledgements, and are repeated until then (RFC 6275 §11.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agents.core.actions import Action, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.retransmission import Retransmission
from agents.romip.config import MaarConfig
from agents.romip.lists import Session
from agents.romip.messages import Acknowledgement
from agents.romip.peers import Peers
from agents.wire.address import Address
from agents.wire.numbers import Status

HOPS = 8
"""So many MAARs may send on to another, one after the other."""

NUMBERS = 4
"""An answer to one of the last so many transmissions is taken."""

Maker = Callable[[int], Any]
"""From a sequence number to the update."""


@dataclass(eq=False, slots=True)
class Exchange:
    """One update to ``peer`` about ``sessions``; with ``release`` it takes them back.

    Several sequence numbers that it was sent with count: an answer may come late.
    """

    peer: Address
    far: bool
    sessions: tuple[Session, ...]
    make: Maker
    retransmission: Retransmission
    release: bool = False
    hops: int = 0
    times: int = 0
    numbers: list[int] = field(default_factory=list)


class Exchanges:
    """The updates of one MAAR that are not acknowledged yet, found by peer and number."""

    def __init__(self, config: MaarConfig, peers: Peers) -> None:
        self._config = config
        self._peers = peers
        self._waiting: dict[tuple[Address, int], Exchange] = {}
        self._single: dict[Session, Exchange] = {}
        self._deadlines: Deadlines[Exchange] = Deadlines()
        self.deadline = self._deadlines.next
        self.due = self._deadlines.due

    def begin(
        self,
        peer: Address,
        sessions: tuple[Session, ...],
        make: Maker,
        now: float,
        *,
        far: bool,
        release: bool = False,
        hops: int = 0,
    ) -> list[Action]:
        """Send an update for the first time."""
        wait = Retransmission.after(now, self._config.initial_timeout)
        exchange = Exchange(peer, far, sessions, make, wait, release, hops)
        if far and not release:
            self._single[sessions[0]] = exchange
        return self._send(exchange, now)

    def again(self, exchange: Exchange, now: float) -> list[Action]:
        """Send it once more, with another number."""
        exchange.retransmission = exchange.retransmission.again(now, self._config.max_timeout)
        return self._send(exchange, now)

    def of(self, peer: Address, number: int, far: bool) -> Exchange | None:
        """Return the exchange that an acknowledgement of ``peer`` belongs to, if any."""
        exchange = self._waiting.get((peer, number))
        return exchange if exchange is not None and exchange.far == far else None

    def with_peer(self, peer: Address) -> list[Exchange]:
        """Return what is asked of ``peer``."""
        found = {exchange: None for (who, _), exchange in self._waiting.items() if who == peer}
        return list(found)

    def end(self, exchange: Exchange) -> None:
        """Wait for its acknowledgement no longer."""
        self._deadlines.clear(exchange)
        for number in exchange.numbers:
            if self._waiting.get((exchange.peer, number)) is exchange:
                del self._waiting[exchange.peer, number]
        if self._single.get(exchange.sessions[0]) is exchange:
            del self._single[exchange.sessions[0]]

    def drop(self, session: Session) -> None:
        """Forget what was asked about one session alone."""
        exchange = self._single.get(session)
        if exchange is not None:
            self.end(exchange)

    def _send(self, exchange: Exchange, now: float) -> list[Action]:
        number = self._peers.next_number(exchange.peer)
        exchange.numbers.append(number)
        exchange.times += 1
        if len(exchange.numbers) > NUMBERS:
            self._waiting.pop((exchange.peer, exchange.numbers.pop(0)), None)
        self._waiting[exchange.peer, number] = exchange
        self._deadlines.set(exchange, exchange.retransmission.at)
        own = self._config.address
        message = self._peers.sign(exchange.make(number), own, now)
        return [SendMessage(message, own, exchange.peer)]


def onwards(exchange: Exchange, answer: Acknowledgement) -> Address | None:
    """Return the MAAR that an answer sends on to, unless it has become a circle."""
    elsewhere = answer.status == Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE
    if not elsewhere or exchange.hops >= HOPS or answer.maar == exchange.peer:
        return None
    return answer.maar
