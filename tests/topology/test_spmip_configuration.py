"""The configuration that the agents of S-PMIP and SD-PMIP get, and their multicast routes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from agents.roles import ROLES
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

NETWORK = """\
protocol: spmip
protocols: {%s}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma1: {place: anchor, domain: home}
  lma2: {place: anchor, domain: home}
  mid: {place: router, domain: away}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mag3: {place: access-router, domain: away}
  cn: {place: correspondent}
  mn1: {place: mobile, anchor: lma1, prefixes: 2}
  mn2: {place: mobile, anchor: lma2, interfaces: {wlan0: {technology: wlan}, lte0: {}}}
links:
  - {ends: [lma1, mid]}
  - {ends: [lma2, mid]}
  - {ends: [mid, mag1]}
  - {ends: [mid, mag2], mtu: 1400}
  - {ends: [mid, mag3]}
  - {ends: [mag3, cn]}
access:
  wlan1: {router: mag1, technology: wlan}
  lte1: {router: mag2, technology: lte}
"""
MAGS = ["2001:db8:2::2", "2001:db8:2::3", "2001:db8:2::4"]


@pytest.fixture(params=["spmip", "sdpmip"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_who_has_which_agent(loads: Load) -> None:
    mags = {"mag1": "mag", "mag2": "mag", "mag3": "mag"}
    for protocol, others in (("spmip", {"lma1": "lma", "lma2": "lma"}), ("sdpmip", {})):
        agents = loads(NETWORK % "", protocol=protocol).agents
        assert {name: agent.role for name, agent in agents.items()} == {**others, **mags}
        assert {agent.protocol for agent in agents.values()} == {protocol}


def test_a_gateway_asks_the_anchor_of_each_pool(loads: Load) -> None:
    config = loads(NETWORK % "").agents["mag1"].config
    assert config["pools"] == {
        "2001:db8:1:8000::/50": "2001:db8:1::1",
        "2001:db8:1:c000::/50": "2001:db8:1::2",
    }
    assert config["mags"] == MAGS


def test_a_gateway_without_anchors_asks_the_group(loads: Load) -> None:
    text = NETWORK % "sdpmip: {group: 'FF05:0::1'}"
    config = loads(text, protocol="sdpmip").agents["mag1"].config
    assert config["pools"] == ["2001:db8:1:8000::/50", "2001:db8:1:c000::/50"]
    assert (config["group"], config["mags"]) == ("ff05::1", MAGS)
    assert loads(NETWORK % "", protocol="sdpmip").agents["mag1"].config["group"] == (
        "ff05::4d41:4701"
    )


def test_without_anchors_a_profile_has_the_prefixes(loads: Load) -> None:
    network = loads(NETWORK % "", protocol="sdpmip")
    assert network.agents["mag1"].config["mobiles"] == [
        {
            "identifier": "mn1@home",
            "link_layer_addresses": ["02:00:00:08:00:00"],
            "prefixes": {"02:00:00:08:00:00": ["2001:db8:1:8000::/64", "2001:db8:1:8001::/64"]},
        },
        {
            "identifier": "mn2@home",
            "link_layer_addresses": ["02:00:00:09:00:00", "02:00:00:09:00:01"],
            "prefixes": {
                "02:00:00:09:00:00": ["2001:db8:1:c000::/64"],
                "02:00:00:09:00:01": ["2001:db8:1:c001::/64"],
            },
        },
    ]


def test_a_mobile_has_the_same_addresses_under_each_protocol(loads: Load) -> None:
    found = [loads(NETWORK % "", protocol=name).nodes for name in ("pmipv6", "spmip", "sdpmip")]
    for mobile in ("mn1", "mn2"):
        assert len({str(nodes[mobile].mobile) for nodes in found}) == 1


def test_a_tunnel_between_gateways_takes_its_header_too(protocol: str, loads: Load) -> None:
    assert loads(NETWORK % "", protocol=protocol).agents["mag1"].config["mtu"] == 1400 - 40


def test_options_reach_the_agents(protocol: str, loads: Load) -> None:
    key = "00112233445566778899aabbccddeeff"
    options = "buffer_per_address: 8, negative_cache: 250ms, query_timeout: 2s, query_tries: 5, "
    options += f"query_rate: 10, ordering: sequence, authentication: {{spi: 300, key: '{key}'}}, "
    options += "ask_memory: 7, query_flags: {update: 0x0004}"
    agents = loads(NETWORK % f"{protocol}: {{{options}}}", protocol=protocol).agents
    config = agents["mag1"].config
    assert (config["buffer_per_address"], config["buffer_total"]) == (8, 4096)
    assert config["query_rate"] == 10
    assert config["ordering"] == "sequence"
    answering = agents["lma1" if protocol == "spmip" else "mag2"].config
    for each in (config, answering):
        assert each["authentication"] == {"spi": 300, "key": key}
        assert each["query_flags"] == {"update": 4, "acknowledgement": 1}
        assert each["ask_memory"] == 7
        assert (each["negative_cache"], each["query_timeout"]) == (0.25, 2.0)
        assert each["query_tries"] == 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("group: ff02::1", "sdpmip.group: ff02::1 is no group of a domain"),
        ("group: 'ff0e::1'", "no group of a domain"),
        ("group: '2001:db8::1'", "no group of a domain"),
        ("group: all", "'all' is no IPv6 address"),
        ("query_flags: {update: 0x0200}", "0x200 is a flag that each of these messages has"),
        ("query_flags: {update: 3}", "0x3 has several bits"),
        ("query_flags: {update: Q}", "'Q' is no mask: write it like 0x0008"),
        ("query_flags: {acknowledgement: 0x100}", "less than or equal to 255"),
        ("query_tries: 0", "sdpmip.query_tries: should be greater than or equal to 1"),
        ("query_timeout: 0", "impossible interval"),
        ("bufer_total: 1", "did you mean buffer_total?"),
        ("max_lifetime: 1h", "unknown key"),
    ],
)
def test_an_impossible_option_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        loads(NETWORK % f"sdpmip: {{{options}}}")
    assert said in str(caught.value)


def test_without_anchors_a_correspondent_needs_a_gateway(loads: Load) -> None:
    text = (NETWORK % "").replace("[mag3, cn]", "[lma1, cn]")
    with pytest.raises(TopologyError) as caught:
        loads(text, protocol="sdpmip")
    line = text[: text.index("[lma1, cn]")].count("\n") + 1
    assert f":{line}: links[5].ends[1]: sdpmip needs the role mag next to cn" in str(caught.value)
    assert str(caught.value).endswith("and lma1 has none: link it to an access router")
    for protocol in ("pmipv6", "spmip"):
        assert "lma1" in loads(text, protocol=protocol).agents


def test_queries_are_multicast_only_without_anchors(loads: Load) -> None:
    assert loads(NETWORK % "").multicast == {}
    found = loads(NETWORK % "sdpmip: {group: 'ff05::7'}", protocol="sdpmip").multicast
    assert set(found) == {"mag1", "mag2", "mag3", "mid"}
    assert {(route.source, route.group) for route in found["mid"]} == {
        (address, "ff05::7") for address in MAGS
    }


@pytest.mark.parametrize("name", ["comparison", "spmip", "sdpmip"])
def test_every_agent_takes_its_configuration(name: str, protocol: str) -> None:
    for agent in load(name, protocol=protocol).agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        assert core.bindings(0.0) == []
