"""The configuration that the agents of flow binding get, and what is refused in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flowbinding_network import NETWORK

from agents.roles import ROLES
from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

CN, LMA, MAG1, MAG2 = "2001:db8:1:1::2/128", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:2::2"


def network(loads: Load, options: str = "") -> Network:
    return loads(NETWORK % options)


def flows(loads: Load, options: str = "") -> dict[str, Any]:
    agents = network(loads, options).agents
    lma, mag = (dict(agents[name].config["flows"]) for name in ("lma", "mag1"))
    assert lma == mag
    return lma


def selectors(loads: Load, service: str, options: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = flows(loads, options)["services"][service]["selectors"]
    return found


def test_mobiles_have_agents_too(loads: Load) -> None:
    found = {name: agent.role for name, agent in network(loads).agents.items()}
    assert found == {"lma": "lma", "mag1": "mag", "mag2": "mag", "mn1": "mn", "mn2": "mn"}


def test_a_mobile_knows_its_interfaces_and_their_technologies(loads: Load) -> None:
    agents = network(loads, "shared_address: true").agents
    mobile, plain = agents["mn1"].config, agents["mn2"].config
    assert (mobile["identifier"], mobile["anchor"]) == ("mn1@home", LMA)
    assert [(each["interface"], each["technology"]) for each in mobile["interfaces"]] == [
        ("mn1-lte0", 8),
        ("mn1-wlan0", 4),
    ]
    assert mobile["interfaces"][1]["link_layer"] == "02:00:00:05:00:01"
    assert mobile["shared_address"] is True
    assert [each["technology"] for each in plain["interfaces"]] == [0]


def test_what_is_known_of_the_rates_of_access_links(loads: Load) -> None:
    agents = network(loads).agents
    assert agents["mag2"].config["access"] == [
        {"interface": "mag2-eth1", "technology": 4, "rate": 6e6},
        {"interface": "mag2-eth2", "technology": 4, "rate": 2e6},
        {"interface": "mag2-eth3", "technology": 3, "rate": None},
    ]
    assert agents["lma"].config["capacities"] == [
        {"gateway": MAG1, "technology": 8, "rate": 8e6},
        {"gateway": MAG2, "technology": 4, "rate": 2e6},
    ]
    assert network(loads, "known_capacity: false").agents["lma"].config["capacities"] == []


def test_a_service_has_the_flows_that_name_it(loads: Load) -> None:
    own = [5001, 5001]
    assert selectors(loads, "voip") == [
        {"protocol": 17, "source": CN, "source_ports": own, "destination_ports": own}
    ]
    assert selectors(loads, "p2p") == [
        {"protocol": 6, "source": CN, "source_ports": [5002, 5002]},  # cn serves
        {"protocol": 6, "source": CN, "destination_ports": [5003, 5003]},  # mn1 serves
        {"protocol": 58, "source": CN},
    ]
    assert selectors(loads, "all") == [{}]


def test_a_service_may_be_told_by_its_packets(loads: Load) -> None:
    options = """services: {
      web: {protocol: tcp, ports: [443, "8000-8080"], mobile_ports: ["1-5"], rate: 2Mbit/s},
      voip: {traffic_class: 0xb8},
      games: {protocol: udp, traffic_class: 64}}"""
    assert flows(loads, options)["services"]["web"] == {
        "rate": 2e6,
        "selectors": [
            {"protocol": 6, "source_ports": [443, 443], "destination_ports": [1, 5]},
            {"protocol": 6, "source_ports": [8000, 8080], "destination_ports": [1, 5]},
        ],
    }
    assert [each.get("traffic_class") for each in selectors(loads, "voip", options)] == [184, None]
    assert selectors(loads, "games", options) == [{"protocol": 17, "traffic_class": 64}]


def test_rules_say_technologies_by_number(loads: Load) -> None:
    options = """policy: [{service: p2p, prefer: [wlan, 3gpp]},
      {service: all, prefer: [lte, 3gpp], min_rate: 1Mbit/s, shed: 3, idle_timeout: 5s}],
      profiles: {mn2: [{service: voip, prefer: [ethernet]}]}"""
    found = flows(loads, options)
    plain = {"min_rate": None, "shed": None, "idle_timeout": 10.0}
    assert found["policy"] == [
        {"service": "p2p", "prefer": [4, 8, 7, 6, 13], **plain},
        {
            "service": "all",
            "prefer": [8, 7, 6, 13],
            "min_rate": 1e6,
            "shed": 3,
            "idle_timeout": 5.0,
        },
    ]
    assert found["profiles"] == {"mn2@home": [{"service": "voip", "prefer": [3], **plain}]}


def test_plain_options_reach_the_agents(loads: Load) -> None:
    options = """carrier: rfc7077, layout: rfc6089, inquire: always, max_flows: 7, max_requests: 5,
      congestion: {threshold: 80%, interval: 200ms, consecutive: 3, hold_down: 5s},
      out_of_service_lifetime: 9s, ordering: sequence, lifetime: 20s"""
    agents = network(loads, options).agents
    found = agents["lma"].config["flows"]
    assert (found["carrier"], found["layout"], found["inquire"]) == ("rfc7077", "rfc6089", "always")
    assert found["congestion"] == {
        "threshold": 0.8,
        "interval": 0.2,
        "consecutive": 3,
        "hold_down": 5.0,
    }
    assert (found["max_flows"], found["max_requests"]) == (7, 5)
    assert found["out_of_service_lifetime"] == 9.0
    mag = agents["mag1"].config
    assert (mag["ordering"], mag["lifetime"]) == ("sequence", 20.0)


def test_a_shared_address_is_that_of_the_first_interface(loads: Load) -> None:
    found = network(loads, "shared_address: true")
    mobile = found.nodes["mn1"].mobile
    assert mobile is not None
    (prefixes,) = set(mobile.home_prefixes.values())
    (addresses,) = set(mobile.home_addresses.values())
    assert addresses == (found.nodes["mn1"].address,)
    assert found.flows["late"].destination_address == found.nodes["mn1"].address
    known = found.agents["lma"].config["mobiles"]["mn1@home"]["prefixes"]
    assert list(known.values()) == [list(prefixes)] * 2
    own = network(loads).nodes["mn1"].mobile
    assert own is not None and len(set(own.home_addresses.values())) == 2


def test_an_interface_takes_what_its_access_links_take(loads: Load) -> None:
    found = network(loads)
    sizes = {i.name: i.mtu for node in found.nodes.values() for i in node.interfaces}
    assert (sizes["mn1-lte0"], sizes["mn1-wlan0"], sizes["mn2-eth0"]) == (1600, 1600, 1600)
    narrow = loads((NETWORK % "").replace("rate: 8Mbit/s, mtu: 1600", "mtu: 1400"))
    assert [each.mtu for each in narrow.nodes["mn1"].interfaces] == [1500, 1600]


def test_the_configuration_is_plain(loads: Load) -> None:
    for agent in network(loads).agents.values():
        assert json.loads(json.dumps(agent.config)) == agent.config


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "policy: [{service: vido, prefer: [wlan]}]",
            "policy[0].service: unknown service 'vido': ",
        ),
        ("policy: [{service: p2p, prefer: [wifi]}]", "policy[0].prefer[0]: unknown technology"),
        ("policy: [{service: p2p, prefer: []}]", "policy[0].prefer: "),
        ("policy: [{service: p2p, prefer: [lte, wlan, lte]}]", "lte stands there twice"),
        (f"policy: [{', '.join(['{service: all, prefer: [lte]}'] * 128)}]", "policy: "),
        ("policy: [{prefer: [lte]}]", "the key `service` is missing"),
        ("policy: [{service: p2p, prefer: [lte], min_rate: 0}]", "min_rate: impossible rate"),
        ("profiles: {cn: []}", "profiles.cn: 'cn' is no mobile of this network: known: mn1, mn2"),
        (
            "profiles: {mn1: [{service: x, prefer: [lte]}]}",
            "profiles.mn1[0].service: unknown service",
        ),
        ("services: {x: {ports: [1]}}", "services.x.ports: ports need a `protocol`, one of: tcp"),
        ("services: {x: {protocol: icmpv6, mobile_ports: [1]}}", "x.mobile_ports: ports need a"),
        ("services: {x: {protocol: tcp, ports: [0]}}", "ports[0]: 0 is no range of ports"),
        ("services: {x: {protocol: tcp, ports: ['9-5']}}", "'9-5' is no range of ports"),
        ("services: {x: {protocol: tcp, ports: [http]}}", "'http' is no port: write 5060"),
        ("services: {x: {traffic_class: 0xb9}}", "'0xb9' is no traffic class"),
        ("carrier: pigeon", "flowbinding.carrier: "),
        ("congestion: {threshold: 120%}", "congestion.threshold: impossible share 120%: it must"),
        ("congestion: {threshold: 0}", "congestion.threshold: impossible share 0: it must be"),
        ("congestion: {treshold: 1}", "did you mean threshold?"),
    ],
)
def test_what_makes_no_sense_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        network(loads, options)
    assert "topology.yaml:3: protocols.flowbinding" in str(caught.value)
    assert said in str(caught.value)


def test_a_role_out_of_place_is_refused(loads: Load) -> None:
    text = (NETWORK % "").replace("correspondent, domain: home", "correspondent, role: mn")
    with pytest.raises(TopologyError) as caught:
        loads(text)
    assert "nodes.cn.role: only a mobile can play the role mn, and cn is none" in str(caught.value)


@pytest.mark.parametrize("name", ["flow-binding", "comparison", "pmipv6"])
def test_every_agent_takes_its_configuration(name: str) -> None:
    for agent in load(name, protocol="flowbinding").agents.values():
        core = ROLES[agent.protocol, agent.role](agent.config, Random(1))
        assert core.bindings(0.0) == []
