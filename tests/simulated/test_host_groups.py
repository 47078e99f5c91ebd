"""Groups and anycast addresses, as mobiles use them from their care-of addresses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from host_world import ROLES, care_of, host_network, own, puppet, tell, visit

from agents.core.actions import JoinGroup, SendMessage
from agents.core.events import MessageReceived
from agents.wire.address import Address
from agents.wire.messages import HomeTestInit
from testbed.simulated.world import World
from testbed.topology.network import MulticastRoute, Network, Route

GROUP = Address.parse("ff0e::dd")
SHARED = Address.parse("2001:db8:ffff::1")
MESSAGE = HomeTestInit(b"who's by")


def joined(folder: Path) -> World:
    """Return a world with a tree from the mobile's first care-of address to ha and gw."""
    network = host_network(folder)
    source = str(care_of(World(network, roles=ROLES), "ar1"))
    trees = {
        "ar1": MulticastRoute(source, str(GROUP), "ar1-eth1", ("ar1-eth0",)),
        "core": MulticastRoute(source, str(GROUP), "core-eth1", ("core-eth0", "core-eth3")),
        "gw": MulticastRoute(source, str(GROUP), "gw-eth0", ("gw-eth1",)),
    }
    planted = replace(network, multicast={name: (route,) for name, route in trees.items()})
    built = World(planted, roles=ROLES)
    built.start()
    return built


def test_a_mobile_reaches_a_group_from_its_care_of_address(tmp_path: Path) -> None:
    built = joined(tmp_path)
    address = visit(built)
    for member in ("ha", "cn"):
        tell(built, member, JoinGroup(GROUP, tunnelled=False))
    tell(built, "mn1", SendMessage(MESSAGE, address, GROUP))
    built.clock.run(0.1)
    for member in ("ha", "cn"):
        (received,) = puppet(built, member).of(MessageReceived)
        assert (received.source, received.destination) == (address, GROUP)
        assert received.message == MESSAGE
    assert puppet(built, "ar1").of(MessageReceived) == []


def test_a_group_that_was_joined_bare_takes_nothing_that_is_tunnelled(tmp_path: Path) -> None:
    built = joined(tmp_path)
    address = visit(built)
    tell(built, "ha", JoinGroup(GROUP, tunnelled=False))
    action = SendMessage(MESSAGE, address, GROUP, outer_destination=GROUP)
    tell(built, "mn1", action)
    built.clock.run(0.1)
    assert puppet(built, "ha").of(MessageReceived) == []
    assert built.nodes["ha"].drops["no_listener"] == 1


def test_no_tree_leads_on_from_another_address(tmp_path: Path) -> None:
    built = joined(tmp_path)
    tell(built, "ha", JoinGroup(GROUP, tunnelled=False))
    address = visit(built, "ar2")
    tell(built, "mn1", SendMessage(MESSAGE, address, GROUP))
    tell(built, "mn1", SendMessage(MESSAGE, care_of(built, "ar1"), GROUP, "mn1-eth0"))
    built.clock.run(0.1)
    assert puppet(built, "ha").of(MessageReceived) == []
    assert built.nodes["ar2"].drops["ingress_filter"] == 1


def shared(network: Network) -> Network:
    """Return ``network`` with an address that both ha and gw own: core knows gw as the nearer."""
    nodes = dict(network.nodes)
    for owner in ("ha", "gw"):
        node = nodes[owner]
        nodes[owner] = replace(node, loopback=(*node.loopback, f"{SHARED}/128"))
    towards = {"core": ("core-eth3", "gw-eth0"), "ar1": ("ar1-eth0", "core-eth1")}
    links = {i.name: i.link_local for node in nodes.values() for i in node.interfaces}
    for name, (interface, neighbour) in towards.items():
        node = nodes[name]
        route = Route(f"{SHARED}/128", interface, links[neighbour])
        nodes[name] = replace(node, routes=(*node.routes, route))
    return replace(network, nodes=nodes)


def test_an_address_of_several_nodes_is_that_of_the_nearest(tmp_path: Path) -> None:
    built = World(shared(host_network(tmp_path)), roles=ROLES)
    built.start()
    address = visit(built)
    tell(built, "mn1", SendMessage(MESSAGE, address, SHARED))
    built.clock.run(0.1)
    came = [s.node for s in built.recorder.sightings if s.message == MESSAGE and not s.outgoing]
    assert came[-1] == "gw"
    assert puppet(built, "ha").of(MessageReceived) == []


def test_unwatched_messages_come_out_alike(tmp_path: Path) -> None:
    """Shortcuts carry only what nothing on its way touches."""
    heard = []
    for watch in (True, False):
        built = World(shared(host_network(tmp_path)), roles=ROLES, watch=watch)
        built.start()
        address = visit(built)
        tell(built, "cn", SendMessage(MESSAGE, own(built, "cn"), own(built, "ha")))
        tell(built, "mn1", SendMessage(MESSAGE, address, own(built, "cn")))
        built.clock.run(0.1)
        heard.append([puppet(built, node).heard[1:] for node in ("ha", "cn", "mn1")])
    assert heard[0] == heard[1]
    assert all(heard[0])
