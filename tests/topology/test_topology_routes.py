"""Following the static routes hop by hop leads along shortest paths, and never in circles."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
from itertools import pairwise
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_topology

from testbed.topology.network import Network, Node, Route
from testbed.topology.paths import link_graph, path_mtu
from testbed.topology.routes import collapse

Load = Callable[[str], Network]

HOPS = 64


def matching(node: Node, address: IPv6Address) -> Route | None:
    found = [route for route in node.routes if address in IPv6Network(route.prefix)]
    return max(found, key=lambda route: IPv6Network(route.prefix).prefixlen, default=None)


def owns(node: Node, address: IPv6Address) -> bool:
    if address == IPv6Address(node.address):
        return True
    on_link = (each for interface in node.interfaces for each in interface.addresses)
    return any(address in IPv6Network(each, strict=False) for each in on_link)


def follow(network: Network, start: str, address: IPv6Address) -> list[str]:
    """Return the nodes that a packet for ``address`` visits, until one owns it or drops it."""
    neighbours = {
        interface.link_local: node.name
        for node in network.nodes.values()
        for interface in node.interfaces
    }
    visited = [start]
    while len(visited) < HOPS:
        node = network.nodes[visited[-1]]
        if owns(node, address):
            return visited
        route = matching(node, address)
        if route is None or not route.interface:
            return visited
        assert route.next_hop is not None
        visited.append(neighbours[route.next_hop])
    raise AssertionError(f"a packet for {address} circles: {visited}")


def delay(graph: nx.Graph[str], path: list[str]) -> int:
    return sum(graph.edges[pair]["weight"] for pair in pairwise(path))


@pytest.mark.parametrize("seed", range(12))
def test_routes_are_shortest_paths(seed: int, loads: Load) -> None:
    network = loads(random_topology(seed, routers=12, domains=3))
    graph = link_graph(network)
    for start in network.nodes:
        best = nx.single_source_dijkstra_path_length(graph, start)
        for end in network.nodes.values():
            path = follow(network, start, IPv6Address(end.address))
            owner = network.nodes[path[-1]]
            assert owns(owner, IPv6Address(end.address))
            # A router on a host's link is where its neighbour takes over.
            tail = [] if path[-1] == end.name else [end.name]
            assert delay(graph, path + tail) == best[end.name]


@pytest.mark.parametrize("seed", range(12))
def test_what_nobody_owns_never_circles(seed: int, loads: Load) -> None:
    network = loads(random_topology(seed, routers=12, domains=3))
    chance = Random(seed)
    for start in network.nodes:
        for _ in range(30):
            domain = chance.choice([0x20010DB80001, 0x20010DB80002, 0x20010DB80003]) << 80
            address = IPv6Address(domain | chance.getrandbits(80))
            assert not owns(network.nodes[follow(network, start, address)[-1]], address)


def test_home_prefixes_lead_to_their_anchor(loads: Load) -> None:
    network = loads(random_topology(5, routers=12, domains=3))
    pools = {node.name: node.pool for node in network.nodes.values() if node.pool}
    assert len(pools) > 1
    for anchor, pool in pools.items():
        for start in network.nodes:
            assert follow(network, start, IPv6Network(pool)[7])[-1] == anchor


def test_an_anchor_drops_what_has_no_binding(loads: Load) -> None:
    network = loads(random_topology(5, routers=12, domains=3))
    anchors = [node for node in network.nodes.values() if node.pool]
    assert anchors
    for node in anchors:
        assert Route(node.pool, interface="") in node.routes


def chain(routers: int) -> str:
    lines = ["protocol: pmipv6", "domains: {home: {prefix: '2001:db8:1::/48'}}", "nodes:"]
    lines += [f"  r{index}: {{place: router}}" for index in range(routers)]
    lines += ["links:"]
    lines += [f"  - {{ends: [r{i}, r{i + 1}], delay: 1ms}}" for i in range(routers - 1)]
    return "\n".join(lines)


def test_a_chain_of_routers_needs_few_routes(loads: Load) -> None:
    network = loads(chain(256))
    assert max(len(node.routes) for node in network.nodes.values()) < 20


def test_of_parallel_links_the_faster_is_taken(loads: Load) -> None:
    network = loads(chain(2) + "\n  - {name: fast, ends: [r0, r1], delay: 100us}\n")
    (route,) = [r for r in network.nodes["r0"].routes if r.next_hop]
    assert route.interface == "r0-eth1"


def test_the_smallest_mtu_on_the_way_counts(loads: Load) -> None:
    text = chain(4).replace("[r1, r2],", "[r1, r2], mtu: 1400,")
    network = loads(text)
    assert path_mtu(network, "r0", ["r1", "r3"]) == 1400
    assert path_mtu(network, "r0", ["r1"]) == 1500


spans = st.sets(st.integers(0, 255)).map(lambda found: [(number, 128) for number in found])


@settings(max_examples=200)
@given(spans)
def test_collapsed_prefixes_cover_exactly_the_same(found: list[tuple[int, int]]) -> None:
    covered = [
        address
        for start, length in collapse(found)
        for address in range(start, start + (1 << 128 - length))
    ]
    assert sorted(covered) == sorted(start for start, _ in found)


@settings(max_examples=200)
@given(spans)
def test_collapsed_prefixes_cannot_be_merged_further(found: list[tuple[int, int]]) -> None:
    collapsed = set(collapse(found))
    for start, length in collapsed:
        assert (start ^ (1 << 128 - length), length) not in collapsed
