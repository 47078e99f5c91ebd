"""What becomes of flows when the mobile node moves (draft-liu §5.2)."""

from __future__ import annotations

import pytest
from dmipv6_flows import A1, B1, WAYS, A, B, assert_three_work, elapsed, ended, four_flows, updates
from dmipv6_nodes import ADDRESS, COA1, COA2
from dmipv6_world import DELAY, World

from agents.core import actions as do
from agents.wire.address import Address
from agents.wire.options import AlternateCareOfAddress
from agents.wire.private_options import BusinessFlowAttribute


def test_four_flows_and_two_moves() -> None:
    world = World()
    sources = four_flows(world)
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
    sources = four_flows(world)
    since = elapsed(world)
    world.attach("wlan2")
    world.run(1)
    (update,) = updates(world, A1, since)
    assert (update.source, update.action.home_address) == (COA2, sources["call"])
    said = (AlternateCareOfAddress(COA2), BusinessFlowAttribute(5060, 17))
    assert update.message.options[:2] == said
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
    four_flows(world)
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
    sources = four_flows(world)
    world.attach("wlan2")
    world.run(1)
    assert world.kernel.refused == {(COA1, B, 6, 1234)}
    actions = [a for _, n, a in world.log if n == "mn"]
    refused = actions.index(do.Refuse(sources["page"], B, 6, 1234))
    assert refused < actions.index(do.RemoveAddress("wlan0", COA1))
    world.run(10)
    assert world.kernel.refused == set()
    assert world.close("page") == {}  # its program need not know
    assert "error" in world.close("page")
    assert world.open("page", B, service="web", wait=0)["source"] == str(COA2)


def test_the_link_that_comes_back_ends_nothing() -> None:
    world = World()
    sources = four_flows(world)
    since = elapsed(world)
    world.detach()
    world.run(0.5)
    world.attach("wlan1")
    world.run(3)
    assert ended(world) == {} and updates(world, A1, since) == []
    assert_three_work(world, sources)
    world.assert_works(sources["page"], B, "direct")


# --- home proxies that die ----------------------------------------------------------------------


def test_a_home_proxy_that_dies_under_a_flow_is_reported_and_the_flow_ends() -> None:
    world = World(mn={"proxy_lifetime": 40})
    sources = four_flows(world)
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
    four_flows(world)
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
    sources = four_flows(world)
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
    sources = four_flows(world)
    since = elapsed(world)
    world.run(200)
    renewals = updates(world, A1, since)
    assert 11 <= len(renewals) <= 14
    assert all(BusinessFlowAttribute(5060, 17) in s.message.options for s in renewals)
    assert_three_work(world, sources)
