"""Messages to a group: copied along the tree of their source, once on each link, never back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from signal_driven import network
from simulated_world import Told

from agents.core.actions import Action, JoinGroup, SendMessage
from agents.core.events import Event, MessageReceived, Started
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from testbed.simulated.packet import HEADER, Packet
from testbed.simulated.world import World

GROUP = Address.parse("ff05::4d41:4701")
QUESTION = BindingUpdate(7, 0x8208, 0)
GATEWAYS = ("mag1", "mag2", "mag3", "mag4")

Heard = list[tuple[float, str, MessageReceived]]


def build(folder: Path, **options: Any) -> tuple[World, Heard]:
    """Return a started world in which the gateways only listen, and what they hear."""
    heard: Heard = []

    def make(config: Mapping[str, Any], random: Random) -> Told:
        def handle(event: Event, now: float) -> Sequence[Action]:
            if isinstance(event, MessageReceived) and event.destination == GROUP:
                heard.append((now, names[config["address"]], event))
            return (JoinGroup(GROUP),) if isinstance(event, Started) else ()

        return Told(handle)

    plan = network(folder, "sdpmip")
    names = {plan.nodes[name].address: name for name in GATEWAYS}
    world = World(plan, roles={("sdpmip", "mag"): make}, **options)
    world.start()
    world.clock.run(0.5)
    return world, heard


def own(world: World, name: str) -> Address:
    return Address.parse(world.network.nodes[name].address)


def ask(world: World, name: str) -> None:
    agent, source = world.agents[name], own(world, name)
    assert agent.core is not None
    agent._perform(agent.core, [SendMessage(QUESTION, source, GROUP, outer_destination=GROUP)])
    world.clock.run(world.clock.now + 0.1)


def test_every_other_gateway_hears_it_after_the_delay_of_its_path(tmp_path: Path) -> None:
    world, heard = build(tmp_path)
    ask(world, "mag1")
    assert sorted((round(at - 0.5, 6), name) for at, name, _ in heard) == [
        (0.004, "mag2"),
        (0.007, "mag3"),
        (0.007, "mag4"),
    ]
    for _, name, event in heard:
        assert (event.source, event.destination) == (own(world, "mag1"), GROUP)
        assert event.message == QUESTION
        assert event.interface == f"{name}-eth0"


def test_each_link_carries_it_once_in_its_tunnel(tmp_path: Path) -> None:
    world, _ = build(tmp_path)
    ask(world, "mag3")
    seen = [s for s in world.recorder.sightings if s.message == QUESTION]
    assert sorted(s.node for s in seen if s.outgoing) == [
        "core1",
        "core1",
        "core2",
        "core2",
        "mag3",
    ]
    assert len({(s.node, s.interface, s.outgoing) for s in seen}) == len(seen) == 10
    assert {s.tunnels for s in seen} == {((own(world, "mag3"), GROUP),)}
    assert {s.length for s in seen} == {2 * HEADER + 16}


def test_octets_arrive_as_they_were_sent(tmp_path: Path) -> None:
    world, heard = build(tmp_path, encode=True)
    ask(world, "mag2")
    assert [event.message for _, _, event in heard] == [QUESTION] * 3
    assert all(len(event.octets) == 16 for _, _, event in heard)


def test_nobody_hears_what_comes_in_beside_the_tree_or_after_its_hops(tmp_path: Path) -> None:
    world, heard = build(tmp_path)
    source = own(world, "mag1")
    for node, hop_limit in (("mag3", 64), ("mag1", 2)):
        packet = Packet(source, GROUP, 56, message=QUESTION, hop_limit=hop_limit)
        packet.encapsulate(source, GROUP)
        world.ports[f"{node}-eth0"].transmit(packet, b"")
    world.clock.run(1.0)
    assert [name for _, name, _ in heard] == ["mag2"]  # two hops from mag1
    assert world.nodes["core2"].drops == {"wrong_interface": 1, "hop_limit": 1}


def test_what_claims_other_ends_inside_is_not_heard(tmp_path: Path) -> None:
    world, heard = build(tmp_path)
    packet = Packet(own(world, "mag4"), GROUP, 56, message=QUESTION)
    packet.encapsulate(own(world, "mag1"), GROUP)
    bare = Packet(own(world, "mag1"), GROUP, 56, message=QUESTION)
    elsewhere = Packet(own(world, "mag1"), own(world, "mag3"), 56, message=QUESTION)
    elsewhere.encapsulate(own(world, "mag1"), GROUP)
    for forged in (packet, bare, elsewhere):
        world.nodes["mag1"].send(forged)
    world.clock.run(1.0)
    assert heard == []
    assert world.nodes["mag3"].drops == {"not_alike_inside": 2, "no_listener": 1}


def test_what_a_mobile_sends_to_the_group_goes_nowhere(tmp_path: Path) -> None:
    world, heard = build(tmp_path)
    packet = Packet(own(world, "mag2"), GROUP, 56, message=QUESTION)
    packet.encapsulate(own(world, "mag2"), GROUP)
    world.ports["mn1-eth0"].transmit(packet, b"")
    world.clock.run(1.0)
    assert heard == []
    assert world.nodes["mag2"].drops == {"group_from_access_link": 1}


def test_a_killed_agent_is_no_listener(tmp_path: Path) -> None:
    world, heard = build(tmp_path)
    world.agents["mag3"].kill()
    ask(world, "mag1")
    assert sorted(name for _, name, _ in heard) == ["mag2", "mag4"]
    assert not world.nodes["mag3"].multicast.groups
