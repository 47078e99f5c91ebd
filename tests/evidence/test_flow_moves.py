"""Flows that move between the interfaces of a mobile, as packets tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from evidence_flows import (
    LTE,
    STEP,
    VIA,
    WLAN,
    down,
    log,
    moves,
    plugged,
    result,
    series,
    two_ways,
    up,
)

from testbed.evidence.checks import check_document
from testbed.evidence.measure import measure
from testbed.protocols import load
from testbed.topology.expectations import parse
from testbed.topology.network import Expectation, Network


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return two_ways(tmp_path)


def test_a_flow_that_stays_moves_never(network: Network) -> None:
    document = result(network, list(down(network, series((20, LTE)))), plugged())
    assert document["flow_moves"] == []
    assert document["flows"][0]["moves"] == 0


def test_each_change_of_the_interface_is_a_move(network: Network) -> None:
    sightings = list(down(network, series((20, LTE), (10, WLAN), (10, LTE))))
    document = result(network, sightings, plugged())
    first, second = document["flow_moves"]
    assert (first["flow"], first["node"], first["direction"]) == ("video", "mn1", "down")
    assert (first["from"], first["to"]) == (LTE, WLAN)
    assert first["at"] == pytest.approx(20 * STEP + VIA[WLAN])
    assert (second["from"], second["to"], second["lost"]) == (WLAN, LTE, 0)
    assert document["flows"][0]["moves"] == 2


def test_a_faster_way_overtakes_as_far_as_it_is_faster(network: Network) -> None:
    (move,) = moves(network, down(network, series((20, LTE), (20, WLAN))))
    assert move["difference"] == pytest.approx(VIA[LTE] - VIA[WLAN])
    overtaken = int((VIA[LTE] - VIA[WLAN]) / STEP)
    assert (move["reordered"], move["reordered_beyond"]) == (overtaken, 0)
    assert move["late_by"] == pytest.approx(VIA[LTE] - VIA[WLAN] - STEP)
    (back,) = moves(network, down(network, series((20, WLAN), (20, LTE))))
    assert (back["reordered"], back["late_by"]) == (0, 0.0)
    assert back["difference"] < 0


def test_what_comes_later_than_the_ways_explain_is_counted(network: Network) -> None:
    sightings = list(down(network, series((20, LTE), (20, WLAN))))
    late = [
        s._replace(at=s.at + 0.1) if s.node == "mn1" and s.identity in (15, 16) else s
        for s in sightings
    ]
    (move,) = moves(network, iter(late))
    assert move["reordered_beyond"] == 2
    assert move["late_by"] > move["difference"]


def test_lost_is_what_neither_way_brought(network: Network) -> None:
    (move,) = moves(network, down(network, series((20, LTE), (3, ""), (20, WLAN))))
    assert (move["lost"], move["lost_on_old_link"]) == (3, 0)


def test_numbers_that_were_never_sent_are_lost_too(network: Network) -> None:
    packets = [*series((20, LTE)), *((number, WLAN) for number in range(24, 40))]
    (move,) = moves(network, down(network, packets))
    assert move["lost"] == 4


def test_losses_of_the_old_link_are_its_own(network: Network) -> None:
    sightings = [
        s
        for s in down(network, series((20, WLAN), (20, LTE)))
        if not (s.node == "mn1" and s.identity in (18, 19))
    ]
    (move,) = moves(network, iter(sightings))
    assert (move["lost"], move["lost_on_old_link"]) == (0, 2)
    gone_at = 18.5 * STEP + VIA[WLAN] - 0.002
    gone = log(gone_at, "", "link_down", subject="mn1", interface=WLAN, access="hotspot")
    (move,) = moves(network, iter(sightings), plugged(gone))
    assert (move["lost"], move["lost_on_old_link"]) == (1, 1)


def test_what_the_mobile_sends_moves_by_itself(network: Network) -> None:
    sightings = [
        *down(network, series((40, LTE))),
        *up(network, series((20, LTE), (20, WLAN))),
    ]
    (move,) = moves(network, iter(sightings))
    assert (move["direction"], move["to"]) == ("up", WLAN)
    assert move["at"] == pytest.approx(20 * STEP)
    assert move["reordered"] == int((VIA[LTE] - VIA[WLAN]) / STEP)


def test_expectations_name_moves_by_their_flow(network: Network) -> None:
    document = result(
        network, list(down(network, series((20, LTE), (20, WLAN), (20, LTE)))), plugged()
    )
    for text, holds in (
        ("flow_moves.video.lost == 0", True),
        ("flow_moves[0].to == mn1-wlan0", True),
        ("flow_moves[1].to == mn1-wlan0", False),
        ("flow_moves.video.reordered_beyond == 0", True),
        ("flows.video.moves == 2", True),
        ("flow_moves.length <= 1", False),
        ("flow_moves.web.lost == 0", False),
    ):
        assert check_document(Expectation(text, *parse(text)), document)["holds"] is holds


def test_a_mobile_with_one_interface_has_no_moves_of_flows() -> None:
    network = load("pmipv6")
    document = measure(network, [], [], {"packets": 0, "dropped": 0}, "simulated").document
    assert document["flow_moves"] == []
