"""Updates of one MAAR and the acknowledgements that they wait for."""

from __future__ import annotations

from agents.core.actions import Action, Drop
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.romip.binder import Binder
from agents.romip.config import MaarConfig
from agents.romip.exchanges import Exchange, Exchanges
from agents.romip.fetcher import Fetcher
from agents.romip.messages import Messages
from agents.romip.peers import Peers
from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import Status

TRIES = 3
"""Transmissions of an sDBU, or of a dDBU that takes back, before it is given up."""

_OUT_OF_WINDOW = int(Status.SEQUENCE_NUMBER_OUT_OF_WINDOW)


class Correspondence:
    """Matches acknowledgements with updates, and repeats those that have none."""

    def __init__(
        self,
        config: MaarConfig,
        peers: Peers,
        messages: Messages,
        exchanges: Exchanges,
        fetcher: Fetcher,
        binder: Binder,
    ) -> None:
        self._own = config.address
        self._peers = peers
        self._messages = messages
        self._exchanges = exchanges
        self._fetcher = fetcher
        self._binder = binder
        self.deadline = exchanges.deadline

    def tick(self, now: float) -> list[Action]:
        """Repeat what was not answered."""
        actions: list[Action] = []
        for exchange in self._exchanges.due(now):
            actions += self._unanswered(exchange, now)
        return actions

    def acknowledged(
        self, event: MessageReceived, message: BindingAcknowledgement, now: float
    ) -> list[Action]:
        """Take an sDBA or dDBA: act on it only if it answers an update that waits for it."""
        source = {"source": spelled(event.source), "status": message.status}
        answer = self._messages.read_acknowledgement(message)
        if isinstance(answer, str):
            return [Drop(answer, source)]
        fault = self._peers.fault(event, self._own, now)
        if fault:
            return [Drop(fault, source)]
        exchange = self._exchanges.of(event.source, answer.sequence, answer.far)
        if answer.status == _OUT_OF_WINDOW:
            return self._renumber(event.source, answer.sequence, now)
        if exchange is None:
            return [Drop("acknowledgement of no update", source)]
        pairs = {session.pair for session in exchange.sessions}
        if not pairs >= {located.pair for located in answer.sessions}:
            return [Drop("acknowledgement of something else", source)]
        self._exchanges.end(exchange)
        if exchange.release:
            return []
        if answer.far:
            return self._binder.answered(exchange, answer, now)
        return self._fetcher.answered(exchange, answer, now)

    def _renumber(self, peer: Address, number: int, now: float) -> list[Action]:
        """RFC 6275 §11.7.3: go on from the number that the peer has accepted last."""
        if not self._peers.skip_to(peer, number):
            return [Drop("sequence number of an earlier update", {"source": spelled(peer)})]
        actions: list[Action] = []
        for exchange in self._exchanges.with_peer(peer):
            actions += self._exchanges.again(exchange, now)
        return actions

    def _unanswered(self, exchange: Exchange, now: float) -> list[Action]:
        finite = exchange.release or not exchange.far
        if not finite or exchange.times < TRIES:
            return self._exchanges.again(exchange, now)
        self._exchanges.end(exchange)
        return [] if exchange.release else self._fetcher.unanswered(exchange, now)
