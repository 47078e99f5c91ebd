"""The configuration that the agents of ROMIP get, and what such a network must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from agents.roles import ROLES
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

NETWORK = """\
protocol: romip
protocols: {%s}
domains:
  home: {prefix: "2001:db8:1::/48"}
  west: {prefix: "2001:db8:2::/48"}
  realm: {prefix: "2001:db8:a::/48"}
nodes:
  owner: {place: anchor, domain: home}
  mid: {place: router, domain: realm}
  aaa: {place: aaa-server}
  one: {place: access-router, domain: west}
  two: {place: access-router, domain: west}
  cn: {place: correspondent}
  mn1: {place: mobile}
  mn2: {place: mobile, interfaces: {wlan0: {technology: wlan}, lte0: {}}}
links:
  - {ends: [owner, mid]}
  - {ends: [aaa, mid]}
  - {ends: [mid, one]}
  - {ends: [mid, two], mtu: 1400}
  - {ends: [two, cn]}
access:
  wlan1: {router: one, technology: wlan}
  lte1: {router: one, technology: lte}
  wlan2: {router: two, technology: wlan}
flows:
  peers: {kind: udp, from: mn1, to: mn2}
  call: {kind: udp, from: mn1, to: cn}
  called: {kind: ping, from: cn, to: mn1}
  fetch: {kind: command, from: mn1, command: "true"}
