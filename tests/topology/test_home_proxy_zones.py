"""How home proxies are found: their anycast address, their group, their names."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network

import networkx as nx
import pytest
from home_proxy_network import NETWORK
from random_networks import random_topology

from testbed.topology.network import MulticastRoute, Network, Route
from testbed.topology.paths import link_graph

Load = Callable[..., Network]


def best_route(routes: tuple[Route, ...], address: IPv6Address) -> Route:
    fitting = [route for route in routes if address in IPv6Network(route.prefix)]
    return max(fitting, key=lambda route: IPv6Network(route.prefix).prefixlen)


def reached(network: Network, start: str, address: IPv6Address) -> tuple[str, int]:
    """Return where a packet to ``address`` ends that leaves the router ``start``, and its way."""
    graph = link_graph(network)
    ends = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    far = {link.ends[i]: link.ends[1 - i] for link in network.links.values() for i in (0, 1)}
    node, way = start, 0
    for _ in network.nodes:
        if f"{address}/128" in network.nodes[node].loopback:
            return node, way
        neighbour = ends[far[best_route(network.nodes[node].routes, address).interface]]
        way += graph.edges[node, neighbour]["weight"]
        node = neighbour
    raise AssertionError(f"a packet from {start} to {address} goes in circles")


def proxied(seed: int) -> str:
    """Return a random network whose anchors are home proxies, but for the first router."""
    text = random_topology(seed, routers=14, domains=2)
    lines = [line.replace("place: anchor", "place: home-proxy") for line in text.split("\n")]
    at = lines.index("links:")
    lines[at:at] = ["  ha: {place: anchor, domain: d0}", "  ns: {place: name-server, domain: d0}"]
    return "\n".join([*lines, "  - {ends: [ha, r0]}", "  - {ends: [ns, r0]}"])


@pytest.mark.parametrize("seed", range(10))
def test_anycast_leads_every_router_to_the_nearest_home_proxy(seed: int, loads: Load) -> None:
    network = loads(proxied(seed), protocol="dmipv6")
    graph = link_graph(network)
    for prefix in network.domains.values():
        address = IPv6Network(prefix)[0xD401]
        proxies = {n.name for n in network.nodes.values() if f"{address}/128" in n.loopback}
        assert proxies == {
            n.name for n in network.nodes.values() if n.role == "dhp" and address in
            IPv6Network(network.domains[n.domain])
        }  # fmt: skip
        for node in network.nodes.values():
            if node.forwarding and proxies:
                _, way = reached(network, node.name, address)
                assert way == nx.multi_source_dijkstra_path_length(graph, proxies)[node.name]


def test_the_nearest_is_so_by_delay(loads: Load) -> None:
    network = loads(NETWORK % "")
    address = IPv6Address("2001:db8:11::d401")
    # From ar1, dhp1 is 5 ms away by one link, dhp2 4 ms by two.
    assert reached(network, "ar1", address)[0] == "dhp2"
    assert reached(network, "r1", address)[0] == "dhp1"
    assert reached(network, "ha", IPv6Address("2001:db8:12::d401"))[0] == "dhp3"


def test_name_servers_answer_for_the_names_of_home_proxies(loads: Load) -> None:
    assert loads(NETWORK % "").names == {
        "ns2": {
            "dhp-anycast.red.test": ("2001:db8:11::d401",),
            "dhp-multicast.red.test": ("ff3e:30:2001:db8:11:0:8000:d401",),
            "dhp-server.red.test": ("2001:db8:11:3::2",),
        },
        "ns1": {
            "dhp-anycast.blue.test": ("2001:db8:12::d401",),
            "dhp-multicast.blue.test": ("ff3e:38:2001:db8:12:0:8000:d401",),
            "dhp-server.blue.test": ("2001:db8:11:3::2",),
        },
    }
    assert loads(NETWORK % "", protocol="mipv6").names == {}


def test_one_name_server_may_answer_for_all_domains(loads: Load) -> None:
    text = (NETWORK % "").replace("ns1: {place: name-server", "ns1: {place: correspondent")
    network = loads(text.replace("ms: {place: management-server", "ms: {place: correspondent"))
    assert set(network.names) == {"ns2"}
    assert {name.partition(".")[2] for name in network.names["ns2"]} == {"red.test", "blue.test"}
    assert not any("server" in name for name in network.names["ns2"])


RED = "ff3e:30:2001:db8:11:0:8000:d401"
WLAN1, WLAN2, LTE1 = (
    "2001:db8:2:1:0:ff:fe0e:0",
    "2001:db8:1:8000:0:ff:fe0e:0",
    "2001:db8:2:2:0:ff:fe0e:1",
)


def test_a_query_to_the_group_can_come_from_every_address_of_a_mobile(loads: Load) -> None:
    network = loads(NETWORK % "")
    assert network.nodes["mn1"].interfaces[0].mac == "02:00:00:0e:00:00"
    at_first = [route for route in network.multicast["ar1"] if route.group == RED]
    assert sorted((r.source, r.inbound, r.outbound) for r in at_first) == [
        (WLAN2, "ar1-eth0", ("ar1-eth1", "ar1-eth2")),
        (WLAN1, "ar1-eth4", ("ar1-eth1", "ar1-eth2")),
        (LTE1, "ar1-eth5", ("ar1-eth1", "ar1-eth2")),
    ]
    assert [r for r in network.multicast["ha"] if r.group == RED] == [
        MulticastRoute(WLAN2, RED, "ha-eth1", ("ha-eth0",))
    ]


def test_every_home_proxy_of_the_domain_gets_one_copy(loads: Load) -> None:
    network = loads(NETWORK % "")
    ends = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    far = {link.ends[i]: link.ends[1 - i] for link in network.links.values() for i in (0, 1)}
    for source, first in ((WLAN1, "ar1-eth4"), (WLAN2, "ha-eth1"), (LTE1, "ar1-eth5")):
        got, waiting = [], [first]
        while waiting:
            interface = waiting.pop()
            node = ends[interface]
            got.append(node)
            for route in network.multicast.get(node, ()):
                if (route.source, route.group, route.inbound) == (source, RED, interface):
                    waiting += [far[end] for end in route.outbound]
        assert len(got) == len(set(got))
        assert {"dhp1", "dhp2"} <= set(got)
        assert "dhp3" not in got


def test_without_home_proxies_there_is_nothing_to_find(loads: Load) -> None:
    text = (NETWORK % "").replace("place: home-proxy", "place: router")
    network = loads(text)
    assert (network.names, network.multicast) == ({}, {})
    assert network.agents["mn1"].config["domains"] == []
