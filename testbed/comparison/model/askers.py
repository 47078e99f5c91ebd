"""Who has asked where which mobile is, over all handovers of a run: whom its moves concern."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.routes import router_of
from testbed.comparison.model.scene import Call, Scene
from testbed.topology.network import Network


class Askers:
    """The gateways that hold an answer about each mobile."""

    def __init__(self, network: Network, map_: Map) -> None:
        self._map = map_
        self._gateways = {
            Place(each.node) for each in network.agents.values() if each.role == "mag"
        }
        self._of: dict[str, set[Place]] = {}

    @property
    def gateways(self) -> frozenset[Place]:
        """All gateways."""
        return frozenset(self._gateways)

    def gateway(self, peer: Place) -> Place | None:
        """Return the gateway in front of ``peer``; None where there is none."""
        router = router_of(self._map, peer)
        return router if router in self._gateways else None

    def about(self, mobile: str) -> set[Place]:
        """Return the gateways that have asked about ``mobile``."""
        return self._of.setdefault(mobile, set())

    def settle(self, scene: Scene) -> None:
        """Note who must have asked before this handover, for the flows that run."""
        here = Place(scene.old.node)
        for call in scene.calls:
            gateway = self.gateway(call.peer) if call.peer else None
            if call.peer is None or gateway is None or gateway == here:
                continue
            if call.inward:
                self.about(scene.move.node).add(gateway)
            if call.outward and call.peer.access:
                self.about(call.peer_name).add(here)

    def holders(self, scene: Scene) -> list[Place]:
        """Return who holds an answer about the mobile that moves, in a fixed order."""
        return sorted(self.about(scene.move.node))

    def replace(self, mobile: str, asked: Iterable[Place]) -> None:
        """Let those that have asked after a move be the ones that hold an answer."""
        self._of[mobile] = set(asked)

    def to_find(self, scene: Scene) -> list[Call]:
        """Return the flows whose other end the new gateway must ask for, one for each end."""
        new = Place(scene.new.node)
        found: dict[str, Call] = {}
        for call in scene.calls:
            if call.peer is None or not call.peer.access or call.peer.node == new.node:
                continue
            if call.outward and new not in self.about(call.peer_name):
                found.setdefault(call.peer_name, call)
        return list(found.values())