"""
FIRST, SECOND = "2001:db8:2::1", "2001:db8:2::2"


def config(network: Network, node: str) -> Mapping[str, Any]:
    return network.agents[node].config


def test_a_link_to_no_node_is_what_is_wrong_with_its_host(loads: Load) -> None:
    with pytest.raises(TopologyError, match=r"links\[1\]\.ends\[1\]: unknown node 'mid_'"):
        loads(NETWORK.replace("[aaa, mid]", "[aaa, mid_]") % "")


def test_captures_keep_lists_and_diameter_whole(loads: Load) -> None:
    assert loads(NETWORK % "").capture_length >= 14 + 1500


def test_who_has_which_agent(loads: Load) -> None:
    agents = loads(NETWORK % "").agents
    assert {name: agent.role for name, agent in agents.items()} == {
        "one": "maar",
        "two": "maar",
        "aaa": "aaa",
        "mn1": "mn",
        "mn2": "mn",
    }
    assert {agent.protocol for agent in agents.values()} == {"romip"}


def test_each_access_link_has_a_prefix_and_each_router_an_identity_of_its_own(loads: Load) -> None:
    network = loads(NETWORK % "")
    wlan, lte = config(network, "one")["access"]
    assert (wlan["interface"], wlan["prefix"]) == ("one-eth1", "2001:db8:2:2::/64")
    assert (lte["interface"], lte["prefix"]) == ("one-eth2", "2001:db8:2:3::/64")
    assert (wlan["technology"], lte["technology"]) == (4, 8)
    assert config(network, "one")["link_layer"] == "02:00:00:04:00:01"
    assert config(network, "one")["link_local"] == "fe80::ff:fe04:1"
    known = [(i.mac, i.link_local) for i in network.nodes["one"].interfaces]
    assert known[1] == known[2] == ("02:00:00:04:00:01", "fe80::ff:fe04:1")
    assert known[0] != known[1]
    assert config(network, "two")["link_layer"] == "02:00:00:05:00:02"


def test_every_maar_knows_which_prefixes_are_whose(loads: Load) -> None:
    network = loads(NETWORK % "")
    rows = [
        {"address": FIRST, "prefixes": ["2001:db8:2:2::/64", "2001:db8:2:3::/64"]},
        # The first is that of the link to cn, which is at home there too.
        {"address": SECOND, "prefixes": ["2001:db8:2:1::/64", "2001:db8:2:4::/64"]},
    ]
    assert config(network, "one")["maars"] == config(network, "two")["maars"] == rows


def test_a_maar_knows_the_hosts_behind_it(loads: Load) -> None:
    network = loads(NETWORK % "")
    address = network.nodes["cn"].address
    assert config(network, "two")["hosts"] == [address]
    assert config(network, "two")["host_interfaces"] == {address: "two-eth1"}
    assert config(network, "one")["hosts"] == []


def test_the_server_knows_the_users_and_who_may_ask(loads: Load) -> None:
    network = loads(NETWORK % "romip: {strangers: [mn2]}")
    server = config(network, "aaa")
    assert (server["origin_host"], server["realm"]) == ("aaa.realm.test", "realm.test")
    assert server["users"] == ["mn1@home"]
    assert server["maars"] == [
        {"address": FIRST, "host": "one.west.test"},
        {"address": SECOND, "host": "two.west.test"},
    ]
    maar = config(network, "one")
    assert (maar["aaa"], maar["aaa_realm"]) == (network.nodes["aaa"].address, "realm.test")
    assert (maar["origin_host"], maar["realm"]) == ("one.west.test", "west.test")
    assert [each["identifier"] for each in maar["mobiles"]] == ["mn1@home", "mn2@home"]


def test_mobiles_are_told_who_they_are(loads: Load) -> None:
    told = config(loads(NETWORK % "romip: {session_timeout: 5s}"), "mn2")
    assert told["identifier"] == "mn2@home"
    assert [each["interface"] for each in told["interfaces"]] == ["mn2-wlan0", "mn2-lte0"]
    assert told["session_timeout"] == 5.0


def test_a_tunnel_takes_its_header_too(loads: Load) -> None:
    assert config(loads(NETWORK % ""), "one")["mtu"] == 1400 - 40


def test_options_reach_the_agents(loads: Load) -> None:
    key = "00112233445566778899aabbccddeeff"
    options = "flag_profile: iana-safe, lifetime: 20s, initial_timeout: 500ms, max_timeout: 4s, "
    options += f"authentication: {{spi: 300, key: '{key}'}}, router_lifetime: 60"
    found = config(loads(NETWORK % f"romip: {{{options}}}"), "one")
    assert found["authentication"] == {"spi": 300, "key": key}
    assert (found["flag_profile"], found["lifetime"]) == ("iana-safe", 20.0)
    assert (found["initial_timeout"], found["max_timeout"]) == (0.5, 4.0)
    assert found["router_lifetime"] == 60


def test_every_mobile_end_of_a_flow_is_asked_the_responder_first(loads: Load) -> None:
    flows = loads(NETWORK % "").flows
    assert {name: flow.asks for name, flow in flows.items()} == {
        "peers": ("mn2", "mn1"),
        "call": ("mn1",),
        "called": ("mn1",),
        "fetch": (),
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  aaa: {place: aaa-server}\n", "", "needs one node with `place: aaa-server`"),
        (
            "  aaa: {place: aaa-server}\n",
            "  aaa: {place: aaa-server}\n  bbb: {place: aaa-server, domain: realm}\n",
            "nodes.bbb: romip needs one AAA server, and aaa is one already",
        ),
        ("[two, cn]", "[mid, cn]", "romip needs the role maar next to cn, and mid has none"),
        ("{router: two,", "{router: mid,", "romip needs the role maar here, and mid has none"),
        (
            "cn: {place: correspondent}",
            "cn: {place: correspondent, role: maar}",
            "nodes.cn.role: only a router can play the role maar, and cn is none",
        ),
        (
            "mn1: {place: mobile}",
            "mn1: {place: mobile, role: aaa}",
            "nodes.mn1.role: only a host that does not move can play the role aaa",
        ),
    ],
)
def test_a_network_that_it_cannot_run_on_is_refused(
    before: str, after: str, said: str, loads: Load
) -> None:
    text = (NETWORK % "").replace(before, after)
    if "bbb" in after:
        text = text.replace(
            "  - {ends: [aaa, mid]}\n", "  - {ends: [aaa, mid]}\n  - {ends: [bbb, mid]}\n"
        )
    if not after:
        text = text.replace("  - {ends: [aaa, mid]}\n", "")
    with pytest.raises(TopologyError) as caught:
        loads(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("strangers: [cn]", "romip.strangers[0]: 'cn' is no mobile of this network"),
        ("flag_profile: random", "romip.flag_profile"),
        ("lifetime: 1s", "impossible lifetime"),
        ("session_timeout: 0", "impossible interval"),
        ("lifetimes: 1h", "did you mean lifetime?"),
    ],
)
def test_an_impossible_option_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        loads(NETWORK % f"romip: {{{options}}}")
    assert said in str(caught.value)


def test_the_server_need_not_be_behind_a_gateway_of_another_protocol(loads: Load) -> None:
    assert "aaa" not in loads(NETWORK % "", protocol="sdpmip").agents


@pytest.mark.parametrize("name", ["comparison", "romip"])
def test_every_agent_takes_its_configuration(name: str) -> None:
    for agent in load(name, protocol="romip").agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        known = {row["address"] for row in core.bindings(0.0)}
        assert known <= set(agent.config.get("hosts", ()))
