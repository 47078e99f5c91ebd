"""What a protocol asks of a topology: places of its own, prefixes on access links, roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv6Network

import pytest

from testbed.protocols import loading
from testbed.protocols.pmipv6 import PMIPV6
from testbed.protocols.protocol import Options, Protocol
from testbed.topology.errors import TopologyError
from testbed.topology.network import Agent, Network, Route
from testbed.topology.places import PLACES, Place
from testbed.topology.traits import Traits

Load = Callable[..., Network]

NETWORK = """\
protocol: hosts
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  ha: {place: anchor, domain: home}
  boss: {place: controller, domain: away}
  ar1: {place: access-router, domain: away}
  mn1: {place: mobile}
links:
  - {ends: [ha, boss]}
  - {ends: [boss, ar1]}
access:
  wlan1: {router: ar1}
  wlan2: {router: ar1}
"""


class HostOptions(Options):
    """One option, to tell from those of others."""

    eager: bool = False


def agents(network: Network, options: Options) -> dict[str, Agent]:
    found = [node for node in network.nodes.values() if node.role]
    config = options.model_dump()
    return {node.name: Agent(node.name, "hosts", str(node.role), config) for node in found}


HOSTS = Protocol(
    title="A host-based protocol with a controller",
    traits=Traits(
        protocol="hosts",
        roles={"anchor": "ha", "mobile": "mn", "controller": "boss"},
        access_prefixes=True,
        places={**PLACES, "controller": Place("controller", "rules", forwarding=True)},
    ),
    options=HostOptions,
    agents=agents,
)


@pytest.fixture(autouse=True)
def two_protocols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PROTOCOLS", {"hosts": HOSTS, "pmipv6": PMIPV6})


def test_access_links_get_prefixes_where_mobiles_use_them(loads: Load) -> None:
    network = loads(NETWORK)
    router = network.nodes["ar1"]
    access = {each.link: each for each in router.interfaces if each.link in network.accesses}
    assert access["wlan1"].addresses == ("2001:db8:2:1::1/64",)
    assert access["wlan2"].addresses == ("2001:db8:2:2::1/64",)
    assert access["wlan1"].mac != access["wlan2"].mac
    for name in ("ha", "boss"):
        routes = network.nodes[name].routes
        assert any(IPv6Network("2001:db8:2:2::/64").subnet_of(_prefix(each)) for each in routes)


def _prefix(route: Route) -> IPv6Network:
    return IPv6Network(route.prefix)


def test_mobiles_may_have_a_role(loads: Load) -> None:
    agents = loads(NETWORK).agents
    assert {name: agent.role for name, agent in agents.items()} == {
        "ha": "ha",
        "boss": "boss",
        "mn1": "mn",
    }


def test_a_file_runs_under_another_protocol_by_one_key(loads: Load) -> None:
    network = loads(NETWORK, protocol="pmipv6")
    assert {name: node.role for name, node in network.nodes.items()} == {
        "ha": "lma",
        "boss": None,
        "ar1": "mag",
        "mn1": None,
    }
    assert network.nodes["boss"].forwarding
    assert all(not each.addresses for each in network.nodes["ar1"].interfaces)
    assert network == replace(
        loads(NETWORK.replace("protocol: hosts", "protocol: pmipv6")), name=network.name
    )


def test_options_of_all_protocols_are_checked_whichever_runs(loads: Load) -> None:
    options = "protocols:\n  pmipv6: {lifetime: 8s}\n  hosts: {eager: true}\n"
    assert loads(NETWORK + options).agents["ha"].config == {"eager": True}
    assert loads(NETWORK + options, protocol="pmipv6").agents["ar1"].config["lifetime"] == 8.0
    with pytest.raises(TopologyError, match=r"protocols.hosts.eagre: unknown key: .* eager\?"):
        loads(NETWORK + options.replace("eager", "eagre"), protocol="pmipv6")


def test_a_step_for_an_agent_depends_on_the_protocol(loads: Load) -> None:
    text = NETWORK + "timeline:\n  - {at: 0, kill: mn1}\n"
    assert loads(text).timeline[0].node == "mn1"
    with pytest.raises(TopologyError, match="mn1 has no agent under this protocol"):
        loads(text, protocol="pmipv6")
