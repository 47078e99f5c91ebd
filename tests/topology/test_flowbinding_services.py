"""Which services and rules of flow binding are refused, as they would change nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flowbinding_network import NETWORK

from testbed.protocols import load
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

RULE = "policy: [{service: voip, prefer: [lte]}]"


def test_a_flow_of_a_service_that_no_rule_knows_is_refused(loads: Load) -> None:
    text = (NETWORK % RULE).replace("service: p2p", "service: vopi")
    with pytest.raises(TopologyError) as caught:
        loads(text)
    said = "flows.fetch.service: service 'vopi' is neither declared nor in a rule: did you mean"
    assert f"topology.yaml:{text[: text.index('vopi')].count(chr(10)) + 1}: {said} voip?" in str(
        caught.value
    )


def test_a_rule_for_commands_alone_is_refused(loads: Load) -> None:
    rule = "policy: [{service: shell, prefer: [lte]}], services: {voip: {}, p2p: {}}"
    text = (NETWORK % rule).replace('command: "true", service: p2p', "command: ssh, service: shell")
    with pytest.raises(TopologyError) as caught:
        loads(text)
    said = "policy[0].service: the service 'shell' has no packets: those of commands cannot be"
    assert f"topology.yaml:3: protocols.flowbinding.{said}" in str(caught.value)
    loads(text.replace("services: {", "services: {shell: {protocol: tcp, ports: [22]}, "))
    loads(text.replace(rule, f"{RULE}, services: {{shell: {{}}, p2p: {{}}}}"))  # no rule: it stays


@pytest.mark.parametrize(
    "options",
    [
        "",  # no rules: the services are another protocol's
        f"{RULE}, services: {{p2p: {{}}}}",
        f"{RULE}, profiles: {{mn1: [{{service: p2p, prefer: [wlan]}}]}}",
    ],
)
def test_a_service_that_flows_name_may_be_declared_anywhere(options: str, loads: Load) -> None:
    agents = loads(NETWORK % options).agents
    assert "p2p" in agents["lma"].config["flows"]["services"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "policy: [{service: voip, prefer: [lte]}, {service: voip, prefer: [wlan]}]",
            "policy[1].service: policy[0] is for voip already, and a flow goes by the first: make",
        ),
        (
            "profiles: {mn1: [{service: p2p, prefer: [lte]}, {service: p2p, prefer: [lte]}]}",
            "profiles.mn1[1].service: profiles.mn1[0] is for p2p already",
        ),
        (
            "policy: [{service: all, prefer: [lte]}, {service: voip, prefer: [wlan]}]",
            "policy[1].service: policy[0] is for all, every packet, and leaves none: put",
        ),
        (
            "services: {vioce: {rate: 64kbit/s}}",
            "services.vioce: has no packets: no flow and no rule names it, and it has no",
        ),
        ("services: {all: {protocol: tcp}}", "services.all: is the service of every packet"),
    ],
)
def test_what_would_change_nothing_is_refused(options: str, said: str, loads: Load) -> None:
    with pytest.raises(TopologyError) as caught:
        loads(NETWORK % options)
    assert f"topology.yaml:3: protocols.flowbinding.{said}" in str(caught.value)


def test_the_services_of_flows_are_no_matter_to_other_protocols(loads: Load) -> None:
    text = (NETWORK % RULE).replace("protocol: flowbinding", "protocol: pmipv6")
    assert set(loads(text).flows) == {"call", "fetch", "push", "look", "late", "run"}


def test_a_scenario_may_leave_out_the_flows_of_a_service_with_a_rule(tmp_path: Path) -> None:
    scenario = tmp_path / "quiet.yaml"
    scenario.write_text(
        "flows: {call: {kind: ping, from: cn, to: mn1, interval: 20ms, service: voip}}\n"
        "timeline: [{at: 0, attach: mn1, to: cell1}]\nexpect: []\n"
    )
    network = load("flow-binding", scenario=scenario)
    assert "video" in network.agents["lma"].config["flows"]["services"]
