"""The configuration that PMIPv6's agents get, and that they can work with it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Network
from random import Random

import pytest

from agents.pmipv6.lma import LocalMobilityAnchor
from agents.pmipv6.mag import MobileAccessGateway
from agents.roles import ROLES
from testbed.protocols import load
from testbed.protocols.registry import PROTOCOLS
from testbed.topology.network import Network

Load = Callable[..., Network]

NETWORK = """\
protocol: pmipv6
protocols: {pmipv6: {%s}}
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma1: {place: anchor, domain: home}
  lma2: {place: anchor, domain: home}
  mid: {place: router, domain: away}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  mn1: {place: mobile, anchor: lma1, prefixes: 2}
  mn2: {place: mobile, anchor: lma2, interfaces: {wlan0: {technology: wlan}, lte0: {}}}
links:
  - {ends: [lma1, mid]}
  - {ends: [lma2, mid], mtu: 1400}
  - {ends: [mid, mag1]}
  - {ends: [mid, mag2]}
access:
  wlan1: {router: mag1, technology: wlan}
  lte1: {router: mag1, technology: lte}
  air: {router: mag2, technology: pigeon}
"""


def network(loads: Load, options: str = "") -> Network:
    return loads(NETWORK % options)


def test_anchors_and_access_routers_have_agents(loads: Load) -> None:
    found = network(loads).agents
    assert {name: agent.role for name, agent in found.items()} == {
        "lma1": "lma",
        "lma2": "lma",
        "mag1": "mag",
        "mag2": "mag",
    }


def test_an_anchor_knows_its_gateways_and_its_own_mobiles(loads: Load) -> None:
    found = network(loads)
    config = found.agents["lma2"].config
    assert config["address"] == found.nodes["lma2"].address
    assert config["mags"] == ["2001:db8:2::2", "2001:db8:2::3"]
    assert config["mobiles"] == {
        "mn2@home": {
            "prefixes": {
                "02:00:00:07:00:00": ["2001:db8:1:c000::/64"],
                "02:00:00:07:00:01": ["2001:db8:1:c001::/64"],
            }
        }
    }


def test_what_an_anchor_leases_is_not_what_mobiles_own(loads: Load) -> None:
    found = network(loads)
    for anchor in ("lma1", "lma2"):
        config = found.agents[anchor].config
        pool = IPv6Network(config["pool"])
        assert pool.subnet_of(IPv6Network(found.nodes[anchor].pool))
        owned = [p for m in config["mobiles"].values() for ps in m["prefixes"].values() for p in ps]
        assert owned
        assert not any(IPv6Network(prefix).overlaps(pool) for prefix in owned)


def test_a_gateway_knows_its_links_and_every_mobile(loads: Load) -> None:
    config = network(loads).agents["mag1"].config
    assert config["access"] == [
        {"interface": "mag1-eth1", "technology": 4},
        {"interface": "mag1-eth2", "technology": 8},
    ]
    assert config["mobiles"] == [
        {
            "identifier": "mn1@home",
            "lma": "2001:db8:1::1",
            "link_layer_addresses": ["02:00:00:06:00:00"],
        },
        {
            "identifier": "mn2@home",
            "lma": "2001:db8:1::2",
            "link_layer_addresses": ["02:00:00:07:00:00", "02:00:00:07:00:01"],
        },
    ]
    assert config["link_local"] == "fe80::200:5eff:fe00:5213"
    assert config["link_layer"] == "00:00:5e:00:52:13"


def test_the_tunnel_takes_its_header_from_the_smallest_mtu(loads: Load) -> None:
    assert network(loads).agents["mag1"].config["mtu"] == 1400 - 40


def test_an_unheard_of_technology_has_the_reserved_number(loads: Load) -> None:
    (access,) = network(loads).agents["mag2"].config["access"]
    assert access["technology"] == 0


def test_options_reach_the_agents(loads: Load) -> None:
    key = "00112233445566778899aabbccddeeff"
    options = "ordering: sequence, lifetime: 2min, local_routing: true, detect: [link], "
    options += f"timestamp_validity_window: 100ms, authentication: {{spi: 300, key: '{key}'}}"
    agents = network(loads, options).agents
    gateway, anchor = agents["mag1"].config, agents["lma1"].config
    assert (gateway["ordering"], gateway["lifetime"]) == ("sequence", 120.0)
    assert (gateway["local_routing"], gateway["detect"]) == (True, ["link"])
    assert anchor["timestamp_validity_window"] == 0.1
    assert gateway["authentication"] == anchor["authentication"] == {"spi": 300, "key": key}


@pytest.mark.parametrize("name", ["pmipv6", "pmipv6-many"])
def test_every_agent_takes_its_configuration(name: str) -> None:
    for agent in load(name).agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        assert isinstance(core, MobileAccessGateway | LocalMobilityAnchor)
        assert core.bindings(0.0) == []


def test_every_role_of_every_protocol_has_a_core() -> None:
    for protocol in PROTOCOLS.values():
        assert {(protocol.name, role) for role in protocol.roles} <= set(ROLES)
