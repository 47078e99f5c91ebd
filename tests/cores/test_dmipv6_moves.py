"""What becomes of flows when the mobile node moves (draft-liu §5.2)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from dmipv6_nodes import ADDRESS, COA1, COA2, HOA
from dmipv6_world import DELAY, World
from pmipv6_world import START

from agents.core import actions as do
from agents.core.events import LinkQuality
from agents.wire.address import Address
from agents.wire.icmpv6_messages import EchoReply, EchoRequest
from agents.wire.private_options import BusinessFlowAttribute

A, B = ADDRESS["cn-a"], ADDRESS["cn-b"]
A1, B1 = ADDRESS["a1"], ADDRESS["b1"]
ELSEWHERE = ADDRESS["elsewhere"]
WAYS = {"call": (A, "a1"), "video": (B, "optimized"), "far": (ELSEWHERE, "ha")}


def flows(world: World) -> dict[str, Address]:
    """Open the four flows of the draft's idea: over two home proxies, the home agent, and none."""
    world.ready()
    replies = {
        "call": world.open("call", A, service="voip", wait=1),
        "video": world.open("video", B, service="video", port=99, wait=1),
        "far": world.open("far", ELSEWHERE, wait=1),
        "page": world.open("page", B, service="web", protocol=6, port=1234, wait=1),
    }
    return {name: Address.parse(reply["source"]) for name, reply in replies.items()}


def updates(world: World, agent: Address, since: float) -> list[Any]:
    return [s for s in world.messages("BindingUpdate", since=since) if s.destination == agent]


def elapsed(world: World) -> float:
    return world.now - START


def ended(world: World) -> dict[str, str]:
    return {each["flow"]: each["why"] for each in world.records("flow_ended")}


def assert_three_work(world: World, sources: dict[str, Address]) -> None:
    for name, (peer, way) in WAYS.items():
        world.assert_works(sources[name], peer, way)


def test_four_flows_and_two_moves() -> None:
    world = World()
    sources = flows(world)
    world.assert_works(sources["page"], B, "direct")
    for link in ("wlan2", "wlan1"):
        world.attach(link)
        world.run(2)
        assert_three_work(world, sources)
    assert ended(world) == {"page": "care-of address gone"}
    continued = [each["flow"] for each in world.records("flow_continued")]
    assert sorted(continued) == ["call", "call", "far", "far", "video", "video"]
    assert world.drops("a1") == world.drops("b1") == []


def test_the_binding_update_has_the_new_address_and_the_flows_port() -> None:
    world = World()
    sources = flows(world)
    since = elapsed(world)
    world.attach("wlan2")
    world.run(1)
    (update,) = updates(world, A1, since)
    assert (update.source, update.action.home_address) == (COA2, sources["call"])
    assert BusinessFlowAttribute(5060, 17) in update.message.options
    (confirmation,) = [
        s
        for s in world.sent
        if s.node == "a1" and s.destination == COA2 and s.name == "BindingAcknowledgement"
    ]
    assert confirmation.action.route_to == sources["call"] and confirmation.message.status == 0
    (row,) = world.rows("a1")
    assert row["care_of"] == str(COA2) and row["flows"] == ["17/5060"]


def test_flows_are_bound_as_soon_as_the_care_of_address_is_usable() -> None:
    world = World()
    flows(world)
    since = elapsed(world)
    world.attach("wlan2")
    world.run(1)
    usable = next(
        at
        for at, node, a in reversed(world.log)
        if isinstance(a, do.Record) and a.event == "care_of_usable"
    )
    sent = [s.at for agent in (A1, B1) for s in updates(world, agent, since)]
    assert sent == [usable, usable]
    continued = [
        at for at, _, a in world.log if isinstance(a, do.Record) and a.event == "flow_continued"
    ]
    assert continued == [pytest.approx(usable + 2 * DELAY)] * 3


def test_a_flow_of_the_care_of_address_is_refused_both_ways_and_then_forgotten() -> None:
    world = World()
    sources = flows(world)
    world.attach("wlan2")
    world.run(1)
    assert world.kernel.refused == {(COA1, B, 6, 1234)}
    actions = [a for _, n, a in world.log if n == "mn"]
    refused = actions.index(do.Refuse(sources["page"], B, 6, 1234))
    assert refused < actions.index(do.RemoveAddress("wlan0", COA1))
    world.run(10)
    assert world.kernel.refused == set()
    assert world.open("page", B, service="web", wait=0)["source"] == str(COA2)


