"""Figure 10 of the draft, message by message, by each way to find home proxies (§4.3, §5.1)."""

from __future__ import annotations

import pytest
from dmipv6_flows import A1, DISCOVERIES, A, B, opened
from dmipv6_nodes import ADDRESS, ANYCAST, COA1, GROUPS, HOA
from dmipv6_world import World

from agents.wire.address import Address

QUERIES = {
    "anycast": ("DhpDiscoveryQuery", "DhpDiscoveryAcknowledgement"),
    "multicast": ("MulticastDhpQuery", "MulticastDhpAcknowledgement"),
    "server-active": ("ServerDhpQuery", "ServerDhpResponse"),
    "server-passive": ("ServerDhpRequirements", "ServerDhpResponse"),
    "correspondent": ("ServerDhpQuery", "ServerDhpResponse"),
}


def exchange(world: World, since: int) -> list[tuple[str, str]]:
    """The messages to and from the mobile node, without Neighbor Discovery and announcements."""
    told = [s for s in world.sent[since:] if s.name != "RouterAdvertisement"]
    mine = {COA1, HOA}
    seen = [s for s in told if s.node == "mn" or s.destination in mine]
    return [(sent.node, sent.name) for sent in seen]


def test_figure_10_a_by_anycast() -> None:
    world = World().ready()
    before = len(world.sent)
    opened(world, "call", A, service="voip", wait=1)
    assert exchange(world, before) == [
        ("mn", "DhpDiscoveryQuery"),
        ("a1", "DhpDiscoveryAcknowledgement"),
        ("mn", "DhoaRequest"),
        ("a1", "DhoaResponse"),
        ("mn", "BindingUpdate"),
        ("a1", "BindingAcknowledgement"),
        ("mn", "HomeTestInit"),  # whether the correspondent supports route optimization
    ]
    query, request, update, _ = (s for s in world.sent[before:] if s.node == "mn")
    assert query.destination in ANYCAST and query.source == COA1
    assert (request.source, request.destination) == (COA1, A1)
    assert (update.source, update.destination) == (COA1, A1)


def test_figure_10_a_by_multicast() -> None:
    world = World(mn={"discovery": "multicast", "route_optimization": False}).ready()
    before = len(world.sent)
    opened(world, "call", A, wait=3)
    seen = exchange(world, before)
    assert seen[0] == ("mn", "MulticastDhpQuery")
    assert set(seen[1:3]) == {(dhp, "MulticastDhpAcknowledgement") for dhp in ("a1", "a2")}
    assert seen[3:] == [
        ("mn", "DhoaRequest"),
        ("a1", "DhoaResponse"),
        ("mn", "BindingUpdate"),
        ("a1", "BindingAcknowledgement"),
    ]
    (query,) = world.messages("MulticastDhpQuery")
    (request,) = world.messages("DhoaRequest")
    assert query.destination == GROUPS["a"] and query.action.interface == "wlan0"
    assert request.at - query.at == pytest.approx(1.0)  # what was collected until then


@pytest.mark.parametrize("discovery", ["server-active", "server-passive"])
def test_figure_10_b_by_a_server(discovery: str) -> None:
    world = World(mn={"discovery": discovery, "route_optimization": False}).ready()
    before = len(world.sent)
    opened(world, "call", A, service="voip", wait=1)
    query, answer = QUERIES[discovery]
    assert exchange(world, before) == [
        ("mn", query),
        ("server-a", answer),
        ("mn", "DhoaRequest"),
        ("a1", "DhoaResponse"),
        ("mn", "BindingUpdate"),
        ("a1", "BindingAcknowledgement"),
    ]


def test_figure_10_b_by_the_correspondent_which_does_not_learn_the_care_of_address() -> None:
    world = World(mn={"discovery": "correspondent", "route_optimization": False}).ready()
    before = len(world.sent)
    opened(world, "call", B, wait=1)
    assert exchange(world, before)[:2] == [("mn", "ServerDhpQuery"), ("cn-b", "ServerDhpResponse")]
    query, answer = world.messages("ServerDhpQuery", "ServerDhpResponse")
    assert (query.source, query.destination) == (HOA, B)
    assert answer.destination == HOA
    assert all(
        COA1 not in (s.source, s.destination) for s in world.sent if B in (s.source, s.destination)
    )


@pytest.mark.parametrize("discovery", DISCOVERIES)
def test_every_way_to_find_a_home_proxy_leads_to_a_flow_over_it(discovery: str) -> None:
    world = World(mn={"discovery": discovery}).ready()
    reply = opened(world, "call", B)
    source = Address.parse(reply["source"])
    assert reply == {"source": str(source), "via": "proxy", "proxy": str(ADDRESS["b1"])}
    world.assert_works(source, B, "optimized")
    query, _ = QUERIES[discovery]
    assert len(world.messages(query)) == 1
    names = [details["message"] for details in world.records("query_sent")]
    assert names == [query] and len(world.records("query_answered")) == 1
    assert world.records("proxy_selected")[0]["proxy"] == str(ADDRESS["b1"])
    assert world.records("address_assigned")[0]["address"] == str(source)
    assert world.records("flow_opened")[0]["flow"] == "call"
