"""Which nodes may play which role of a figure, for one move of one mobile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from testbed.evidence.figures.model import Figure, Who
from testbed.evidence.moves import Move, Whereabouts
from testbed.topology.network import Network

Cast = Mapping[str, frozenset[str]]
"""The nodes that may play each role, by the role's name."""


def cast(figure: Figure, network: Network, move: Move, whereabouts: Whereabouts) -> Cast:
    """Return who may play each role of ``figure``, which is laid beside ``move``."""
    who = _Who(network, move, whereabouts)
    return {role.name: who.may_be(role.who) for role in figure.roles}


class _Who:
    """The network as one mobile that moves sees it."""

    def __init__(self, network: Network, move: Move, whereabouts: Whereabouts) -> None:
        self._network, self._move, self._whereabouts = network, move, whereabouts
        self._ways: Mapping[Who, Callable[[], set[str]]] = {
            Who.MOBILE: lambda: {move.node},
            Who.TARGET: lambda: self._router(move.target),
            Who.ORIGIN: lambda: self._router(move.origin),
            Who.SERVING: self._serving,
            Who.HOME: lambda: self._router(move.target) & self._anchor(),
            Who.VISITED: lambda: self._router(move.target) - self._anchor(),
            Who.GATEWAY: lambda: self._at("access-router"),
            Who.ANCHOR: self._anchor,
            Who.CORRESPONDENT: self._correspondents,
            Who.PROXY: lambda: self._at("home-proxy"),
            Who.SERVER: lambda: self._at("management-server", "correspondent"),
            Who.AAA: lambda: self._at("aaa-server"),
        }

    def may_be(self, who: Who) -> frozenset[str]:
        return frozenset(self._ways[who]())

    def _router(self, access: str | None) -> set[str]:
        return {self._network.accesses[access].router} if access else set()

    def _at(self, *places: str) -> set[str]:
        return {node.name for node in self._network.nodes.values() if node.place in places}

    def _anchor(self) -> set[str]:
        mobile = self._network.nodes[self._move.node].mobile
        if mobile is not None and mobile.anchor is not None:
            return {mobile.anchor}
        return self._at("anchor")

    def _serving(self) -> set[str]:
        """Return the routers of the mobile's other interfaces."""
        node, moving = self._network.nodes[self._move.node], self._move.interface
        others = [each.name for each in node.interfaces if each.name != moving]
        at = self._move.link_up
        found = (self._whereabouts.at(node.name, other, at) for other in others)
        return {router for access in found for router in self._router(access)}

    def _correspondents(self) -> set[str]:
        name = self._move.node
        flows = self._network.flows.values()
        return {flow.peer_of(name) for flow in flows if name in (flow.source, flow.destination)}