def test_the_link_that_comes_back_ends_nothing() -> None:
    world = World()
    sources = flows(world)
    since = elapsed(world)
    world.detach()
    world.run(0.5)
    world.attach("wlan1")
    world.run(3)
    assert ended(world) == {} and updates(world, A1, since) == []
    assert_three_work(world, sources)
    world.assert_works(sources["page"], B, "direct")


# --- the rate of the new access -----------------------------------------------------------------


def test_a_flow_that_the_new_access_is_too_slow_for_ends_and_is_not_bound() -> None:
    world = World()
    sources = flows(world)
    world.rates["wlan2"] = 300e3
    since = elapsed(world)
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"video": "rate", "page": "care-of address gone"}
    assert updates(world, B1, since) == []
    assert (sources["video"], B, 17, 99) in world.kernel.refused
    assert world.down(sources["video"], B) == "lost"
    for name in ("call", "far"):
        world.assert_works(sources[name], *WAYS[name])
    world.run(10)  # then its address is given back
    (release,) = updates(world, B1, since)
    assert release.message.lifetime == 0 and release.source == COA2
    assert not any(isinstance(o, BusinessFlowAttribute) for o in release.message.options)
    assert world.rows("b1") == [] and sources["video"] not in world.kernel.addresses
    assert world.kernel.refused == set()


def test_the_refusal_comes_before_the_updates_of_the_others() -> None:
    world = World()
    sources = flows(world)
    world.rates["wlan2"] = 300e3
    since = elapsed(world)
    world.attach("wlan2")
    world.run(1)
    actions = [a for at, n, a in world.log if n == "mn" and at >= START + since]
    refused = actions.index(do.Refuse(sources["video"], B, 17, 99))
    first = next(
        i
        for i, a in enumerate(actions)
        if isinstance(a, do.SendMessage) and type(a.message).__name__ == "BindingUpdate"
    )
    assert refused < first


@pytest.mark.parametrize(
    ("rate", "lost"),
    [
        (None, set()),
        (1e6, set()),
        (564e3, set()),
        (563e3, {"video"}),
        (64e3, {"video"}),
        (63e3, {"call", "video"}),
    ],
)
def test_urgent_flows_keep_the_rate_there_is(rate: float | None, lost: set[str]) -> None:
    world = World()
    flows(world)
    world.rates["wlan2"] = rate
    world.attach("wlan2")
    world.run(1)
    assert set(ended(world)) - {"page"} == lost


def test_a_link_that_turns_slow_under_way_ends_what_it_cannot_carry() -> None:
    world = World()
    sources = flows(world)
    world.give("mn", LinkQuality("wlan0", 100e3))
    assert ended(world) == {"video": "rate"}
    world.assert_works(sources["call"], *WAYS["call"])
    world.give("mn", LinkQuality("eth7", 1e3))  # another interface: nothing goes over it
    assert ended(world) == {"video": "rate"}


def test_the_rate_of_the_old_link_does_not_count_on_the_new_one() -> None:
    world = World()
    flows(world)
    world.give("mn", LinkQuality("wlan0", 600e3))
    world.attach("wlan2")  # says nothing of its rate
    world.run(1)
    assert set(ended(world)) == {"page"}


def test_a_flow_over_the_home_agent_is_judged_too() -> None:
    world = World().ready()
    source = Address.parse(world.open("film", ELSEWHERE, service="video", wait=0)["source"])
    world.rates["wlan2"] = 100e3
    world.attach("wlan2")
    world.run(1)
    assert ended(world) == {"film": "rate"} and source == HOA
    assert world.kernel.refused == {(HOA, ELSEWHERE, 17, 5060)}
    world.run(11)
    assert HOA in world.kernel.addresses  # the home address is not the flow's own
    world.assert_works(HOA, ELSEWHERE, "ha")


# --- what is measured of the new access ---------------------------------------------------------


def test_delay_and_loss_are_measured_on_the_way_to_the_flows_agent() -> None:
    world = World()
    flows(world)
    since = elapsed(world)
    world.attach("wlan2")
    world.run(2)
    probes = world.messages("EchoRequest", since=since)
    assert [(s.source, s.destination) for s in probes] == [(COA2, A1)] * 10
    gaps = {round(b.at - a.at, 6) for a, b in pairwise(probes)}
    assert gaps == {0.02}
    assert set(ended(world)) == {"page"}


def test_too_long_a_way_ends_the_flow_and_its_binding() -> None:
    world = World()
    sources = flows(world)
    world.delays[COA2] = 0.2
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"call": "delay", "page": "care-of address gone"}
    assert (sources["call"], A, 17, 5060) in world.kernel.refused
    for name in ("video", "far"):
        world.assert_works(sources[name], *WAYS[name])
    world.run(10)
    assert world.rows("a1") == []


