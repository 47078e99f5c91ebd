"""What stages do to packets at regular intervals, against what can be worked out by hand."""

from __future__ import annotations

import pytest

from testbed.comparison.model.places import Map, Place
from testbed.comparison.model.trains import (
    Train,
    asked,
    earliest,
    effect,
    kept,
    lost,
    on_air,
    refused,
    switch,
    through,
    travel,
)
from testbed.protocols import load

TRAIN = Train(interval=0.02, octets=200)


def test_an_outage_is_silent_for_as_long_as_it_lasts_and_one_interval_on_average() -> None:
    outage = switch(0.0, travel(0.01), refused(0.1))
    found = effect(TRAIN, outage, link_up=0.05)
    assert found.lost == pytest.approx(0.1 / 0.02)
    assert found.silence == pytest.approx(0.1 + 0.02 - 0.01, abs=1e-9)
    assert min(found.firsts) >= 0.1
    assert earliest([found.firsts]) == pytest.approx(0.1 + 0.01, abs=0.001)


def test_what_is_kept_arrives_when_it_is_let_go_and_none_is_lost() -> None:
    found = effect(TRAIN, switch(0.0, travel(0.0), kept(0.1)), link_up=0.05)
    assert found.lost == 0
    assert set(found.firsts) == {0.1}
    assert found.silence == pytest.approx(0.1 + 0.02 / 2, abs=0.001)


def test_what_is_on_the_air_when_the_link_goes_is_lost() -> None:
    found = effect(TRAIN, switch(0.0, on_air(0.01), travel(0.0)), link_up=0.0)
    assert found.lost == pytest.approx(0.01 / 0.02)


def test_a_shorter_way_lets_packets_overtake() -> None:
    found = effect(TRAIN, switch(0.0, travel(0.11), travel(0.0)), link_up=0.0)
    assert found.reordered == 5  # those that were sent less than 110 ms and an interval before
    assert found.lost == 0


def test_a_question_is_asked_when_the_first_packet_comes() -> None:
    stage = through(refused(0.0), asked(0.03))
    assert stage([(-0.01, -0.01), (0.01, 0.01), (0.02, 0.02), (0.1, 0.1)]) == [
        (0.01, 0.04),
        (0.02, 0.04),
        (0.1, 0.1),
    ]


def test_where_nothing_arrives_any_more_there_is_no_first_packet_and_no_silence() -> None:
    found = effect(TRAIN, switch(0.0, travel(0.0), lost), link_up=0.0)
    assert found.firsts == ()
    assert earliest([found.firsts]) is None


def test_the_least_of_several_is_weighed_by_chance() -> None:
    assert earliest([[1.0, 2.0], [1.5]]) == pytest.approx((1.0 + 1.5) / 2)
    assert earliest([[3.0], [1.0, 5.0]]) == pytest.approx((1.0 + 3.0) / 2)


def test_delays_are_those_of_links_and_of_the_octets_on_them() -> None:
    map_ = Map(load("comparison"))
    mobile, correspondent = map_.place("wlan4"), Place("cn")
    octets = 186  # and 14 of the Ethernet header
    expected = 0.002 + 0.002 + 0.003 + 0.002 + 0.001 + 1600 / 20e6 + 4 * 1600 / 100e6
    assert map_.delay(mobile, correspondent, octets) == pytest.approx(expected)
    assert map_.links(mobile, correspondent) == 5
    assert map_.links(mobile, map_.place("wlan4")) == 2
    gateways = frozenset(Place(f"mag{number}") for number in (2, 3, 4))
    assert map_.tree(Place("mag1"), gateways) == 5
