"""From a resolved network to a running one: namespaces, devices, addresses, routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mininet.net import Mininet

from testbed.emulated import hosts, rtnetlink, uplinks
from testbed.emulated.links.choice import Way
from testbed.emulated.links.lines import DelayLines
from testbed.emulated.links.wiring import Wiring, port_name
from testbed.emulated.nodes import AccessBridge, Holders, Interface, Node, Wire, adopt, empty_net
from testbed.topology import network as resolved
from testbed.topology.network import Network

FIRST_INDEX = 101  # of interfaces: below are the devices that some kernels make by themselves
LOOPBACK = 1


@dataclass
class Testbed:
    """A network that stands: what the runner needs to move, shape, capture and talk to it."""

    network: Network
    net: Mininet
    nodes: dict[str, Node]
    wiring: Wiring
    indexes: dict[str, int] = field(default_factory=dict)  # of each interface in its namespace


def build(network: Network, ways: Mapping[str, Way], holders: Holders) -> Testbed:
    """Build ``network``, each link in the way that ``ways`` says; `configure` is still to come."""
    nodes = _nodes(network, holders)
    indexes = {
        interface.name: FIRST_INDEX + position
        for node in network.nodes.values()
        for position, interface in enumerate(node.interfaces)
    }
    hosts.settle_bridges()
    pids = {name: node.holder for name, node in nodes.items()}
    lines = DelayLines(network.seed) if Way.DELAY_LINE in ways.values() else None
    wiring = Wiring(network, pids, indexes, ways, lines)
    wiring.lay()
    return Testbed(network, _net(network, nodes), nodes, wiring, indexes)


def configure(testbed: Testbed, name: str) -> None:
    """Give node ``name`` its addresses, neighbours and routes."""
    node = testbed.network.nodes[name]
    testbed.nodes[name].requests.send(_requests(testbed, node))


def _nodes(network: Network, holders: Holders) -> dict[str, Node]:
    nodes = {}
    for node, pid in zip(network.nodes.values(), holders.pids(), strict=True):
        made = nodes[node.name] = Node(node.name, pid, node.address)
        with made.entered():
            hosts.settle(node, network.settings)
    return nodes


def _requests(testbed: Testbed, node: resolved.Node) -> Iterator[rtnetlink.Request]:
    yield rtnetlink.set_up(LOOPBACK, True, f"lo of {node.name}")
    for address in node.loopback:
        yield rtnetlink.address(LOOPBACK, address, f"lo of {node.name}")
    for interface in node.interfaces:
        index = testbed.indexes[interface.name]
        yield rtnetlink.set_up(index, True, interface.name)
        if node.mobile is None:
            yield rtnetlink.address(index, f"{interface.link_local}/64", interface.name)
        for address in interface.addresses:
            yield rtnetlink.address(index, address, interface.name)
        yield from _neighbors(testbed, interface, index)
    for route in node.routes:
        if route.interface:
            index = testbed.indexes[route.interface]
            yield rtnetlink.route(index, route.prefix, route.next_hop, route.interface)
        else:
            yield rtnetlink.unreachable(route.prefix, node.name)
    yield from uplinks.requests(testbed.network, node, testbed.indexes)


def _neighbors(
    testbed: Testbed, interface: resolved.Interface, index: int
) -> Iterator[rtnetlink.Request]:
    """Tell the ends of a cable of each other: all can be used at once, by the first packet."""
    peer = testbed.wiring.peer(interface.name)
    if peer is None:
        return
    for address in (peer.link_local, *(each.partition("/")[0] for each in peer.addresses)):
        yield rtnetlink.neighbor(index, address, peer.mac, interface.name)


def _net(network: Network, nodes: Mapping[str, Node]) -> Mininet:
    """Return the network as Mininet's prompt knows it."""
    net = empty_net()
    bridges = {name: AccessBridge(name) for name in network.accesses}
    adopt(net, list(nodes.values()), list(bridges.values()))
    shown: dict[str, Any] = {}
    for node in network.nodes.values():
        for each in node.interfaces:
            shown[each.name] = Interface(each.name, nodes[node.name], each.mac, node.address)
    for link in network.links.values():
        near, far = (shown[end] for end in link.ends)
        net.links.append(Wire(near, far))
    for access in network.accesses.values():
        port = Interface(port_name(access), bridges[access.name], "", "")
        net.links.append(Wire(shown[access.interface], port))
    return net
