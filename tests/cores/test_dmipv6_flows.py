"""A new flow gets its address, step by step (draft-liu §5.1), by each way to find home proxies."""

from __future__ import annotations

from typing import Any

import pytest
from dmipv6_flows import A1, A2, ELSEWHERE, A, B, opened
from dmipv6_nodes import ADDRESS, COA1, HA, HOA
from dmipv6_world import World

from agents.core import actions as do
from agents.wire.address import Address, Prefix
from agents.wire.private_options import BusinessFlowAttribute

POOL_A1 = Prefix.parse("2001:db8:a:1000::/52")


# --- the steps of §5.1 ----------------------------------------------------------------------


def test_a_flow_without_mobility_goes_from_the_care_of_address() -> None:
    world = World().ready()
    before = len(world.sent)
    reply = opened(world, "page", B, service="web", wait=0)
    assert reply == {"source": str(COA1), "via": "care-of", "proxy": ""}
    world.assert_works(COA1, B, "direct")
    assert len(world.sent) == before


def test_a_flow_that_others_begin_goes_from_the_home_address() -> None:
    world = World().ready()
    reply = opened(world, "guest", B, incoming=True, wait=0)
    assert reply == {"source": str(HOA), "via": "home", "proxy": ""}
    world.assert_works(HOA, B, "ha")


def test_where_no_home_proxies_are_known_mipv6_is_used() -> None:
    world = World().ready()
    before = len(world.sent)
    reply = opened(world, "far", ELSEWHERE, wait=0)
    assert reply["via"] == "home" and len(world.sent) == before
    assert world.records("flow_fell_back")[0]["why"] == "no home proxies are known there"
    world.assert_works(HOA, ELSEWHERE, "ha")


def test_the_default_service_is_for_flows_that_name_none() -> None:
    world = World(mn={"default_service": "web"}).ready()
    assert opened(world, "page", B, wait=0)["via"] == "care-of"
    assert world.records("flow_opened")[0]["service"] == "web"


def test_the_names_of_the_domain_are_asked_for_from_the_care_of_address() -> None:
    world = World().ready()
    opened(world, "call", A)
    asked = [action for _, _, action in world.log if isinstance(action, do.Resolve)]
    assert asked == [do.Resolve("dhp-anycast.a.test", ADDRESS["ns-a"], COA1)]
    opened(world, "again", A, port=2)  # the answer is remembered
    assert len([a for _, _, a in world.log if isinstance(a, do.Resolve)]) == 1


def test_the_policy_chooses_among_those_that_answer() -> None:
    loaded: dict[str, Any] = {"a1": {"load": 200}}
    world = World(mn={"policy": ["load"]}, **loaded).ready()
    assert opened(world, "call", A)["proxy"] == str(A2)
    world = World(mn={"policy": ["distance", "load"]}, **loaded).ready()
    assert opened(world, "call", A)["proxy"] == str(A1)
    world = World(a2={"security": 9}).ready()  # security first, unless told otherwise
    assert opened(world, "call", A)["proxy"] == str(A2)


@pytest.mark.parametrize("discovery", ["anycast", "server-passive"])
def test_who_is_not_secure_enough_is_not_chosen(discovery: str) -> None:
    world = World(a2={"security": 200, "load": 250}, mn={"discovery": discovery}).ready()
    assert opened(world, "letter", A, service="secret")["proxy"] == str(A2)
    world = World(mn={"discovery": discovery}).ready()
    before = len(world.messages("DhoaRequest"))
    assert opened(world, "letter", A, service="secret")["via"] == "home"
    assert len(world.messages("DhoaRequest")) == before
    assert "DhoaRequest" not in {sent.name for sent in world.sent}


def test_the_least_security_holds_for_all_services() -> None:
    world = World(mn={"min_security": 4}).ready()
    assert opened(world, "call", A)["via"] == "home"
    assert world.records("flow_fell_back")[0]["why"] == "no home proxy will do"


