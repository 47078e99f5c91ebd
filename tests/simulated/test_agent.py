"""The agent of a node: ticks at deadlines, death, restart, and messages as octets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest
from simulated_world import HOME, ROLES, Anchor, MakeWorld, Told

from agents.core.actions import Action, AddRoute, Drop, Record
from agents.core.events import Event, MessageReceived, Started
from agents.wire import mobility
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.options import HomeNetworkPrefix
from testbed.simulated.world import World

ATTACHED = "timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n"


def roles(anchor: Any) -> Mapping[tuple[str, str], Any]:
    return {**ROLES, ("pmipv6", "lma"): anchor}


def of(built: World, event: str) -> list[tuple[float, str, dict[str, Any]]]:
    return [(e.at, e.node, dict(e.details)) for e in built.recorder.events if e.event == event]


def test_a_core_ticks_at_its_deadlines_also_at_those_that_move(world: MakeWorld) -> None:
    cores: list[Told] = []

    def make(config: Mapping[str, Any], random: Random) -> Told:
        def handle(event: Event, now: float) -> Sequence[Action]:
            core = cores[-1]
            if isinstance(event, Started):
                core.due = [5.0]
            elif isinstance(event, MessageReceived):
                core.due = [now + 1.0, 3.0]  # earlier than what is armed
            return ()

        cores.append(Told(handle))
        return cores[-1]

    built = world(ATTACHED, roles=roles(make))
    built.clock.run(10.0)
    assert cores[0].ticks == [pytest.approx(1.01), 3.0]


def test_a_deadline_that_is_put_off_is_not_ticked_early(world: MakeWorld) -> None:
    cores: list[Told] = []

    def make(config: Mapping[str, Any], random: Random) -> Told:
        def handle(event: Event, now: float) -> Sequence[Action]:
            cores[-1].due = [1.0 if isinstance(event, Started) else 4.0]
            return ()

        cores.append(Told(handle))
        return cores[-1]

    built = world(ATTACHED, roles=roles(make))
    built.clock.run(10.0)
    assert cores[0].ticks == [4.0]


def test_records_and_drops_are_logged_with_who_acts_and_whom_it_is_about(world: MakeWorld) -> None:
    def make(config: Mapping[str, Any], random: Random) -> Told:
        def handle(event: Event, now: float) -> Sequence[Action]:
            if isinstance(event, Started):
                woken = Record("woken", {"node": "mn1@home"})
                return (woken, Drop("bored", {"since": 1, "event": "Started"}))
            return ()

        return Told(handle)

    built = world(roles=roles(make))
    assert of(built, "woken") == [(0.0, "lma", {"subject": "mn1@home"})]
    assert of(built, "dropped") == [
        (0.0, "lma", {"reason": "bored", "since": 1, "about": "Started"})
    ]
    assert built.nodes["lma"].drops == {"bored": 1}


KILLED = """
flows:
  call: {kind: udp, from: cn, to: mn1, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: call}
  - {at: 2, kill: lma}
  - {at: 3, restart: lma}
  - {at: 4, stop: call}
"""


def test_what_a_killed_agent_has_installed_stays_until_it_is_restarted(world: MakeWorld) -> None:
    built = world(KILLED)
    built.clock.run(5.0)
    times = [
        s.at
        for s in built.recorder.sightings
        if s.flow == "call" and s.node == "mn1" and not s.outgoing
    ]
    assert len([at for at in times if 2.0 < at < 3.0]) == 100
    assert not [at for at in times if at > 3.02]
    assert [(at, d) for at, _, d in of(built, "agent_killed")] == [(2.0, {"subject": "lma"})]
    assert [(at, d) for at, _, d in of(built, "agent_restarted")] == [(3.0, {"subject": "lma"})]


def test_nobody_hears_a_message_for_a_killed_agent(world: MakeWorld) -> None:
    built = world(
        """
timeline:
  - {at: 1, kill: lma}
  - {at: 2, attach: mn1, to: wlan1}
"""
    )
    built.clock.run(3.0)
    assert built.nodes["lma"].drops["no_agent"] == 1
    assert not of(built, "message_received")


def test_with_encoding_a_core_gets_what_the_octets_say(world: MakeWorld) -> None:
    heard: list[MessageReceived] = []

    class Listening(Anchor):
        def handle(self, event: Event, now: float) -> Sequence[Action]:
            if isinstance(event, MessageReceived):
                heard.append(event)
            return super().handle(event, now)

    built = world(ATTACHED, roles=roles(Listening), encode=True)
    built.clock.run(1.0)
    update = BindingUpdate(1, 0, 15, (HomeNetworkPrefix(HOME),))
    assert len(heard) == 1
    assert mobility.parse(heard[0].octets) == heard[0].message
    assert mobility.checksum_ok(heard[0].octets, heard[0].source, heard[0].destination)
    assert [o for o in heard[0].message.options if isinstance(o, HomeNetworkPrefix)] == list(
        update.options
    )


def test_a_route_into_a_tunnel_that_is_none_is_the_core_s_fault(world: MakeWorld) -> None:
    def make(config: Mapping[str, Any], random: Random) -> Told:
        def handle(event: Event, now: float) -> Sequence[Action]:
            if isinstance(event, MessageReceived):
                return (AddRoute(HOME, tunnel=Address.parse("2001:db8::bad")),)
            return ()

        return Told(handle)

    built = world(ATTACHED, roles=roles(make))
    with pytest.raises(ValueError, match="2001:db8::bad is no tunnel peer of lma"):
        built.clock.run(1.0)


def test_a_message_is_answered_where_it_came_from(world: MakeWorld) -> None:
    built = world(ATTACHED)
    built.clock.run(1.0)
    sent = [(at, node, d["message"]) for at, node, d in of(built, "message_sent")]
    assert (0.0, "mag1", "BindingUpdate") in sent
    assert (pytest.approx(0.01), "lma", "BindingAcknowledgement") in sent
    received = [(at, node, d["message"]) for at, node, d in of(built, "message_received")]
    assert (pytest.approx(0.02), "mag1", "BindingAcknowledgement") in received
