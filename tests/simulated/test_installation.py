"""What a core installs: in which table it lands, what it replaces, what goes with a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulated_world import HOME, ROLES, MakeWorld, network

from agents.core.actions import AcceptTunnels, Action, AddRoute, AddTunnel, Delivery, SendMessage
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingUpdate
from testbed.simulated.tables import Route
from testbed.simulated.world import World

INSIDE = Address(HOME.network[:8] + bytes(7) + b"\1")


def own(world: World, name: str) -> Address:
    return Address.parse(world.network.nodes[name].address)


def perform(world: World, name: str, *actions: Action) -> None:
    agent = world.agents[name]
    assert agent.core is not None
    agent._perform(agent.core, actions)


def test_an_anchor_s_tunnels_are_ordinary_routes(world: MakeWorld) -> None:
    built = world()
    remote, wide = own(built, "mag1"), Prefix.parse("2001:db8::/32")
    perform(built, "lma", AddTunnel(own(built, "lma"), remote), AddRoute(wide, tunnel=remote))
    found = built.nodes["lma"]._lookup(own(built, "mag2"))
    assert found is not None
    assert found.tunnel is None  # the route of its domain is longer


@pytest.mark.parametrize("delivery", [Delivery.ROUTED, Delivery.ATTACHED])
def test_a_route_replaces_the_one_of_its_prefix_whatever_its_kind(
    world: MakeWorld, delivery: Delivery
) -> None:
    built = world()
    node, local, remote = built.nodes["mag1"], own(built, "mag1"), own(built, "mag2")
    perform(built, "mag1", AcceptTunnels(local, delivery), AddTunnel(local, remote))
    port = node.ports["mag1-eth0"]
    neighbour = Address.parse("fe80::1")
    kinds = (
        (AddRoute(HOME, tunnel=remote), Route(None, None, remote)),
        (AddRoute(HOME, port.name), Route(port)),
        (AddRoute(HOME, port.name, neighbour), Route(port, neighbour)),
    )
    for first, _ in kinds:
        for second, expected in kinds:
            perform(built, "mag1", first, second)
            assert node._lookup(INSIDE) == expected


def test_a_message_in_one_more_header_goes_where_that_says(world: MakeWorld) -> None:
    built = world()
    local, inner, outer = own(built, "mag1"), own(built, "mag2"), own(built, "lma")
    perform(
        built,
        "mag1",
        SendMessage(BindingUpdate(1, 0, 0), local, inner, outer_destination=outer),
    )
    built.clock.run(1.0)
    seen = [s for s in built.recorder.sightings if isinstance(s.message, BindingUpdate)]
    assert [s.node for s in seen] == ["mag1", "core", "core", "lma"]
    assert {(s.destination, s.tunnels) for s in seen} == {(inner, ((local, outer),))}


def test_a_restart_takes_its_routes_out_of_shortcuts(tmp_path: Path) -> None:
    built = World(network(tmp_path), watch=False, roles=ROLES)
    built.start()
    assert built.shortcuts is not None
    node, target = built.nodes["mag1"], own(built, "lma")
    neighbour = Address.parse(built.network.nodes["core"].interfaces[1].link_local)
    perform(built, "mag1", AddRoute(Prefix.of(target, 128), "mag1-eth0", neighbour))
    by_route = built.shortcuts.find(node, target)
    assert by_route is not None
    assert built.shortcuts.find(node, target) is by_route
    built.agents["mag1"].start()
    assert built.shortcuts.find(node, target) is not by_route
