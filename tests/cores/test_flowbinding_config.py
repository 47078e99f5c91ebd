"""A configuration that cannot work is refused in one line that names what is wrong."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from flowbinding_nodes import WLAN, A
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core import actions as do
from agents.core.configuration import ConfigurationError
from agents.core.events import Started
from agents.flowbinding.config import FlowSettings, HostConfig
from agents.flowbinding.mag import FlowGateway
from agents.roles import ROLES

VIDEO = {"video": {"selectors": [{"protocol": 17, "source_ports": [5004, 5004]}]}}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"carrier": "pigeon"}, "'carrier' is 'pigeon'"),
    ({"layout": "late"}, "'layout' is 'late'"),
    ({"inquire": "perhaps"}, "'inquire' is 'perhaps'"),
    ({"shared_address": "yes"}, "'shared_address' is 'yes'"),
    ({"max_flows": 0}, "'max_flows' is 0"),
    ({"max_requests": 0.5}, "'max_requests' is 0.5"),
    ({"congestion": {"threshold": 1.5}}, "'threshold' is 1.5"),
    ({"congestion": {"consecutive": 0}}, "'consecutive' is 0"),
    ({"policy": [{"service": "video", "prefer": [4]}]}, "no service 'video': there is none"),
    ({"services": VIDEO, "policy": [{"service": "video"}]}, "'prefer' is missing"),
    ({"services": VIDEO, "policy": [{"service": "video", "prefer": []}]}, "'prefer' of 'video'"),
    ({"services": {"x": {}}}, "services: x: the key 'selectors' is missing"),
    ({"services": {"x": {"selectors": [{"port": 7}]}}}, "x: a selector has no 'port'"),
    ({"services": {"x": {"selectors": [{"source_ports": [1, 2]}]}}}, "x: ports without"),
    (
        {"services": {"x": {"selectors": [{"protocol": 17, "source_ports": [9, 2]}]}}},
        "x: [9, 2] is no range",
    ),
    ({"services": {"x": {"selectors": [{"traffic_class": 185}]}}}, "'traffic_class' is 185"),
    ({"services": {"x": {"selectors": [{"source": "here"}]}}}, "'source' is 'here'"),
    ({"profiles": {"mn": [{"service": "y", "prefer": [4]}]}}, "profiles: mn: no service 'y'"),
]


@pytest.mark.parametrize(("flows", "line"), WRONG, ids=[line for _, line in WRONG])
def test_what_is_wrong_is_named(flows: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        FlowSettings.read({"flows": flows})
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_everything_has_a_default() -> None:
    settings = FlowSettings.read({})
    assert (settings.carrier, settings.layout, settings.inquire) == ("generic", "early", "unknown")
    assert settings.policy.is_empty
    congestion = settings.congestion
    assert (congestion.threshold, congestion.interval) == (0.9, 1.0)
    assert (congestion.consecutive, congestion.hold_down) == (2, 30.0)
    assert settings.out_of_service_lifetime == 60


def test_a_node_needs_to_know_itself_its_anchor_and_its_interfaces() -> None:
    whole = {"identifier": "mn", "anchor": str(LMA), "interfaces": []}
    assert HostConfig.read(whole).max_redirects == 10
    for key in whole:
        with pytest.raises(ConfigurationError, match=f"mn: the key '{key}' is missing"):
            HostConfig.read({k: v for k, v in whole.items() if k != key})


def test_nothing_is_measured_where_no_rule_asks_for_it() -> None:
    world = FlowWorld()
    role, config = world.nodes.configurations[A]
    assert role == "mag"
    for flows, meters in (
        ({}, 0),
        ({"services": VIDEO}, 0),
        ({"services": VIDEO, "policy": [{"service": "video", "prefer": [WLAN]}]}, 1),
    ):
        gateway = FlowGateway.from_config({**config, "flows": flows}, Random(1))
        actions = gateway.handle(Started(), 0.0)
        assert len([a for a in actions if isinstance(a, do.MeterFlows)]) == meters


def test_all_three_roles_are_known() -> None:
    assert {role for protocol, role in ROLES if protocol == "flowbinding"} == {"lma", "mag", "mn"}
