"""Queries where a mobile is: who asked, and who answered after how long.

Read from the messages themselves: a Proxy Binding Query and its Proxy Query Acknowledgement
(draft-jikim-dmm-pmip §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.wire.address import Address
from agents.wire.options import AlternateCareOfAddress, HomeNetworkPrefix
from testbed.evidence.signalling import Owners, Signal
from testbed.evidence.where import where
from testbed.topology.network import Network

QUERY, ANSWER = "ProxyBindingQuery", "ProxyQueryAcknowledgement"
_WHOLE = 128  # bits: the prefix is one address


@dataclass(slots=True)
class Query:
    """``asker`` wants to know where ``address`` is; repetitions are the same query.

    Times are on the run's clock. ``answer`` is the signal that came in at the asker first.
    """

    asker: str
    address: Address
    sent_at: float
    frame: int = 0  # of the capture, in which it first was sent
    sequences: set[int] = field(default_factory=set)
    answer: Signal | None = None

    @property
    def delay(self) -> float | None:
        """Seconds from the first time it was sent to the answer."""
        return None if self.answer is None else self.answer.sighting.at - self.sent_at

    @property
    def found_at(self) -> Address | None:
        """The address of the gateway that the answer names; a refusal names none."""
        options = self.answer.sighting.message.options if self.answer else ()
        named = [each.address for each in options if isinstance(each, AlternateCareOfAddress)]
        return named[0] if named else None


def asked_address(message: Any) -> Address | None:
    """Return the home address that a query or its answer is about."""
    for option in message.options:
        if isinstance(option, HomeNetworkPrefix) and option.prefix.length == _WHOLE:
            return option.prefix.network
    return None


def queries(signals: Iterable[Signal]) -> list[Query]:
    """Return the queries among ``signals``, which are in order of time, in the same order."""
    found: list[Query] = []
    waiting: dict[tuple[str, Address], Query] = {}
    for signal in signals:
        if signal.name not in (QUERY, ANSWER):
            continue
        message, node = signal.sighting.message, signal.sighting.node
        address = asked_address(message)
        if address is None:
            continue
        query = waiting.get((node, address))
        if signal.name == QUERY and signal.original:
            if query is None:
                query = waiting[node, address] = Query(
                    node, address, signal.sighting.at, signal.sighting.frame
                )
                found.append(query)
            query.sequences.add(message.sequence)
        elif query and _answers(signal, query):
            query.answer = signal
            del waiting[node, address]
    return found


def _answers(signal: Signal, query: Query) -> bool:
    came_in = signal.name == ANSWER and not signal.sighting.outgoing
    return came_in and signal.sighting.message.sequence in query.sequences


def query_documents(found: Sequence[Query], network: Network, zero: float) -> list[dict[str, Any]]:
    """Return queries as ``result.json`` holds them, their times counted from ``zero``."""
    owners = Owners(network)
    return [_document(query, owners, zero) for query in found]


def _document(query: Query, owners: Owners, zero: float) -> dict[str, Any]:
    answer = query.answer and query.answer.sighting
    return {
        "node": owners.name(query.address),
        "address": str(query.address),
        "asker": query.asker,
        "sent_at": query.sent_at - zero,
        "tries": len(query.sequences),
        "answered_at": answer and answer.at - zero,
        "answered_by": answer and owners.name(answer.source),
        "status": answer and answer.message.status,
        "found_at": query.found_at and owners.name(query.found_at),
        "delay": query.delay,
        "where": where({"sent": query.frame, "answered": answer.frame if answer else 0}),
    }
