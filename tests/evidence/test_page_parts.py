"""Sentences, cells and pictures of the page, each by itself."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from evidence_world import PATH2, UDP, build, handover_events, travel

from testbed.evidence.drawing.loads import loads_picture
from testbed.evidence.drawing.plots import delay_picture, sequence_picture
from testbed.evidence.drawing.topology import topology_picture
from testbed.evidence.measure import measure
from testbed.evidence.page.cells import Cells
from testbed.evidence.page.pictures import timeline
from testbed.evidence.page.story import story
from testbed.evidence.traffic import Silence
from testbed.protocols import load
from testbed.topology.network import Link, LinkSettings

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def result():
    seen = []
    for n in range(300):
        at = 1 + n / 100
        path = {"path": PATH2} if at > 2.05 else {}
        seen += travel(UDP, n, at, links=3 if 2.0 <= at < 2.12 else None, **path)
    counts = {"packets": len(seen), "dropped": 0}
    return measure(build(UDP), seen, handover_events(), counts, "simulated")


def of(picture, tag, class_):
    root = ElementTree.fromstring(picture)
    return [each for each in root.iter(f"{SPACE}{tag}") if each.get("class") == class_]


def test_the_story_says_who_moved_what_it_cost_and_who_carried_it(result):
    told = " ".join(story(result.document, result.network))
    assert "mn1 made one handover." in told
    assert "it took 23.0 ms" in told
    assert "flow voice, towards the mobile, when mn1 moved from wlan1 to wlan2 at 2.0 s" in told
    assert "12 of 300 packets were lost" in told
    assert "Packets took the shortest path" in told
    assert "the anchor lma 100%" in told


def test_a_run_without_anything_has_no_story():
    empty = measure(build(), [], [], {"packets": 0, "dropped": 0}, "simulated")
    assert story(empty.document, empty.network) == []


def test_a_share_of_packets_that_pass_twice_is_not_above_all(result):
    nodes = [{**each, "data_share": 1.4, "data_packets": 5} for each in result.document["nodes"]]
    told = story({**result.document, "nodes": nodes}, result.network)
    assert "100% of all packets" in told[-1]


def test_a_cell_has_the_figure_and_where_it_is(result):
    cells = Cells(result.document)
    assert str(cells.cell("handovers", 0, "latency", unit="ms")) == (
        '<td class="number" data-path="handovers/0/latency" data-unit="ms">23.0</td>'
    )
    assert "–" in cells.cell("handovers", 0, "durations", "solicited", unit="ms")
    with pytest.raises(LookupError):
        cells.cell("handovers", 0, "nonsense")


def test_nodes_are_drawn_in_the_order_of_what_they_carried(result):
    names = [each.text for each in of(loads_picture(result.document["nodes"]), "text", "name")]
    carried = {each["node"]: each["data_packets"] for each in result.document["nodes"]}
    assert sorted(names) == sorted(carried)
    assert [carried[name] for name in names] == sorted(carried.values(), reverse=True)


def strokes(picture, class_):
    found = of(picture, "path", class_)
    return [list(map(float, each)) for p in found for each in _STROKE.findall(p.get("d"))]


_STROKE = re.compile(r"M([\d.]+),([\d.]+)V([\d.]+)")


def test_lost_packets_and_silences_are_marked_where_they_were(result):
    way = result.ways["voice"]["down"]
    (silence,) = [s for each in result.handovers[1:] for s in [each.silences["voice"]["down"]]]
    for picture in (delay_picture(way, 0.0, [silence]), sequence_picture(way, 0.0, [silence])):
        lost, came = strokes(picture, "lost"), strokes(picture, "series")
        (shade,) = of(picture, "rect", "silence")
        left = float(shade.get("x"))
        right = left + float(shade.get("width"))
        assert all(left <= x <= right for x, _, _ in lost)
        assert len(lost) == 12
        assert not any(left + 1 < x < right - 1 for x, _, _ in came)
        assert len(came) > 200


def test_packet_numbers_leave_a_step_for_what_was_lost(result):
    came = strokes(sequence_picture(result.ways["voice"]["down"], 0.0, []), "series")
    rises = [before[1] - after[1] for before, after in pairwise(came)]
    assert max(rises) > 10 * sorted(rises)[len(rises) // 2]


def test_labels_of_silences_do_not_cover_each_other(result):
    way = result.ways["voice"]["down"]
    near = [Silence(2.0, 2.1), Silence(2.15, 2.25), Silence(3.5, 3.6)]
    picture = delay_picture(way, 0.0, near)
    assert len(of(picture, "rect", "silence")) == 3
    assert [each.text for each in of(picture, "text", "small silent")] == ["100.0 ms"] * 2


def test_the_timeline_marks_the_silences_of_flows():
    network = build(UDP)
    seen = [s for n in range(200) if not 100 <= n < 112 for s in travel(UDP, n, 1 + n / 100)]
    events = handover_events()
    started = replace(events[0], at=1.0, event="flow_started", details={"flow": "voice"})
    counts = {"packets": len(seen), "dropped": 0}
    picture = timeline(measure(network, seen, [*events, started], counts, "simulated"))
    (gap,) = of(picture, "rect", "gap")
    assert gap.find(f"{SPACE}title").text.startswith("silent for 130.0 ms")


def test_a_link_past_a_node_of_its_row_bends_around_it():
    network = load("pmipv6-many")
    plain = topology_picture(network, {})
    rows = {}
    for each in of(plain, "line", "link"):
        if each.get("y1") == each.get("y2"):
            rows.setdefault(each.get("y1"), []).append(
                abs(float(each.get("x1")) - float(each.get("x2")))
            )
    assert of(plain, "path", "link")
    shortest = min(length for lengths in rows.values() for length in lengths)
    assert all(length < 2 * shortest for lengths in rows.values() for length in lengths)


def test_links_between_neighbours_stay_straight():
    network = build()
    ends = (network.links["core-mag1"].ends[1], network.links["core-mag2"].ends[1])
    beside = replace(network, links={**network.links, "x": Link("x", ends, LinkSettings())})
    assert of(topology_picture(beside, {}), "path", "link") == []