def test_the_update_names_the_flow_by_its_port() -> None:
    world = World().ready()
    source = Address.parse(opened(world, "call", A, port=5060)["source"])
    (update,) = [s for s in world.messages("BindingUpdate") if s.destination == A1]
    assert BusinessFlowAttribute(5060, 17) in update.message.options
    assert update.action.home_address == source and update.message.flags & 0xC000 == 0xC000
    (row,) = world.rows("a1")
    assert row["flows"] == ["17/5060"] and row["care_of"] == str(COA1)


def test_a_flow_whose_port_is_not_known_has_its_address_to_itself() -> None:
    world = World().ready()
    opened(world, "shell", A, port=0, protocol=0)
    (update,) = [s for s in world.messages("BindingUpdate") if s.destination == A1]
    assert not any(isinstance(o, BusinessFlowAttribute) for o in update.message.options)
    assert world.rows("a1")[0]["flows"] == []


def test_each_flow_has_an_address_of_its_own() -> None:
    world = World(mn={"policy": ["distance"]}).ready()
    replies = [opened(world, f"call {port}", A, port=port, wait=1) for port in (1, 2, 3)]
    sources = {reply["source"] for reply in replies}
    assert len(sources) == 3
    assert all(POOL_A1.contains(Address.parse(source)) for source in sources)
    assert {tuple(row["flows"]) for row in world.rows("a1")} == {("17/1",), ("17/2",), ("17/3",)}


def test_many_flows_that_begin_at_once_ask_once_and_get_an_address_each() -> None:
    world = World().ready()
    tokens = [
        world.command("mn", "open_flow", flow=f"f{n}", destination=str(A), port=n, protocol=6)
        for n in range(1, 9)
    ]
    world.run(4)
    replies = [world.replies[token] for token in tokens]
    assert {reply["via"] for reply in replies} == {"proxy"}
    assert len({reply["source"] for reply in replies}) == 8
    assert len(world.messages("DhpDiscoveryQuery")) == 1
    assert len(world.messages("DhoaRequest")) == 8


def test_flows_over_several_home_proxies_the_home_agent_and_none_at_once() -> None:
    """The slides' table: a flow is what is managed, and each may be managed in its own way."""
    world = World().ready()
    sources = {
        "call": opened(world, "call", A, service="voip", wait=1),
        "video": opened(world, "video", B, service="video", wait=1),
        "far": opened(world, "far", ELSEWHERE, wait=1),
        "page": opened(world, "page", B, service="web", wait=1),
    }
    assert [reply["via"] for reply in sources.values()] == ["proxy", "proxy", "home", "care-of"]
    assert sources["call"]["proxy"] == str(A1) and sources["video"]["proxy"] == str(ADDRESS["b1"])
    ways = {
        "call": (A, "a1"),
        "video": (B, "optimized"),
        "far": (ELSEWHERE, "ha"),
        "page": (B, "direct"),
    }
    for name, (peer, way) in ways.items():
        world.assert_works(Address.parse(sources[name]["source"]), peer, way)
    assert {row["via"] for row in world.rows("mn") if "via" in row} == {"proxy", "home", "care-of"}


def test_route_optimization_where_the_correspondent_supports_it_else_the_tunnel() -> None:
    world = World().ready()
    for peer, way in ((A, "a1"), (B, "optimized")):
        source = Address.parse(opened(world, f"to {way}", peer)["source"])
        world.assert_works(source, peer, way)
    world = World(mn={"route_optimization": False}).ready()
    source = Address.parse(opened(world, "call", B)["source"])
    world.assert_works(source, B, "b1")
    assert world.messages("HomeTestInit", "CareOfTestInit") == []


def test_a_correspondent_that_only_sees_the_tunnel_never_sees_the_care_of_address() -> None:
    world = World().ready()
    opened(world, "call", A)
    world.attach("wlan2")
    world.run(100)
    mine = world.kernel.addresses
    care_of = [address for address, where in mine.items() if where == "wlan0"]
    to_peer = [sent for sent in world.sent if sent.destination == A]
    assert to_peer and all(sent.source not in (COA1, *care_of) for sent in to_peer)
    assert not any(COA1 in s.octets or care_of[0] in s.octets for s in to_peer)


