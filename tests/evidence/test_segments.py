import pytest
from evidence_world import PATH1, TCP, build, handover_events, travel

from testbed.evidence.measure import measure
from testbed.evidence.segments import Cutter, Segment


def segment(begin, end, stamp=b"1"):
    return Segment(5201, 40000, begin, end - begin, stamp)


def test_a_bundle_is_cut_where_others_begin_and_end():
    cutter = Cutter([segment(0, 40), segment(0, 10), segment(10, 20), segment(30, 40), 7])
    assert list(cutter.pieces(segment(0, 40))) == [
        segment(0, 10),
        segment(10, 20),
        segment(20, 30),
        segment(30, 40),
    ]
    assert list(cutter.pieces(segment(10, 20))) == [segment(10, 20)]
    assert list(cutter.pieces(7)) == [7]


def test_connections_are_cut_apart_from_each_other():
    other = Segment(1, 2, 5, 10, b"")
    cutter = Cutter([segment(0, 40), other])
    assert list(cutter.pieces(segment(0, 40))) == [segment(0, 40)]


@pytest.mark.parametrize("half", [1, len(PATH1) // 2, len(PATH1)])
def test_both_ends_count_the_same_segments_whatever_the_bundles(half):
    bundle = [s for s in travel(TCP, segment(0, 40), 1.0) if s.interface in PATH1[:half]]
    apart = [
        s
        for begin in (0, 10, 30)  # the segment from 20 to 30 is lost on the way
        for s in travel(TCP, segment(begin, begin + 10), 1.0)
        if s.interface not in PATH1[:half]
    ]
    again = travel(TCP, segment(20, 30, b"2"), 1.5)  # retransmitted
    counts = {"packets": 1, "dropped": 0}
    events = handover_events()
    result = measure(build(TCP), [*bundle, *apart, *again], events, counts, "emulated")
    flow = result.document["flows"][0]
    assert (flow["sent"], flow["received"], flow["lost"]) == (5, 4, 1)
    assert (flow["duplicated"], flow["reordered"], flow["hops"]) == (0, 0, 4)
    assert flow["delay"]["median"] == 0.004
