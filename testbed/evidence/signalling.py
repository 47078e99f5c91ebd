"""What signalling was sent, by whom, and what it cost the links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agents.wire.address import UNSPECIFIED
from agents.wire.names import message_name
from testbed.evidence.matching import packed
from testbed.evidence.observed import LogEvent, Sighting
from testbed.evidence.subjects import ASSIGNED
from testbed.evidence.where import span
from testbed.topology.network import Network, Node

_LINK_LOCAL = b"\xfe\x80"
_GOT = (ASSIGNED, "care_of_usable")  # what a host tells when it has another address
ERRORS = frozenset({"DestinationUnreachable", "PacketTooBig", "TimeExceeded", "ParameterProblem"})
"""What nodes answer to any packet: no message of a protocol by itself."""


class Signal(NamedTuple):
    """A signalling message at one interface; ``original`` where its originator sent it out."""

    name: str
    sighting: Sighting
    original: bool


class Owners:
    """Whose address is whose; ``events`` tell which ones hosts got while the network ran."""

    def __init__(self, network: Network, events: Iterable[LogEvent] = ()) -> None:
        self._owner = {
            packed(address): node.name
            for node in network.nodes.values()
            for address in _addresses(node)
        }
        self._hosts = {node.name for node in network.nodes.values() if not node.forwarding}
        for event in events:
            if event.event in _GOT and event.node in self._hosts:
                self._owner.setdefault(packed(str(event.details["address"])), event.node)

    def sent_by(self, sighting: Sighting) -> bool:
        """Say whether the node that sends this packet out is its source, not a forwarder.

        A packet with a source of link scope, or none, is never forwarded (RFC 4291 §2.5.6); and
        what hosts send is their own, from whichever address they have at the time.
        """
        if not sighting.outgoing or sighting.node in self._hosts:
            return sighting.outgoing
        source = sighting.source
        local = source[:2] == _LINK_LOCAL or source == UNSPECIFIED
        return local or self._owner.get(source) == sighting.node

    def name(self, address: bytes) -> str | None:
        """Return the node that owns ``address``."""
        return self._owner.get(address)


def _addresses(node: Node) -> Iterable[str]:
    yield node.address
    yield from node.loopback
    for interface in node.interfaces:
        yield interface.link_local
        yield from interface.addresses
    if node.mobile:
        for addresses in node.mobile.home_addresses.values():
            yield from addresses


class Signalling:
    """Collects the signalling of a run."""

    def __init__(self, network: Network) -> None:
        self._owners = Owners(network)
        self._signals: list[Signal] = []

    def see(self, sighting: Sighting) -> None:
        """Take in one message at one interface."""
        name = message_name(sighting.message)
        self._signals.append(Signal(name, sighting, self._owners.sent_by(sighting)))

    def settle(self) -> list[Signal]:
        """Return all that was seen, in order of time."""
        return sorted(self._signals, key=lambda signal: signal.sighting.at)


@dataclass(slots=True)
class _Cost:
    count: int = 0
    bytes: int = 0
    byte_hops: int = 0
    frames: list[int] = field(default_factory=list)


def signalling_document(signals: Sequence[Signal]) -> list[dict[str, Any]]:
    """Return the signalling by message as ``result.json`` holds it, in order of name."""
    return [{**_row(name, cost), "where": span(cost.frames)} for name, cost in _costs(signals)]


def costs(signals: Iterable[Signal]) -> list[dict[str, Any]]:
    """Return what ``signals`` cost by message, in order of name."""
    return [_row(name, cost) for name, cost in _costs(signals)]


def _costs(signals: Iterable[Signal]) -> list[tuple[str, _Cost]]:
    costs: dict[str, _Cost] = {}
    for name, sighting, original in signals:
        cost = costs.setdefault(name, _Cost())
        if original:
            cost.count += 1
            cost.bytes += sighting.length
            cost.frames.append(sighting.frame)
        if sighting.outgoing:
            cost.byte_hops += sighting.length
    return sorted(costs.items())


def _row(name: str, cost: _Cost) -> dict[str, Any]:
    return {
        "message": name,
        "count": cost.count,
        "bytes": cost.bytes,
        "byte_hops": cost.byte_hops,
    }
