"""Queries that await their answers: sent at a bounded rate, repeated, matched with replies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Record, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.ordering import TIMESTAMP_UNITS
from agents.spmip.config import MULTICAST, FinderConfig
from agents.spmip.messages import query
from agents.spmip.pace import Pace
from agents.spmip.turns import Turns
from agents.wire.address import Address

ASK_AGAIN_INTERVAL = 0.1
"""Seconds for which a notification about an address that is being asked about has to wait."""

ASK_AGAIN_BURST = 3
"""Queries about one address that follow at once where each is answered before the next."""

SENDERS = 8
"""Senders that can have as many inquiries as they like before there are too many in all."""

EARLIER = 4
"""Queries from before the last notification whose replies still count, the latest ones."""

_SEQUENCE_NUMBERS = 1 << 16


@dataclass(slots=True, eq=False)
class Inquiry:
    """What is asked about one address: ``sequences`` of the queries whose reply settles it.

    ``tries`` counts them. ``earlier`` ones were sent before it was last told to ask anew.
    ``refused`` is the last of those that was, if no answer has come since. ``sender`` is whose
    packets made the inquiry necessary: see ``ask``.
    """

    address: Address
    respondent: Address
    sender: bytes
    sequences: tuple[int, ...] = ()
    earlier: tuple[int, ...] = ()
    refused: int | None = None
    tries: int = 0
    sent_at: float = float("-inf")


class Inquiries:
    """All inquiries of one gateway; those that get no answer are handed to ``given_up``."""

    def __init__(
        self,
        config: FinderConfig,
        random: Random,
        given_up: Callable[[Address, float], list[Action]],
    ) -> None:
        self._config = config
        self._random = random
        self._given_up = given_up
        self._authenticator = Authenticator(config.authentication)
        self._bucket = TokenBucket(config.bounds.query_rate, config.bounds.query_burst)
        self._inquiries: dict[Address, Inquiry] = {}
        self._by_sequence: dict[int, Inquiry] = {}
        self._of_sender: Counter[bytes] = Counter()
        self._pace = Pace(ASK_AGAIN_INTERVAL, ASK_AGAIN_BURST)
        self._turns = Turns()
        self._deadlines: Deadlines[Address] = Deadlines()

    def full(self, sender: bytes) -> bool:
        """Say whether there may be no more inquiries, or none of this sender."""
        most = self._config.bounds.queries
        share = max(1, most // SENDERS)
        return len(self._inquiries) >= most or self._of_sender[sender] >= share

    def ask(
        self, address: Address, respondent: Address, now: float, sender: bytes = b""
    ) -> list[Action]:
        """Ask where ``address`` is, or ask anew: replies to earlier queries then settle nothing.

        They still count, or whoever makes a gateway ask anew faster than replies come would
        keep it from ever learning anything. The queries for each ``sender`` take turns with
        those for others.
        """
        inquiry = self._inquiries.get(address)
        if inquiry is None:
            inquiry = self._inquiries[address] = Inquiry(address, respondent, sender)
            self._of_sender[sender] += 1
        self._outdate(inquiry)
        inquiry.tries = 0
        again_at = max(inquiry.sent_at + ASK_AGAIN_INTERVAL, self._pace.ready_at(address))
        if now >= again_at:
            return self._enqueue(inquiry, now)
        self._deadlines.set(address, again_at)
        return []

    def of(self, sequence: int) -> Inquiry | None:
        """Return the inquiry that a reply with this sequence number answers."""
        return self._by_sequence.get(sequence)

    def settles(self, sequence: int) -> bool:
        """Say whether a reply to this query tells all that is asked: none is asked anew."""
        return sequence in self._by_sequence[sequence].sequences

    def withdraw(self, address: Address) -> None:
        """Await no answer any more, if one was awaited."""
        inquiry = self._inquiries.pop(address, None)
        if inquiry is not None:
            self._forget_sequences(inquiry.earlier + inquiry.sequences)
            self._of_sender[inquiry.sender] -= 1
            if not self._of_sender[inquiry.sender]:
                del self._of_sender[inquiry.sender]
            self._turns.discard(inquiry.sender, address)
            self._deadlines.clear(address)

    def tick(self, now: float) -> list[Action]:
        """Repeat what has not been answered in time, or give it up."""
        actions: list[Action] = []
        for address in self._deadlines.due(now):
            inquiry = self._inquiries[address]
            if inquiry.tries < self._config.query_tries:
                actions += self._enqueue(inquiry, now)
            else:
                self.withdraw(address)
                actions += self._given_up(address, now)
        return actions + self._send_queued(now)

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        due = self._deadlines.next()
        if not self._turns:
            return due
        ready_at = self._bucket.ready_at()
        return ready_at if due is None else min(due, ready_at)

    def _enqueue(self, inquiry: Inquiry, now: float) -> list[Action]:
        """Send a query in its turn, which comes at once unless too many were asked."""
        self._deadlines.clear(inquiry.address)
        self._turns.add(inquiry.sender, inquiry.address)
        return self._send_queued(now)

    def _send_queued(self, now: float) -> list[Action]:
        actions: list[Action] = []
        while self._turns and self._bucket.take(now):
            actions += self._send(self._inquiries[self._turns.take()], now)
        return actions

    def _send(self, inquiry: Inquiry, now: float) -> list[Action]:
        """Every query has a sequence number of its own, which nobody off the path can guess."""
        sequence = self._unused_sequence()
        self._by_sequence[sequence] = inquiry
        inquiry.sequences = (*inquiry.sequences, sequence)
        inquiry.sent_at = now
        self._pace.note(inquiry.address, now)
        timeout = self._config.query_timeout * (1 << inquiry.tries)
        self._deadlines.set(inquiry.address, now + timeout)
        inquiry.tries += 1
        details = {
            "address": spelled(inquiry.address),
            "respondent": spelled(inquiry.respondent),
            "sequence": sequence,
            "try": inquiry.tries,
        }
        return [self._message(inquiry, sequence, now), Record("query_sent", details)]

    def _message(self, inquiry: Inquiry, sequence: int, now: float) -> SendMessage:
        config, respondent = self._config, inquiry.respondent
        timestamp = int(now * TIMESTAMP_UNITS) if config.timestamps else None
        question = query(inquiry.address, sequence, timestamp, config.flags)
        signed = self._authenticator.sign(question, config.address)
        outer = respondent if respondent[0] == MULTICAST else None
        return SendMessage(signed, config.address, respondent, outer_destination=outer)

    def _unused_sequence(self) -> int:
        sequence = self._random.randrange(_SEQUENCE_NUMBERS)
        while sequence in self._by_sequence:
            sequence = (sequence + 1) % _SEQUENCE_NUMBERS
        return sequence

    def _outdate(self, inquiry: Inquiry) -> None:
        sequences = inquiry.earlier + inquiry.sequences
        self._forget_sequences(sequences[:-EARLIER])
        inquiry.earlier, inquiry.sequences = sequences[-EARLIER:], ()

    def _forget_sequences(self, sequences: tuple[int, ...]) -> None:
        for sequence in sequences:
            del self._by_sequence[sequence]
