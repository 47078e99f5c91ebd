"""A journey in words: a row for each interface that the packet was seen at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from agents.wire.address import Address
from testbed.evidence.journeys.journey import Journey
from testbed.evidence.observed import LogEvent, Sighting
from testbed.evidence.signalling import Owners
from testbed.topology.network import Network

_MS = 1000
_DIGITS = 6  # after the point: microseconds


class Teller:
    """Says where packets went; addresses are called by the nodes that have them."""

    def __init__(self, network: Network, zero: float, events: Iterable[LogEvent] = ()) -> None:
        self._network, self._zero = network, zero
        self._owners = Owners(network, events)
        self._links = {
            interface.name: interface.link
            for node in network.nodes.values()
            for interface in node.interfaces
        }

    def outcome(self, journey: Journey) -> str:
        """Return what became of the packet; of a lost one, where it was seen last."""
        if journey.delay is not None:
            links = sum(hop.outgoing for hop in journey.hops)
            return f"arrived after {journey.delay * _MS:.3f} ms over {links} links"
        last = journey.hops[-1]
        where = f"{last.node}:{last.interface} at {last.at - self._zero:.6f} s"
        where += f", frame {last.frame}" if last.frame else ""
        if not last.outgoing:
            return f"lost in {last.node}: last seen when it came in at {where}"
        link = self._links.get(last.interface) or "the access link"
        return f"lost on {link}: last seen when it left {where}"

    def rows(self, journey: Journey) -> Iterator[dict[str, Any]]:
        """Yield for each interface when and how the packet was seen there; times in seconds."""
        before = None
        for hop in journey.hops:
            yield {
                "frame": hop.frame or None,
                "at": round(hop.at - self._zero, _DIGITS),
                "delta": None if before is None else round(hop.at - before, _DIGITS),
                "node": hop.node,
                "interface": hop.interface,
                "way": "out" if hop.outgoing else "in",
                "layers": self._layers(hop),
                "length": hop.length,
            }
            before = hop.at

    def _layers(self, hop: Sighting) -> list[str]:
        """Return the IPv6 headers, outermost first."""
        pairs = (*hop.tunnels, (hop.source, hop.destination))
        return [f"{self._called(source)} > {self._called(target)}" for source, target in pairs]

    def _called(self, address: bytes) -> str:
        return self._owners.name(address) or str(Address(address))
