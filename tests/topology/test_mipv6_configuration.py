"""The configuration that the agents of MIPv6 get, their home network and their addresses."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
from random import Random

import pytest

from agents.roles import ROLES
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

NETWORK = """\
protocol: mipv6
protocols: {mipv6: {%s}}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  ha1: {place: anchor, domain: home}
  ha2: {place: anchor, domain: home}
  ar1: {place: access-router, domain: away}
  cn1: {place: correspondent}
  cn2: {place: correspondent, role: {mipv6: none}}
  mn1: {place: mobile, anchor: ha1, interfaces: {wlan0: {}, lte0: {}}}
  mn2: {place: mobile, anchor: ha1}
  mn3: {place: mobile, anchor: ha2}
  mn4: {place: mobile, anchor: ha2, role: none}
links:
  - {ends: [ha1, ar1]}
  - {ends: [ha2, ar1]}
  - {ends: [cn1, ar1]}
  - {ends: [cn2, ha2]}
access:
  abroad: {router: ar1, mtu: 1400}
  home: {router: ha1}
  more: {router: ha1}
"""
HOME = "2001:db8:1:8000::/64"
KEY = "00112233445566778899aabbccddeeff"


def test_who_has_which_agent(loads: Load) -> None:
    agents = loads(NETWORK % "").agents
    assert {name: agent.role for name, agent in agents.items()} == {
        "ha1": "ha",
        "ha2": "ha",
        "ar1": "ar",
        "cn1": "cn",
        "mn1": "mn",
        "mn2": "mn",
        "mn3": "mn",
    }
    assert {agent.protocol for agent in agents.values()} == {"mipv6"}
    assert all(json.loads(json.dumps(dict(a.config))) == a.config for a in agents.values())


def test_the_mobiles_of_an_anchor_share_the_first_prefix_of_its_pool(loads: Load) -> None:
    nodes = loads(NETWORK % "").nodes
    homes = {name: nodes[name].mobile for name in ("mn1", "mn2", "mn3")}
    prefixes = {name: set(mobile.home_prefixes.values()) for name, mobile in homes.items()}  # type: ignore[union-attr]
    assert prefixes == {"mn1": {(HOME,)}, "mn2": {(HOME,)}, "mn3": {("2001:db8:1:c000::/64",)}}
    assert nodes["mn2"].address == "2001:db8:1:8000:0:ff:fe07:0"


def test_a_mobile_has_one_home_address_whichever_interface_it_uses(loads: Load) -> None:
    mobile = loads(NETWORK % "").nodes["mn1"].mobile
    assert mobile is not None
    assert mobile.home_addresses == {
        "mn1-wlan0": ("2001:db8:1:8000:0:ff:fe06:0",),
        "mn1-lte0": ("2001:db8:1:8000:0:ff:fe06:0",),
    }


def test_the_first_access_link_of_an_anchor_is_the_home_link(loads: Load) -> None:
    network = loads(NETWORK % "")
    addresses = {
        each.link: each.addresses
        for name in ("ha1", "ar1")
        for each in network.nodes[name].interfaces
        if each.link in network.accesses
    }
    assert addresses == {
        "abroad": ("2001:db8:2:2::1/64",),
        "home": ("2001:db8:1:8000::1/64",),
        "more": ("2001:db8:1:2::1/64",),
    }
    config = network.agents["ha1"].config
    assert config["home_link"] == {"interface": "ha1-eth1", "address": "2001:db8:1:8000::1"}
    assert [link["prefix"] for link in config["links"]] == [HOME, "2001:db8:1:2::/64"]
    virtual = network.agents["ha2"].config
    assert (virtual["home_link"], virtual["links"]) == (None, [])
    assert virtual["home_prefix"] == "2001:db8:1:c000::/64"


def test_the_home_prefix_is_routed_to_its_home_agent(loads: Load) -> None:
    routes = loads(NETWORK % "").nodes["ar1"].routes
    home = IPv6Network(HOME)
    best = max(
        (r for r in routes if home.subnet_of(IPv6Network(r.prefix))),
        key=lambda route: IPv6Network(route.prefix).prefixlen,
    )
    assert best.interface == "ar1-eth0"


def test_a_home_agent_knows_its_own_mobiles(loads: Load) -> None:
    agents = loads(NETWORK % "preference: 7, max_lifetime: 100s").agents
    assert agents["ha1"].config["mobiles"] == {
        "2001:db8:1:8000:0:ff:fe06:0": "mn1@home",
        "2001:db8:1:8000:0:ff:fe07:0": "mn2@home",
    }
    other = agents["ha2"].config
    assert other["mobiles"] == {"2001:db8:1:c000:0:ff:fe08:0": "mn3@home"}
    assert other["home_agents"] == [{"address": "2001:db8:1::2", "preference": 7}]
    assert other["max_lifetime"] == 100


def test_home_agents_have_the_anycast_address_of_their_home_network(loads: Load) -> None:
    node = loads(NETWORK % "").nodes["ha1"]
    own, anycast = (IPv6Address(each.removesuffix("/128")) for each in node.loopback)
    assert str(own) == node.address
    assert anycast in IPv6Network(HOME)
    # RFC 2526 §2: 57 bits of ones but for the universal bit, then the identifier 126.
    assert int(anycast) & (1 << 64) - 1 == 0xFDFF_FFFF_FFFF_FF80 | 126


def test_an_access_router_knows_its_links(loads: Load) -> None:
    options = "advertisement_interval: [50ms, 200ms], advertise_on_link_up: false"
    assert loads(NETWORK % options).agents["ar1"].config == {
        "links": [
            {
                "interface": "ar1-eth3",
                "prefix": "2001:db8:2:2::/64",
                "address": "2001:db8:2:2::1",
                "link_layer": "02:00:00:03:00:03",
                "link_local": "fe80::ff:fe03:3",
            }
        ],
        "interval": [0.05, 0.2],
        "advertise_on_link_up": False,
        "router_lifetime": 1800,
        "mtu": 1400,
    }


def test_options_reach_the_mobiles(loads: Load) -> None:
    options = (
        "lifetime: 40s, refresh_fraction: 0.5, initial_timeout: 2s, first_timeout: 3s, "
        "max_timeout: 8s, route_optimization: false, rr_lifetime: 100s, optimize_again: 9s, "
        f"prefix_discovery: true, authentication: {{spi: 300, key: '{KEY}'}}"
    )
    network = loads(NETWORK % options + "hosts: {dad: standard}\n")
    assert network.agents["mn1"].config == {
        "identifier": "mn1@home",
        "interfaces": [
            {"interface": "mn1-wlan0", "link_layer": "02:00:00:06:00:00"},
            {"interface": "mn1-lte0", "link_layer": "02:00:00:06:00:01"},
        ],
        "home_address": "2001:db8:1:8000:0:ff:fe06:0",
        "home_prefix": HOME,
        "home_agent": "2001:db8:1::1",
        "detection": "standard",
        "lifetime": 40,
        "refresh_fraction": 0.5,
        "initial_timeout": 2,
        "first_timeout": 3,
        "max_timeout": 8,
        "route_optimization": False,
        "rr_lifetime": 100,
        "optimize_again": 9,
        "authentication": {"spi": 300, "key": KEY},
        "prefix_discovery": True,
    }
    assert network.agents["ha1"].config["authentication"] == {"spi": 300, "key": KEY}


def test_a_mobile_that_discovers_its_home_agent_is_not_told(loads: Load) -> None:
    config = loads(NETWORK % "discover_home_agent: true").agents["mn1"].config
    assert config["home_agent"] is None
    assert config["home_prefix"] == HOME


def test_correspondents_and_home_agents_have_their_options(loads: Load) -> None:
    options = "nonce_interval: 5s, binding_limit: 3, home_detection: false, refresh_advice: 8s"
    agents = loads(NETWORK % options).agents
    assert agents["cn1"].config == {
        "address": "2001:db8:2:1::2",
        "route_optimization": True,
        "nonce_interval": 5,
        "binding_limit": 3,
    }
    assert agents["ha1"].config["detection"] == "off"
    assert agents["ha1"].config["refresh_advice"] == 8
    assert loads(NETWORK % "").agents["ha1"].config["detection"] == "standard"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("rr_lifetime: 421s", "mipv6.rr_lifetime: impossible lifetime 421s: 420s at most"),
        ("lifetime: 3s", "mipv6.lifetime: impossible lifetime 3s: 4s to 262140s can be sent"),
        ("advertisement_interval: [20ms, 1s]", "impossible interval 0.02s to 1s: 30ms and 70ms"),
        ("advertisement_interval: [1s, 1s]", "the first at most 0.75 of the second"),
        ("advertisement_interval: [1s]", "mipv6.advertisement_interval"),
        ("preference: 65536", "less than or equal to 65535"),
        ("refresh_fraction: 1", "less than 1"),
        ("binding_limit: 0", "greater than or equal to 1"),
        ("home_agent: x", "unknown key"),
    ],
)
def test_an_impossible_option_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        loads(NETWORK % options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "cn1: {place: correspondent}",
            "cn1: {place: correspondent, role: mn}",
            "nodes.cn1.role: only a mobile can play the role mn, and cn1 is none",
        ),
        (
            "mn2: {place: mobile, anchor: ha1}",
            "mn2: {place: mobile, anchor: ha1, role: cn}",
            "nodes.mn2.role: only a host that does not move can play the role cn",
        ),
        (
            "cn1: {place: correspondent}",
            "cn1: {place: correspondent, role: {mipv6: ha}}",
            "nodes.cn1.role: only a router that owns a pool can play the role ha",
        ),
        (
            "ha2: {place: anchor, domain: home}",
            "ha2: {place: anchor, domain: home, role: none}",
            "nodes.mn3.anchor: mipv6 needs an anchor with the role ha, and ha2 has none",
        ),
        (
            "{router: ar1, mtu: 1400}",
            "{router: ha2, mtu: 1400}\n  wrong: {router: cn1}",
            "access.wrong.router: cn1 is a correspondent, which does not forward",
        ),
    ],
)
def test_a_role_out_of_place_is_refused(right: str, wrong: str, said: str, loads: Load) -> None:
    text = NETWORK % ""
    assert right in text
    with pytest.raises(TopologyError) as caught:
        loads(text.replace(right, wrong))
    assert said in str(caught.value)


def test_an_access_link_needs_a_router_that_advertises(loads: Load) -> None:
    text = (NETWORK % "").replace("place: access-router", "place: router")
    with pytest.raises(TopologyError, match="mipv6 needs the role ar or ha here, and ar1 has none"):
        loads(text)


@pytest.mark.parametrize("name", ["mipv6", "mipv6-ro", "comparison", "pmipv6", "pmipv6-many"])
def test_every_agent_takes_its_configuration(name: str) -> None:
    for agent in load(name, protocol="mipv6").agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        assert list(core.bindings(0.0)) == []
