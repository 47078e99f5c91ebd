"""Which way packets of the mobile node go, and those to it, as the kernels of all nodes are."""

from __future__ import annotations

from dmipv6_nodes import (
    LINKS,
    ROUTERS,
    Node,
)
from host_kernels import HostKernel

from agents.wire.address import Address, Prefix


class Ways:
    """The nodes, and the access link that the mobile node is at."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self.link: str | None = None
        self.mute: set[Address] = set()  # name servers and nodes that are dead

    @property
    def kernel(self) -> HostKernel:
        """The kernel of the mobile node."""
        return self.nodes["mn"].kernel

    def up(self, source: Address, destination: Address) -> str:
        """How a packet of the mobile node from ``source`` goes: "direct", by whom, or not."""
        if any(those[:2] == (source, destination) for those in self.kernel.refused):
            return "refused"
        path = self.kernel.optimized.get((source, destination))
        if path is not None and path.local_care_of is not None:
            return "optimized" if self._is_here(path.local_care_of) else "lost"
        return self._way(source)

    def _way(self, source: Address) -> str:
        """How a message from ``source`` goes: it takes no optimized route, and is not refused."""
        kernel = self.kernel
        if source not in kernel.addresses:
            return "no address"
        route = kernel.way_of(source)
        if route is None or route.tunnel is None:
            return "lost" if source in kernel.confined or not self._is_here(source) else "direct"
        return self._through(source, route.tunnel)

    def down(self, home: Address, source: Address) -> str:
        """How a packet of ``source`` to the mobile node's ``home`` comes."""
        kernel = self._kernel_of(source)
        path = None if kernel is None else kernel.optimized.get((source, home))
        if path is not None and path.peer_care_of is not None:
            return "optimized" if self._is_here(path.peer_care_of) else "lost"
        agent = self._agent_of(home)
        if agent is None:
            return "direct" if self._is_here(home) else "lost"
        route = self.nodes[agent].kernel.routes[Prefix(home, 128), None]
        assert route.tunnel is not None
        mine = self.nodes[agent].address in self.kernel.tunnels and home in self.kernel.addresses
        return agent if self._is_here(route.tunnel) and mine else "lost"

    def _through(self, source: Address, tunnel: Address) -> str:
        """Whether a tunnel's other end takes out what comes from the mobile node's ``source``."""
        for name, node in self.nodes.items():
            if node.core is not None and node.address == tunnel and tunnel not in self.mute:
                route = node.kernel.routes.get((Prefix(source, 128), None))
                care_of = None if route is None else route.tunnel
                here = care_of is not None and self._is_here(care_of)
                return name if here and care_of in node.kernel.tunnels else "lost"
        return "lost"

    def _agent_of(self, home: Address) -> str | None:
        for name, node in self.nodes.items():
            serves = node.core is not None and node.role in ("ha", "dhp")
            if serves and (Prefix(home, 128), None) in node.kernel.routes:
                return name
        return None

    def _is_here(self, address: Address) -> bool:
        """Whether ``address`` is one of the mobile node's on the link where it is."""
        if self.link is None or address not in self.kernel.addresses:
            return False
        return ROUTERS[LINKS[self.link]].prefix.contains(address)

    def _kernel_of(self, address: Address) -> HostKernel | None:
        found = [n.kernel for n in self.nodes.values() if address in n.addresses and n.core]
        return found[0] if found else None
