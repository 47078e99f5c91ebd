"""The domains of home proxies: how mobiles find these by name, by anycast and by multicast.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, IPv6Network

import networkx as nx

from testbed.protocols.protocol import Refused
from testbed.topology.interfaces import autoconfigured
from testbed.topology.multicast import Sender, routes_from
from testbed.topology.network import Access, Interface, MulticastRoute, Network, Node, Route
from testbed.topology.paths import link_graph
from testbed.topology.wiring import ANY

# The number that ends both the anycast address and the group; it is of no special meaning.
_NUMBER = 0xD401
# A group of global scope made of the domain's prefix (RFC 3306 §4), its number dynamic (RFC 3307).
_PREFIX_BASED = 0xFF3E << 112
_DYNAMIC = 0x8000_0000


@dataclass(frozen=True, slots=True)
class Zone:
    """A domain that has home proxies: these, its management servers, its name server."""

    domain: str
    prefix: IPv6Network
    proxies: tuple[Node, ...]
    servers: tuple[Node, ...]
    name_server: Node

    @property
    def name(self) -> str:
        """The domain's name in the Domain Name System."""
        return f"{self.domain}.test"

    @property
    def anycast(self) -> IPv6Address:
        """The anycast address of the domain's home proxies (§4.3.1)."""
        return self.prefix[_NUMBER]

    @property
    def group(self) -> IPv6Address:
        """The multicast address of the domain's home proxies (§4.3.2)."""
        length, network = self.prefix.prefixlen, int(self.prefix.network_address) >> 64
        number = _PREFIX_BASED | length << 96 | network << 32 | _DYNAMIC | _NUMBER
        return IPv6Address(number)

    @property
    def names(self) -> dict[str, tuple[str, ...]]:
        """What the name server answers for this domain."""
        found: dict[str, tuple[str, ...]] = {
            f"dhp-anycast.{self.name}": (str(self.anycast),),
            f"dhp-multicast.{self.name}": (str(self.group),),
        }
        if self.servers:
            found[f"dhp-server.{self.name}"] = tuple(node.address for node in self.servers)
        return found


def zones(network: Network) -> list[Zone]:
    """Return the domains that have home proxies; Refused where nobody could find these."""
    proxies: dict[str, list[Node]] = {}
    for node in network.nodes.values():
        if node.role == "dhp":
            proxies.setdefault(node.domain, []).append(node)
    found = [_zone(network, domain, nodes) for domain, nodes in proxies.items()]
    for zone in found:
        _check_anycast(network, zone)
    return found


def _zone(network: Network, domain: str, proxies: list[Node]) -> Zone:
    nodes = list(network.nodes.values())
    servers = [node for node in nodes if node.role == "server"]
    name_servers = [node for node in nodes if node.place == "name-server"]
    if not name_servers:
        said = "nobody could find it: add a node with `place: name-server`"
        raise Refused(("nodes", proxies[0].name), said)
    return Zone(
        domain,
        IPv6Network(network.domains[domain]),
        tuple(proxies),
        tuple(_nearest(servers, domain)),
        _nearest(name_servers, domain)[0],
    )


def _nearest(nodes: list[Node], domain: str) -> list[Node]:
    """Return those that are in the domain; where none is, the first of all."""
    return [node for node in nodes if node.domain == domain] or nodes[:1]


def _check_anycast(network: Network, zone: Zone) -> None:
    for node in network.nodes.values():
        if node.address == str(zone.anycast):
            said = f"{node.address} is the anycast address of the home proxies of {zone.domain}"
            raise Refused(("nodes", node.name, "address"), said)


def with_anycast(network: Network, found: Iterable[Zone]) -> Network:
    """Return ``network`` with each zone's anycast address at its home proxies, and routes to it.

    Every router leads to the one that is nearest by delay.
    """
    nodes = dict(network.nodes)
    for zone in found:
        address = f"{zone.anycast}/128"
        for name, route in _towards(network, zone).items():
            nodes[name] = replace(nodes[name], routes=(*nodes[name].routes, route))
        for proxy in zone.proxies:
            loopback = (*nodes[proxy.name].loopback, address)
            nodes[proxy.name] = replace(nodes[proxy.name], loopback=loopback)
    return replace(network, nodes=nodes)


def _towards(network: Network, zone: Zone) -> dict[str, Route]:
    """Return each router's route to the nearest of the zone's home proxies."""
    graph = link_graph(network)
    ends = {end.name: end for node in network.nodes.values() for end in node.interfaces}
    proxies = {node.name for node in zone.proxies if node.name in graph}
    paths = nx.multi_source_dijkstra_path(graph, proxies) if proxies else {}
    return {
        name: _route(zone, graph, ends, name, path[-2])
        for name, path in paths.items()
        if name not in proxies and network.nodes[name].forwarding
    }


def _route(
    zone: Zone, graph: nx.Graph[str], ends: Mapping[str, Interface], node: str, neighbour: str
) -> Route:
    interfaces = graph.edges[node, neighbour]["interfaces"]
    next_hop = ends[interfaces[neighbour]].link_local
    return Route(f"{zone.anycast}/128", interfaces[node], next_hop)


def with_names(network: Network, found: Iterable[Zone]) -> Network:
    """Return ``network`` with what each name server answers."""
    names: dict[str, dict[str, tuple[str, ...]]] = {}
    for zone in found:
        names.setdefault(zone.name_server.name, {}).update(zone.names)
    return replace(network, names=names)


def multicast(network: Network, found: Iterable[Zone]) -> dict[str, tuple[MulticastRoute, ...]]:
    """Return the routes of queries from every address that a mobile can have to every group."""
    senders = [sender for node in network.nodes.values() for sender in _senders(network, node)]
    routes: dict[str, tuple[MulticastRoute, ...]] = {}
    for zone in found:
        for router, more in routes_from(network, str(zone.group), zone.proxies, senders).items():
            routes[router] = (*routes.get(router, ()), *more)
    return routes


def _senders(network: Network, node: Node) -> Iterable[Sender]:
    """Yield a mobile as what it is on each access link that it fits."""
    for interface in node.interfaces if node.mobile and node.role else ():
        for access in network.accesses.values():
            if interface.technology in (ANY, access.technology):
                address = autoconfigured(_prefix(network, access), interface.mac)
                yield Sender(str(address), access.router, access.interface)


def _prefix(network: Network, access: Access) -> IPv6Network:
    router = network.nodes[access.router]
    end = next(each for each in router.interfaces if each.name == access.interface)
    return IPv6Network(end.addresses[0], strict=False)