def test_too_many_losses_end_the_flow() -> None:
    world = World()
    flows(world)
    count = iter(range(1000))

    def lossy(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, EchoReply) and next(count) % 2 else (0.0,)

    world.fate = lossy
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"call": "loss", "page": "care-of address gone"}


def test_one_lost_request_of_ten_is_no_reason() -> None:
    world = World()
    flows(world)
    count = iter(range(1000))
    world.fate = lambda number, message: (
        () if isinstance(message, EchoRequest) and next(count) == 4 else (0.0,)
    )
    world.attach("wlan2")
    world.run(3)
    assert set(ended(world)) == {"page"}


def test_an_agent_that_answers_no_echo_requests_is_judged_by_its_acknowledgement() -> None:
    for delay, lost in ((0.0, {"page"}), (0.3, {"page", "call"})):
        world = World()
        flows(world)
        world.fate = lambda number, message: () if isinstance(message, EchoRequest) else (0.0,)
        world.delays[COA2] = delay
        world.attach("wlan2")
        world.run(4)
        assert set(ended(world)) == lost


def test_echo_replies_that_nobody_asked_for_count_for_nothing() -> None:
    world = World()
    flows(world)
    world.fate = lambda number, message: () if isinstance(message, EchoReply) else (0.0,)
    world.delays[COA2] = 0.0
    world.attach("wlan2")
    world.run(0.1)
    for source in (A1, B1):
        world.forge("mn", EchoReply(7, 0), source, destination=COA2)
    assert world.drops()[-2:] == ["echo reply to no request"] * 2


# --- home proxies that die ----------------------------------------------------------------------


def test_a_home_proxy_that_dies_under_a_flow_is_reported_and_the_flow_ends() -> None:
    world = World(mn={"proxy_lifetime": 40})
    sources = flows(world)
    world.kill("a1")
    world.run(60)
    why = [(each["flow"], each["proxy"], each["why"]) for each in world.records("proxy_lost")]
    assert why == [
        ("call", str(A1), "it does not answer"),
        ("call", str(A1), "the binding has expired"),
    ]
    assert ended(world) == {"call": "proxy lost"}
    world.assert_works(sources["video"], *WAYS["video"])
    world.assert_works(sources["far"], *WAYS["far"])
    again = world.open("call", A, wait=6)
    assert again["proxy"] == str(ADDRESS["a2"])


def test_a_home_proxy_that_has_forgotten_everything_is_noticed_at_once() -> None:
    world = World()
    flows(world)
    world.restart("a1")
    world.attach("wlan2")
    world.run(1)
    (lost,) = world.records("proxy_lost")
    assert lost["proxy"] == str(A1) and lost["why"] == "refused with status 133"
    assert ended(world)["call"] == "proxy lost"
    world.run(6)  # it has to hear of its peer first
    assert world.open("call", A, wait=6)["via"] == "proxy"


def test_the_home_agent_may_die_and_flows_over_home_proxies_go_on() -> None:
    """What the draft's introduction promises: no dependence on the home network."""
    world = World()
    sources = flows(world)
    world.kill("ha")
    world.attach("wlan2")
    world.run(3)
    for name in ("call", "video"):
        world.assert_works(sources[name], *WAYS[name])
    assert world.open("new", A, wait=2)["via"] == "proxy"


def test_flows_that_begin_while_the_node_moves_come_to_a_good_end() -> None:
    for after in (0.0, 0.005, 0.015, 0.025, 0.035, 0.045, 0.055, 0.065, 0.075, 0.085):
        world = World().ready()
        token = world.command("mn", "open_flow", flow="f", destination=str(A), port=7)
        world.run(after)
        world.attach("wlan2")
        world.run(6)
        reply = world.replies[token]
        assert reply["via"] == "proxy", (after, world.story())
        world.assert_works(
            Address.parse(reply["source"]),
            A,
            reply["proxy"].replace(str(A1), "a1").replace(str(ADDRESS["a2"]), "a2"),
        )
        world.run(70)
        held = [row["address"] for name in ("a1", "a2") for row in world.rows(name)]
        assert held == [reply["source"]]


def test_bindings_are_renewed_with_the_flows_port_for_as_long_as_they_are_used() -> None:
    world = World(mn={"proxy_lifetime": 20})
    sources = flows(world)
    since = elapsed(world)
    world.run(200)
    renewals = updates(world, A1, since)
    assert 11 <= len(renewals) <= 14
    assert all(BusinessFlowAttribute(5060, 17) in s.message.options for s in renewals)
    assert_three_work(world, sources)
