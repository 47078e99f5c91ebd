import csv
from io import StringIO

import pytest
from evidence_world import UDP, build, handover_events, travel

from testbed.evidence.measure import measure
from testbed.evidence.series import COLUMNS, packets_csv


@pytest.fixture(scope="module")
def seen():
    sightings = [
        *travel(UDP, 7, 1.0),
        *travel(UDP, 8, 1.01, links=2),
        *travel(UDP, 9, 1.02),
        *travel(UDP, 7, 1.5, downward=False, hop=0.002),
    ]
    ordered = sorted(sightings, key=lambda each: each.at)
    return [each._replace(frame=number) for number, each in enumerate(ordered, 1)]


@pytest.fixture(scope="module")
def rows(seen):
    counts = {"packets": len(seen), "dropped": 0}
    result = measure(build(UDP), seen, handover_events(), counts, "emulated")
    return list(csv.DictReader(StringIO(packets_csv(result))))


def test_it_has_each_packet_in_the_order_of_sending(rows):
    assert tuple(rows[0]) == COLUMNS
    assert [(each["direction"], each["packet"]) for each in rows] == [
        ("down", "1"),
        ("down", "2"),
        ("down", "3"),
        ("up", "1"),
    ]
    assert [each["sent_at"] for each in rows] == ["1.000000", "1.010000", "1.020000", "1.500000"]
    assert [each["delay"] for each in rows] == ["0.004000", "", "0.004000", "0.008000"]


def test_a_packet_that_never_came_has_no_arrival(rows):
    lost = rows[1]
    assert {lost[key] for key in ("arrived_at", "delay", "hops", "frame_arrived")} == {""}
    assert lost["frame_sent"]


def test_its_frames_are_where_the_packet_was_sent_and_came(rows, seen):
    for row in (rows[0], rows[2], rows[3]):
        sent, came = (seen[int(row[key]) - 1] for key in ("frame_sent", "frame_arrived"))
        assert (f"{sent.at:.6f}", f"{came.at:.6f}") == (row["sent_at"], row["arrived_at"])
        assert {sent.node, came.node} == {"cn", "mn1"}