def test_programs_of_a_user_get_the_flows_address() -> None:
    world = World().ready()
    reply = opened(world, "shell", A, user=1000, port=0)
    assert world.kernel.preferred == {1000: Address.parse(reply["source"])}
    actions = [type(a).__name__ for _, n, a in world.log if n == "mn"]
    assert actions.index("PreferSource") < actions.index("Reply")
    world.close("shell")
    assert world.kernel.preferred == {}


def test_a_closed_flow_gives_its_address_back() -> None:
    world = World().ready()
    source = Address.parse(opened(world, "call", A, user=1)["source"])
    assert world.close("call") == {}
    assert world.rows("a1") != []  # last packets may be under way
    world.run(2)
    assert world.rows("a1") == [] and source not in world.kernel.addresses
    update = [s for s in world.messages("BindingUpdate") if s.destination == A1][-1]
    assert update.message.lifetime == 0 and update.action.home_address == source
    assert world.records("flow_ended") == [
        {"node": "mn1@example.com", "flow": "call", "why": "closed"}
    ]
    assert world.close("call") == {"error": "close_flow: there is no flow 'call'"}
    assert opened(world, "call", A)["source"] != str(source)


def test_a_flow_that_is_closed_before_it_has_begun_leaves_nothing() -> None:
    for wait in (0.0, 0.015, 0.025, 0.035, 0.045, 0.055):
        world = World().ready()
        token = world.command("mn", "open_flow", flow="f", destination=str(A), port=9)
        world.run(wait)
        assert world.close("f") == {}
        assert world.replies[token] == {"error": "the flow was closed before it began"}
        world.run(70)
        assert world.rows("a1") == [] and world.rows("a2") == []
        assert [row for row in world.rows("mn") if "flow" in row] == []
        assert set(world.kernel.addresses) == {HOA, COA1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"flow": ""}, "open_flow: 'flow' is ''"),
        ({"service": "fax"}, "open_flow: unknown service 'fax': give one of mobile, voip"),
        ({"destination": "cn1"}, "open_flow: 'destination' is 'cn1'"),
        ({"destination": "ff02::1"}, "open_flow: 'destination' is 'ff02::1'"),
        ({"port": 65536}, "open_flow: 'port' is 65536: give a whole number of 0 to 65535"),
        ({"port": True}, "open_flow: 'port' is True"),
        ({"protocol": 256}, "open_flow: 'protocol' is 256"),
        ({"user": "root"}, "open_flow: 'user' is 'root'"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_one_line(arguments: dict[str, Any], said: str) -> None:
    world = World().ready()
    asked = {"flow": "f", "destination": str(A), **arguments}
    token = world.command("mn", "open_flow", **asked)
    error = world.replies[token]["error"]
    assert error.startswith(said) and "\n" not in error
    assert [row for row in world.rows("mn") if "flow" in row] == []


def test_a_name_is_for_one_open_flow() -> None:
    world = World().ready()
    opened(world, "call", B, service="web", wait=0)
    again = world.open("call", B, service="web", wait=0)
    assert again == {"error": "open_flow: the flow 'call' is open"}


def test_a_flow_waits_for_the_link_and_the_home_binding() -> None:
    world = World()
    care_of = world.command("mn", "open_flow", flow="c", destination=str(B), service="web")
    home = world.command("mn", "open_flow", flow="h", destination=str(ELSEWHERE))
    proxy = world.command("mn", "open_flow", flow="p", destination=str(A))
    world.run(1)
    assert world.replies == {}
    world.attach("wlan1")
    world.run(2)
    assert world.replies[care_of]["via"] == "care-of"
    assert world.replies[home]["via"] == "home"
    assert world.replies[proxy]["via"] == "proxy"
    assert HA in world.kernel.tunnels


def test_without_a_link_flows_are_answered_all_the_same() -> None:
    world = World()
    replies = [
        world.open(name, destination, service=service, wait=5.1)
        for name, destination, service in (
            ("c", B, "web"),
            ("h", ELSEWHERE, "mobile"),
            ("p", A, "mobile"),
        )
    ]
    assert replies[0] == {"error": "there is no care-of address"}
    assert [reply["via"] for reply in replies[1:]] == ["home", "home"]
