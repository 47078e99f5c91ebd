"""Flows whose initiator's agent names their address, and commands of the timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from host_world import ROLES, care_of, host, host_network, own, puppet, tell, visit

from agents.core.actions import Action, AddAddress, Refuse, Reply
from agents.core.events import Command, Event
from testbed.simulated.world import World

TIMELINE = """
flows:
  voip: {kind: udp, from: mn1, to: cn, direction: both, interval: 20ms, size: 100}
  load: {kind: tcp, from: mn1, to: cn, direction: DIRECTION, rate: 1Mbit/s}
  echo: {kind: ping, from: mn1, to: cn, interval: 50ms}
timeline:
  - {at: 1s, start: [FLOW]}
  - {at: 3s, stop: [FLOW]}
  - {at: 40s, tell: mn1, command: close_flow}
"""


def asking(
    folder: Path, flow: str = "voip", direction: str = "up", ends: tuple[str, ...] = ("mn1",)
) -> World:
    """Return a world in which every flow asks the agents of ``ends``."""
    network = host_network(folder, TIMELINE.replace("FLOW", flow).replace("DIRECTION", direction))
    flows = {n: replace(f, asks=ends, service="s1") for n, f in network.flows.items()}
    built = World(replace(network, flows=flows, duration=50.0), roles=ROLES)
    built.start()
    visit(built)
    return built


def answer(**details: Any) -> Callable[[Event], Sequence[Action]]:
    def react(event: Event) -> Sequence[Action]:
        if isinstance(event, Command) and event.name == "open_flow":
            return (Reply(event.token, details),)
        return ()

    return react


def commands(world: World) -> list[tuple[str, str]]:
    return [(e.name, e.arguments.get("flow", "")) for e in puppet(world, "mn1").of(Command)]


def logged(world: World, event: str) -> list[tuple[float, dict[str, Any]]]:
    return [(e.at, dict(e.details)) for e in world.recorder.events if e.event == event]


@pytest.mark.parametrize(
    ("flow", "direction", "protocol"),
    [("voip", "both", 17), ("load", "up", 6), ("load", "down", 6), ("echo", "both", 58)],
)
def test_a_flow_runs_from_the_address_that_is_named(
    tmp_path: Path, flow: str, direction: str, protocol: int
) -> None:
    built = asking(tmp_path, flow, "down" if direction == "both" else direction)
    address, peer = care_of(built, "ar1"), own(built, "cn")
    puppet(built, "mn1").react = answer(source=str(address), via="care-of", proxy="")
    built.clock.run(5.0)
    opened = puppet(built, "mn1").of(Command)[0]
    identifier = built.network.flows[flow].identifier
    assert dict(opened.arguments) == {
        "flow": flow,
        "service": "s1",
        "destination": str(peer),
        "protocol": protocol,
        "port": 0 if protocol == 58 else identifier,
    }
    seen = [s for s in built.recorder.sightings if s.flow == flow]
    assert {frozenset((s.source, s.destination)) for s in seen} == {frozenset((address, peer))}
    assert {s.outgoing for s in seen if s.node == "mn1"} == {True, False}
    plan = built.network.flows[flow]
    addresses = {"mn1": str(address), "cn": str(peer)}
    ends = {
        "source_address": addresses[plan.source],
        "destination_address": addresses[plan.destination],
    }
    details = {"flow": flow, **ends, "via": "care-of", "proxy": ""}
    assert logged(built, "flow_started") == [(1.0, details)]
    assert logged(built, "flow_stopped") == [(3.0, {"flow": flow, "status": 0})]
    assert commands(built) == [("open_flow", flow), ("close_flow", flow)]


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_initiator_opens_the_connection(tmp_path: Path, direction: str) -> None:
    built = asking(tmp_path, "load", direction)
    puppet(built, "mn1").react = answer(source=str(own(built, "mn1")))
    built.clock.run(3.5)
    seen = [s for s in built.recorder.sightings if s.flow == "load" and s.outgoing]
    first_of_peer = next(s for s in seen if s.node == "cn")
    assert seen[0].node == "mn1"
    assert first_of_peer.at > seen[0].at
    data = [s for s in seen if s.identity is not None]
    assert {s.node for s in data} >= {"mn1" if direction == "up" else "cn"}


def test_a_flow_that_is_denied_an_address_does_not_run(tmp_path: Path) -> None:
    built, why = asking(tmp_path), "no proxy answers"
    puppet(built, "mn1").react = answer(error=why)
    built.clock.run(5.0)
    assert logged(built, "flow_started") == []
    assert logged(built, "flow_stopped") == [
        (
            1.0,
            {
                "flow": "voip",
                "status": None,
                "succeeded": False,
                "output_tail": ["no proxy answers"],
            },
        )
    ]
    assert commands(built) == [("open_flow", "voip"), ("close_flow", "voip")]


def test_a_flow_may_be_opened_later_and_not_after_it_was_stopped(tmp_path: Path) -> None:
    built = asking(tmp_path)
    built.clock.run(2.0)
    (opened,) = puppet(built, "mn1").of(Command)
    agent = built.agents["mn1"]
    assert agent.core is not None
    reply = Reply(opened.token, {"source": str(own(built, "mn1"))})
    built.clock.run(4.0)
    agent._perform(agent.core, [reply])
    built.clock.run(5.0)
    assert logged(built, "flow_started") == []
    ((at, details),) = logged(built, "flow_stopped")
    assert (at, details["succeeded"]) == (3.0, False)
    assert commands(built) == [("open_flow", "voip"), ("close_flow", "voip")]


def test_an_agent_that_does_not_answer_is_given_thirty_seconds(tmp_path: Path) -> None:
    built = asking(tmp_path)
    patient = replace(built.network, timeline=built.network.timeline[:1])
    built = World(patient, roles=ROLES)
    built.start()
    built.clock.run(45.0)
    ((at, details),) = logged(built, "flow_stopped")
    assert at == 31.0
    assert "mn1 does not answer within 30 s" in details["output_tail"][0]


def test_a_flow_without_a_living_agent_fails_at_once(tmp_path: Path) -> None:
    built = asking(tmp_path)
    built.agents["mn1"].kill()
    built.clock.run(2.0)
    ((at, details),) = logged(built, "flow_stopped")
    assert (at, details["output_tail"]) == (1.0, ["mn1 has no agent that runs"])


def test_the_timeline_tells_agents_what_it_has_for_them(tmp_path: Path) -> None:
    built = asking(tmp_path)
    built.clock.run(45.0)
    assert puppet(built, "mn1").heard[-1] == Command("close_flow", {})
    told = {"subject": "mn1", "command": "close_flow", "arguments": {}}
    assert logged(built, "agent_told") == [(40.0, told)]


def test_what_comes_of_an_action_waits_for_the_others(tmp_path: Path) -> None:
    """A refusal ends a flow, of which the agent is told when it has done all it had to do."""
    built = asking(tmp_path, "load")
    home, peer = own(built, "mn1"), own(built, "cn")
    core = puppet(built, "mn1")
    story: list[str] = []

    def react(event: Event) -> Sequence[Action]:
        if isinstance(event, Command) and event.name == "close_flow":
            story.append("closed" if peer in host(built, "mn1").addresses else "closed too early")
            return ()
        return answer(source=str(home))(event)

    core.react = react
    built.clock.run(2.0)
    tell(built, "mn1", Refuse(home, peer, 6, 0), AddAddress("lo", peer))
    assert story == ["closed"]


def test_each_end_is_asked_in_turn_and_told_of_the_end(tmp_path: Path) -> None:
    built = asking(tmp_path, ends=("cn", "mn1"))
    address, peer = care_of(built, "ar1"), own(built, "cn")
    puppet(built, "cn").react = answer(source=str(peer), via="home")
    puppet(built, "mn1").react = answer(source=str(address), via="care-of")
    built.clock.run(5.0)
    responder, initiator = (puppet(built, name).of(Command) for name in ("cn", "mn1"))
    # The address of who is asked later is not known before.
    assert responder[0].arguments["destination"] == ""
    assert initiator[0].arguments["destination"] == str(peer)
    seen = {frozenset((s.source, s.destination)) for s in built.recorder.sightings if s.flow}
    assert seen == {frozenset((address, peer))}
    ((_, started),) = logged(built, "flow_started")
    assert started["via"] == "care-of"
    for heard in (responder, initiator):
        assert [each.name for each in heard] == ["open_flow", "close_flow"]


def test_a_flow_whose_first_end_has_no_address_asks_no_other(tmp_path: Path) -> None:
    built = asking(tmp_path, ends=("cn", "mn1"))
    puppet(built, "cn").react = answer(error="nowhere to be")
    built.clock.run(5.0)
    ((_, stopped),) = logged(built, "flow_stopped")
    assert stopped["output_tail"] == ["nowhere to be"]
    assert commands(built) == [("close_flow", "voip")]


def test_an_answer_that_comes_after_the_next_end_was_asked_changes_nothing(tmp_path: Path) -> None:
    built = asking(tmp_path, ends=("cn", "mn1"))
    peer, other = own(built, "cn"), own(built, "ha")
    puppet(built, "cn").react = answer(source=str(peer))
    built.clock.run(1.5)
    (opened,) = puppet(built, "cn").of(Command)
    tell(built, "cn", Reply(opened.token, {"source": str(other)}))
    (asked,) = puppet(built, "mn1").of(Command)
    tell(built, "mn1", Reply(asked.token, {"source": str(own(built, "mn1"))}))
    ((_, started),) = logged(built, "flow_started")
    assert str(peer) in started.values()
    assert str(other) not in started.values()
