"""What each node had to carry: packets of flows, and signalling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from testbed.evidence.observed import Sighting
from testbed.evidence.signalling import Signal
from testbed.evidence.where import node_filter
from testbed.topology.network import Network, Node


@dataclass(slots=True)
class _Load:
    packets: int = 0
    octets: int = 0

    def add(self, octets: int) -> None:
        self.packets += 1
        self.octets += octets


class Loads:
    """Counts what nodes handle: each packet that comes in at one or begins there, once.

    Octets are those with which it came in, or first left, tunnels included.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._data = {name: _Load() for name in network.nodes}
        self._begun = 0
        self._senders = {
            (flow.name, downward): flow.source if downward else flow.destination
            for flow in network.flows.values()
            for downward in (True, False)
        }

    def see(self, sighting: Sighting) -> None:
        """Take in one packet of a flow at one interface."""
        if sighting.outgoing:
            if sighting.node != self._senders[sighting.flow, sighting.downward]:
                return
            self._begun += 1
        self._data[sighting.node].add(sighting.length)

    def documents(self, signals: Iterable[Signal], captured: bool) -> list[dict[str, Any]]:
        """Return the loads of all nodes as ``result.json`` holds them.

        ``captured`` says whether there is a capture to point to.
        """
        signalling = {name: _Load() for name in self._network.nodes}
        for _, sighting, original in signals:
            if original or not sighting.outgoing:
                signalling[sighting.node].add(sighting.length)
        return [
            self._document(node, signalling[node.name], captured)
            for node in self._network.nodes.values()
        ]

    def _document(self, node: Node, signalling: _Load, captured: bool) -> dict[str, Any]:
        data = self._data[node.name]
        return {
            "node": node.name,
            "role": node.role or node.place,
            "data_packets": data.packets,
            "data_bytes": data.octets,
            "data_share": data.packets / self._begun if self._begun else None,
            "signalling_packets": signalling.packets,
            "signalling_bytes": signalling.octets,
            "where": {"filter": node_filter(node.name)} if captured else None,
        }
