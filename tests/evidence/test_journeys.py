"""Packets followed from interface to interface: lost, late, bundled, and in tunnels."""

from __future__ import annotations

from dataclasses import replace

from evidence_world import CN, TCP, UDP, build, event, travel

from testbed.evidence.journeys.journey import frames, journeys, lost, most_delayed, of_frame
from testbed.evidence.journeys.words import Teller
from testbed.evidence.matching import packed
from testbed.evidence.segments import Segment


def numbered(*ways):
    return [
        each._replace(frame=number)
        for number, each in enumerate((each for way in ways for each in way), 1)
    ]


def sent(count=4, **options):
    return [travel(UDP, number, 1 + number / 100, **options) for number in range(count)]


def test_packets_are_numbered_in_the_order_in_which_they_were_sent():
    seen = numbered(*sent())
    found = journeys(UDP, True, seen[16:] + seen[:16])
    assert [(each.number, each.sequence) for each in found] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert [hop.interface for hop in found[1].hops] == [hop.interface for hop in seen[8:16]]
    assert found[1].arrived == seen[15].at
    assert round(found[1].delay, 6) == 0.004
    assert journeys(UDP, False, seen) == []
    assert journeys(replace(UDP, name="other"), True, seen) == []


def test_of_a_lost_packet_it_is_said_where_it_was_seen_last():
    on_a_link = travel(UDP, 8, 2.0, links=2)[:-1]
    in_a_node = travel(UDP, 9, 2.1, links=2)
    found = lost(journeys(UDP, True, numbered(*sent(2), on_a_link, in_a_node)))
    assert [(each.number, each.sequence) for each in found] == [(3, 8), (4, 9)]
    teller = Teller(build(UDP), 1.0)
    assert teller.outcome(found[0]) == (
        "lost on lma-core: last seen when it left lma:lma-eth1 at 1.001000 s, frame 19"
    )
    assert teller.outcome(found[1]) == (
        "lost in core: last seen when it came in at core:core-eth0 at 1.102000 s, frame 23"
    )


def test_the_access_link_of_a_lost_packet_is_named():
    gone = travel(UDP, 8, 2.0)[:-1]
    (found,) = journeys(UDP, True, gone)
    said = Teller(build(UDP), 0.0).outcome(found)
    assert said == "lost on wlan1: last seen when it left mag1:mag1-eth1 at 2.003000 s"


def test_the_slowest_come_first_and_lost_ones_not_at_all():
    seen = [*sent(2), travel(UDP, 5, 3.0, hop=0.1), travel(UDP, 6, 4.0, links=1)]
    found = most_delayed(journeys(UDP, True, numbered(*seen)))
    assert found[0].sequence == 5
    assert len(found) == 3


def test_rows_tell_headers_from_the_outermost_on():
    (found,) = journeys(UDP, True, numbered(travel(UDP, 3, 7.0)))
    rows = list(Teller(build(UDP), 5.0).rows(found))
    assert [row["layers"] for row in rows[1:4]] == [
        ["cn > mn1"],
        ["lma > mag1", "cn > mn1"],
        ["lma > mag1", "cn > mn1"],
    ]
    assert rows[2] == {
        "frame": 3,
        "at": 2.001,
        "delta": 0.0,
        "node": "lma",
        "interface": "lma-eth1",
        "way": "out",
        "layers": ["lma > mag1", "cn > mn1"],
        "length": 140,
    }
    assert rows[0]["delta"] is None
    assert rows[1]["delta"] == 0.001


def test_addresses_that_are_nobodys_are_shown_as_they_are():
    stray = travel(UDP, 3, 7.0)[0]._replace(source=bytes(15) + b"\x09")
    (found,) = journeys(UDP, True, [stray])
    assert next(Teller(build(UDP), 0.0).rows(found))["layers"] == ["::9 > mn1"]


def test_a_bundle_of_segments_is_in_the_journey_of_each():
    whole = Segment(45000, 5201, 100, 300, b"\0\0\0\1")
    halves = [Segment(45000, 5201, 100 + 150 * n, 150, b"\0\0\0\1") for n in range(2)]
    bundle = travel(TCP, whole, 1.0, links=1)
    pieces = [travel(TCP, each, 1.002 + n / 1000)[2:] for n, each in enumerate(halves)]
    found = journeys(TCP, True, numbered(bundle, *pieces))
    assert [(each.sequence, each.hops[0].frame) for each in found] == [(100, 1), (250, 1)]
    assert found[0].carries(249)
    assert not found[0].carries(250)
    assert of_frame(found, 1) == found
    assert of_frame(found, found[1].hops[-1].frame) == found[1:]
    assert frames(found) == list(range(1, 15))


def test_segments_without_data_are_left_out():
    assert journeys(TCP, True, travel(TCP, None, 1.0)) == []


def test_an_address_that_a_host_got_in_the_run_is_its_own_and_takes_nobody_elses():
    got = [
        event(1.0, "care_of_usable", "mn1", address="2001:db8:3::7"),
        event(1.0, "address_assigned", "mn1", address=CN),
        event(1.0, "address_assigned", "mag2", address="2001:db8:3::8"),
    ]
    teller = Teller(build(UDP), 0.0, got)
    for address, name in (("3::7", "mn1"), ("1:1::c", "cn"), ("3::8", "2001:db8:3::8")):
        here = packed(f"2001:db8:{address}")
        (found,) = journeys(UDP, True, [travel(UDP, 3, 7.0)[0]._replace(source=here)])
        assert next(teller.rows(found))["layers"] == [f"{name} > mn1"]
