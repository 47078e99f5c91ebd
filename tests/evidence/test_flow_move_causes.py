"""Why flows move, and what of it the links take: requests, inquiries and returns in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evidence_flows import (
    LTE,
    STEP,
    VIA,
    WLAN,
    asked,
    down,
    log,
    moves,
    plugged,
    selector,
    series,
    two_ways,
    up,
)

from testbed.topology.network import Network


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return two_ways(tmp_path)


def test_a_move_has_its_request_and_what_links_take(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    first = 20 * STEP  # sent, the first on the new way
    leaves, comes, *events = asked(network, first - 0.0095, "policy")
    found = moves(network, iter([*packets, leaves, comes]), plugged(*events))
    (move,) = found
    assert (move["cause"], move["requested_at"]) == ("policy", pytest.approx(first - 0.0095))
    assert move["duration"] == pytest.approx(0.0095 + VIA[WLAN])
    sending = (248 + 14) * 8 / 1e6 + (248 + 40 + 14) * 8 / 100e6
    assert move["bound"] == pytest.approx(0.010 + 0.005 + 0.002 + sending, abs=1e-6)
    assert move["waited"] == pytest.approx(0.0005)
    assert move["ratio"] == pytest.approx((move["duration"] - 0.0005) / move["bound"], rel=1e-4)


def test_a_move_says_in_which_frames_it_was_read(network: Network) -> None:
    leaves, comes, *events = asked(network, 20 * STEP - 0.0095, "policy")
    packets = down(network, series((20, LTE), (20, WLAN)))
    seen_all = sorted([*packets, leaves, comes], key=lambda sighting: sighting.at)
    frames = [each._replace(frame=number) for number, each in enumerate(seen_all, 1)]
    (move,) = moves(network, iter(frames), plugged(*events))
    shown = {name: frames[frame - 1] for name, frame in move["where"]["frames"].items()}
    assert shown["requested"].message == leaves.message
    last, first = shown["last_before"], shown["first_after"]
    assert (last.node, last.interface, last.identity) == ("mn1", LTE, 19)
    assert (first.node, first.interface, first.identity) == ("mn1", WLAN, 20)
    assert str(first.frame) in move["where"]["filter"]
    (unseen,) = moves(network, iter(seen_all), plugged(*events))
    assert unseen["where"] is None


def test_an_inquiry_adds_its_two_ways(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    leaves, comes, *events = asked(network, 20 * STEP - 0.03, "rate")
    inquired = log(20 * STEP - 0.02, "lma", "flow_inquired", subject="mn1@home")
    decided = replace(events[1], at=20 * STEP - 0.01)
    sightings = [*packets, leaves, comes]
    (without,) = moves(network, iter(sightings), plugged(events[0], decided))
    (move,) = moves(network, iter(sightings), plugged(events[0], inquired, decided))
    assert move["bound"] - without["bound"] == pytest.approx(0.010)


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": 6},
        {"source_ports": [1, 2]},
        {"destination": "2001:db8:9::/64"},
        {"source": "2001:db8:9::1/128"},
    ],
)
def test_what_is_said_of_other_flows_is_no_cause(
    changes: Mapping[str, Any], network: Network
) -> None:
    event = log(0.07, "lma", "flow_moved", selector=selector(network, **changes), cause="x")
    packets = down(network, series((20, LTE), (20, WLAN)))
    (move,) = moves(network, packets, plugged(event))
    assert (move["cause"], move["duration"], move["ratio"]) == (None, None, None)


def test_a_return_is_the_anchors_own_doing(network: Network) -> None:
    everything = selector(
        network, source="::/0", protocol=0, source_ports=[0, 65535], destination_ports=[0, 65535]
    )
    event = log(0.07, "lma", "flow_returned", selector=everything, cause="target lost")
    (move,) = moves(network, down(network, series((20, WLAN), (20, LTE))), plugged(event))
    assert (move["cause"], move["requested_at"], move["bound"]) == ("target lost", 0.07, None)


def test_an_idle_flow_was_not_asked_back_by_an_old_update(network: Network) -> None:
    leaves, comes, *events = asked(network, 0.01, "rate")
    about = {"subject": "mn1@home", "selector": selector(network)}
    ended = log(19.5 * STEP, "lma", "flow_ended", **about, cause="idle")
    packets = [*down(network, series((20, WLAN), (20, LTE))), leaves, comes]
    (move,) = moves(network, iter(packets), plugged(*events, ended))
    assert (move["cause"], move["requested_at"]) == ("idle", 19.5 * STEP)
    assert (move["bound"], move["ratio"]) == (None, None)
    assert move["duration"] == pytest.approx(0.5 * STEP + VIA[LTE])


@pytest.mark.parametrize(
    ("event", "details", "cause"),
    [
        ("link_down", {"subject": "mn1", "interface": LTE, "access": "cell"}, "link down"),
        ("link_down", {"subject": "mn1", "interface": WLAN, "access": "hotspot"}, None),
    ],
)
def test_a_mobile_changes_over_when_its_link_goes(
    event: str, details: Mapping[str, Any], cause: str | None, network: Network
) -> None:
    happened = log(19.5 * STEP, "", event, **details)
    packets = up(network, series((20, LTE), (20, WLAN)))
    (move,) = moves(network, packets, plugged(happened))
    assert move["cause"] == cause


def test_a_mobile_that_was_told_has_the_cause_of_the_anchor(network: Network) -> None:
    leaves, comes, *events = asked(network, 18 * STEP, "congestion")
    told = log(19.8 * STEP + 0.01, "mn1", "redirected", selector=selector(network))
    sightings = [*up(network, series((25, LTE), (20, WLAN))), leaves, comes]
    (move,) = moves(network, iter(sightings), plugged(*events, told))
    assert (move["direction"], move["cause"]) == ("up", "congestion")
    assert move["at"] == pytest.approx(25 * STEP), "the first by the new way, not what strayed"
    assert move["bound"] == pytest.approx(0.010 + 0.005 + 0.002)
    astray = 13 * STEP + VIA[LTE] - 0.0005  # the first that came to the anchor after its decision
    waited = astray - (18 * STEP + 0.01) + 25 * STEP - 24 * STEP  # told, one more goes astray
    assert move["waited"] == pytest.approx(waited, abs=1e-6)
    assert move["ratio"] == pytest.approx((move["duration"] - waited) / move["bound"], rel=1e-4)
    (untold,) = moves(network, iter(sightings), plugged(*events))
    assert (untold["waited"], untold["duration"]) == (None, move["duration"])


def test_an_update_that_came_after_the_decision_was_not_its_reason(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    asked_at = 20 * STEP - 0.0105
    leaves, comes, *events = asked(network, asked_at, "policy")
    later = asked(network, asked_at + 0.003, "policy", sequence=8)[:2]
    (move,) = moves(network, iter([*packets, leaves, comes, *later]), plugged(*events[1:]))
    assert move["requested_at"] == pytest.approx(asked_at)
