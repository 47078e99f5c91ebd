"""The configuration that the agents of DMIPv6 get: home proxies, servers, services."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest
from home_proxy_network import NETWORK

from agents.roles import ROLES
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

DHP1, DHP2, DHP3 = "2001:db8:11::3", "2001:db8:11::4", "2001:db8:12::1"
ANY_SERVICE = {
    "mobility": True,
    "business": 0,
    "rate": None,
    "max_delay": None,
    "max_loss": None,
    "min_security": 0,
    "min_capability": 0,
    "max_load": 255,
    "max_distance": 255,
}


def test_who_has_which_agent(loads: Load) -> None:
    agents = loads(NETWORK % "").agents
    assert {name: agent.role for name, agent in agents.items()} == {
        "ha": "ha",
        "ar1": "ar",
        "dhp1": "dhp",
        "dhp2": "dhp",
        "dhp3": "dhp",
        "cn1": "cn",
        "cn2": "cn",
        "cn3": "cn",
        "ms": "server",
        "mn1": "mn",
    }
    assert {agent.protocol for agent in agents.values()} == {"dmipv6"}
    assert all(json.loads(json.dumps(dict(a.config))) == a.config for a in agents.values())


def test_what_mipv6_tells_its_agents_dmipv6_tells_them_too(loads: Load) -> None:
    plain, more = (loads(NETWORK % "", protocol=name).agents for name in ("mipv6", "dmipv6"))
    for name in ("ha", "ar1", "cn1", "cn3"):
        assert plain[name].config == more[name].config
    assert plain["mn1"].config.items() <= more["mn1"].config.items()


def test_a_home_proxy_is_told_of_its_domain(loads: Load) -> None:
    config = loads(NETWORK % "").agents["dhp1"].config
    assert config["address"] == DHP1
    assert config["pool"] == "2001:db8:11:8000::/50"
    assert config["zone"] == "red.test"
    assert config["peers"] == [DHP2]
    assert config["servers"] == ["2001:db8:11:3::2"]
    assert config["anycast"] == "2001:db8:11::d401"
    assert config["group"] == "ff3e:30:2001:db8:11:0:8000:d401"
    assert (config["capability"], config["security"], config["load"]) == (128, 0, None)


def test_home_proxies_share_the_upper_half_of_their_domain(loads: Load) -> None:
    nodes = loads(NETWORK % "").nodes
    assert [nodes[name].pool for name in ("dhp1", "dhp2", "dhp3", "ha", "r1")] == [
        "2001:db8:11:8000::/50",
        "2001:db8:11:c000::/50",
        "2001:db8:12:80::/57",
        "2001:db8:1:8000::/49",
        None,
    ]


def test_a_mobile_is_anchored_at_no_home_proxy(loads: Load) -> None:
    text = (NETWORK % "").replace("mn2: {place: mobile", "mn2: {place: mobile, anchor: dhp1")
    with pytest.raises(TopologyError, match=r"nodes\.mn2\.anchor: dhp1 is no anchor"):
        loads(text)
    mobile = loads(NETWORK % "").nodes["mn2"].mobile
    assert mobile is not None
    assert mobile.anchor == "ha"


@pytest.mark.parametrize(
    ("unit", "distances"),
    # The farthest correspondent of red is cn1 to dhp1 by two links, cn2 to dhp2 by five links
    # (r2, ar1 and dhp1 are as near as r2, r1 and dhp1); blue has none.
    [("hops", [2, 4, 255]), ("ms", [3, 7, 255])],
)
def test_a_distance_follows_from_the_network(unit: str, distances: list[int], loads: Load) -> None:
    agents = loads(NETWORK % f"distance_unit: {unit}").agents
    assert [agents[name].config["distance"] for name in ("dhp1", "dhp2", "dhp3")] == distances


def test_what_a_home_proxy_says_of_itself_can_be_given(loads: Load) -> None:
    status = "{security: 3, capability: 7, load: 9, distance: 11, capacity: 5}"
    config = loads(NETWORK % f"proxies: {{dhp2: {status}}}").agents["dhp2"].config
    given = {"security": 3, "capability": 7, "load": 9, "distance": 11, "capacity": 5}
    assert given.items() <= config.items()


def test_a_management_server_listens_to_the_proxies_of_its_domain(loads: Load) -> None:
    options = "rules: {streaming: [capability, load], unspecified: {load: 2, distance: 1.5}}"
    assert loads(NETWORK % options).agents["ms"].config == {
        "address": "2001:db8:11:3::2",
        "zone": "red.test",
        "proxies": [DHP1, DHP2, DHP3],
        "stale_after": 15,
        "rules": {"2": ["capability", "load"], "0": {"load": 2, "distance": 1.5}},
    }
    own = (NETWORK % "").replace("links:", "  ms3: {place: management-server}\nlinks:")
    agents = loads(own.replace("[dhp3, ns1]}", "[dhp3, ns1]}\n  - {ends: [dhp3, ms3]}")).agents
    assert agents["ms"].config["proxies"] == [DHP1, DHP2]
    assert agents["ms3"].config["proxies"] == [DHP3]
    assert agents["dhp3"].config["servers"] == [agents["ms3"].config["address"]]


def test_correspondents_act_as_servers_where_they_are_asked(loads: Load) -> None:
    agents = loads(NETWORK % "discovery: correspondent").agents
    cn1, cn2 = (agents[name].config for name in ("cn1", "cn2"))
    assert cn1["server"]["proxies"] == [DHP1, DHP2]
    assert cn1["server"]["address"] == cn1["address"]
    assert "server" not in agents["cn3"].config
    told = ["2001:db8:11:3::2", cn1["address"], cn2["address"]]
    assert sorted(agents["dhp2"].config["servers"]) == sorted(told)
    assert "server" not in loads(NETWORK % "").agents["cn1"].config


def test_a_mobile_knows_whom_to_ask_in_each_domain(loads: Load) -> None:
    assert loads(NETWORK % "").agents["mn1"].config["domains"] == [
        {"prefix": "2001:db8:11::/48", "zone": "red.test", "name_server": "2001:db8:11:4::2"},
        {"prefix": "2001:db8:12::/56", "zone": "blue.test", "name_server": "2001:db8:12:1::2"},
    ]


def test_options_reach_the_agents(loads: Load) -> None:
    options = (
        "discovery: multicast, policy: {load: 3, distance: 1}, min_security: 2, query_timeout: 2s,"
        " query_tries: 5, collect: 500ms, flow_rate: 0.5, flow_burst: 3, proxy_lifetime: 40s,"
        " open_timeout: 8s, negative_cache: 9s, name_lifetime: 11s, probes: 3,"
        " probe_interval: 30ms, probe_timeout: 2s, answer_delay: 0, status_interval: 1s,"
        " stale_after: 4s, provisional_lifetime: 9s, requests_per_mobile: 3,"
        " request_rate: 4, request_burst: 5, total_rate: 6, total_burst: 7"
    )
    agents = loads(NETWORK % options).agents
    asked = {
        "discovery": "multicast",
        "policy": {"load": 3, "distance": 1},
        "min_security": 2,
        "query_timeout": 2,
        "query_tries": 5,
        "collect": 0.5,
        "flow_rate": 0.5,
        "flow_burst": 3,
        "proxy_lifetime": 40,
        "open_timeout": 8,
        "negative_cache": 9,
        "name_lifetime": 11,
        "probes": 3,
        "probe_interval": 0.03,
        "probe_timeout": 2,
        "default_service": "mobile",
    }
    assert asked.items() <= agents["mn1"].config.items()
    told = {
        "answer_delay": 0,
        "status_interval": 1,
        "stale_after": 4,
        "provisional_lifetime": 9,
        "requests_per_mobile": 3,
        "request_rate": 4,
        "request_burst": 5,
        "total_rate": 6,
        "total_burst": 7,
    }
    assert told.items() <= agents["dhp1"].config.items()


def test_services_say_what_their_flows_need(loads: Load) -> None:
    assert loads(NETWORK % "").agents["mn1"].config["services"] == {
        "mobile": ANY_SERVICE,
        "nomadic": {**ANY_SERVICE, "mobility": False},
    }
    options = (
        "default_service: voip, services: {voip: {business: conversational, rate: 64kbit/s,"
        " max_delay: 100ms, max_loss: 1%, min_security: 2}, nomadic: {mobility: true}}"
    )
    config = loads(NETWORK.replace("%s", options)).agents["mn1"].config
    voip = {"business": 1, "rate": 64e3, "max_delay": 0.1, "max_loss": 0.01, "min_security": 2}
    assert config["services"] == {
        "mobile": ANY_SERVICE,
        "nomadic": ANY_SERVICE,
        "voip": {**ANY_SERVICE, **voip},
    }
    assert config["default_service"] == "voip"


def test_only_flows_that_a_mobile_with_an_agent_begins_ask(loads: Load) -> None:
    text = (NETWORK % "").replace("from: cn1, to: mn1", "from: mn2, to: mn1")
    flows = loads(NETWORK % "").flows
    assert {name: (f.asks, f.initiator, f.service) for name, f in flows.items()} == {
        "out": (("mn1",), "mn1", "mobile"),
        "in": ((), "cn1", None),
    }
    assert not loads(text).flows["in"].asks
    assert not any(flow.asks for flow in loads(NETWORK % "", protocol="mipv6").flows.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("proxies: {dhp9: {security: 1}}", "proxies.dhp9: unknown home proxy 'dhp9': did you mean"),
        ("proxies: {r1: {security: 1}}", "unknown home proxy 'r1'"),
        ("proxies: {dhp1: {security: 256}}", "less than or equal to 255"),
        ("policy: [load, load]", "dmipv6.policy: a criterion stands there twice"),
        ("policy: [speed]", "dmipv6.policy[0]: should be 'security', 'load'"),
        ("policy: {load: 0}", "dmipv6.policy.load: should be greater than 0"),
        ("policy: fast", "dmipv6.policy: should be a valid list"),
        ("discovery: dns", "dmipv6.discovery"),
        ("default_service: voip", "dmipv6.default_service: unknown service 'voip': known: mobile"),
        ("services: {voip: {business: calls}}", "services.voip.business"),
        ("services: {voip: {max_loss: 2}}", "impossible probability 2"),
        ("stale_after: 5s", "dmipv6.stale_after: a status is told every 5s and stale after 5s"),
        ("query_tries: 0", "greater than or equal to 1"),
    ],
)
def test_an_impossible_option_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        loads(NETWORK % options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "to: cn1, service: mobile",
            "to: cn1, service: mobil",
            "flows.out.service: unknown service 'mobil': did you mean mobile?",
        ),
        (
            "to: cn1, service: mobile",
            "to: cn1, service: xyz",
            "known: mobile, nomadic",
        ),
        (
            "ns1: {place: name-server, domain: blue}\n  ns2: {place: name-server, domain: red}",
            "ns1: {place: correspondent}\n  ns2: {place: correspondent}",
            "nodes.dhp1: nobody could find it: add a node with `place: name-server`",
        ),
        (
            "r1: {place: router, domain: red}",
            "r1: {place: router, domain: red, address: '2001:db8:11::d401'}",
            "nodes.r1.address: 2001:db8:11::d401 is the anycast address of the home proxies of red",
        ),
    ],
)
def test_what_dmipv6_cannot_run_on_is_refused(
    right: str, wrong: str, said: str, loads: Load
) -> None:
    text = NETWORK % ""
    assert right in text
    with pytest.raises(TopologyError) as caught:
        loads(text.replace(right, wrong))
    assert said in str(caught.value)
    assert caught.value.line > 1
    assert loads(text.replace(right, wrong), protocol="mipv6").agents


@pytest.mark.parametrize("discovery", ["server-active", "server-passive"])
def test_asking_a_server_needs_one(discovery: str, loads: Load) -> None:
    text = NETWORK % f"discovery: {discovery}"
    assert loads(text).agents["mn1"].config["discovery"] == discovery
    with pytest.raises(TopologyError, match=r"dmipv6\.discovery: server-.* asks a node with"):
        loads(text.replace("place: management-server", "place: correspondent"))


def test_asking_correspondents_needs_one_that_answers(loads: Load) -> None:
    text = NETWORK % "discovery: correspondent"
    assert "server" in loads(text).agents["cn1"].config
    silent = text.replace("place: correspondent", "place: correspondent, role: none")
    with pytest.raises(TopologyError, match=r"dmipv6\.discovery: correspondent asks those"):
        loads(silent)


@pytest.mark.parametrize("name", ["dmipv6", "comparison", "mipv6", "mipv6-ro"])
def test_every_agent_takes_its_configuration(name: str) -> None:
    for agent in load(name, protocol="dmipv6").agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        assert list(core.bindings(0.0)) == []
