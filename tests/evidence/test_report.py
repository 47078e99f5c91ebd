import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from evidence_world import PATH2, PING, UDP, build, event, expect, handover_events, travel

from testbed.evidence.drawing.axis import Axis, ticks
from testbed.evidence.drawing.layers import rows
from testbed.evidence.drawing.stops import place
from testbed.evidence.measure import measure
from testbed.evidence.report import network_picture, planned_picture, report
from testbed.evidence.result import write
from testbed.protocols import load


def sample(expectations=()):
    seen = []
    for n in range(400):
        at = 1 + n / 100
        path = {"path": PATH2} if at > 2.05 else {}
        seen += travel(UDP, n, at, links=3 if 2.0 <= at < 2.12 else None, **path)
    events = [
        *handover_events(),
        event(1.0, "flow_started", flow="voice"),
        event(5.0, "flow_stopped", flow="voice", status=0),
        event(4.5, "agent_killed", subject="mag1"),
    ]
    network = build(UDP, PING, expectations=expectations)
    return measure(network, seen, events, {"packets": len(seen), "dropped": 0}, "simulated")


@pytest.fixture(scope="module")
def page():
    return report(sample((expect("flows.voice.lost", "<", 5),)))


class Words(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.cells, self.open, self.links = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data.strip()


def test_the_page_needs_nothing_but_itself(page):
    links = Words(page).links
    assert links
    assert all(link.startswith("#") and f'id="{link[1:]}"' in page for link in links)
    outside = set(re.findall(r"https?://[^\"' )<]+", page))
    assert outside == {"http://www.w3.org/2000/svg"}
    assert "<script" not in page
    assert "@import" not in page


def test_every_picture_is_well_formed(page):
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 7  # network, timeline, bars, ladder, two of the flow, loads
    for picture in pictures:
        assert ElementTree.fromstring(picture).get("aria-label")


def test_the_tables_of_the_page_are_those_of_the_result(page):
    cells = Words(page).cells
    (handover,) = sample().document["handovers"]
    assert f"{handover['latency'] * 1000:.1f}" == "23.0" in cells
    assert f"{handover['interruption']['voice']['down'] * 1000:.1f}" in cells
    assert [cells[i + 2 : i + 5] for i, c in enumerate(cells) if c == "voice (udp)"] == [
        ["400", "388", "12"]
    ]


def test_the_page_says_what_fails(page):
    assert "the expectation fails" in page
    assert "fails" in Words(page).cells


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ((50,), ">the expectation holds<"),
        ((50, 60), ">all 2 expectations hold<"),
        ((50, 5), ">1 of 2 expectations fails<"),
        ((6, 5, 50), ">2 of 3 expectations fail<"),
    ],
)
def test_the_verdict_counts_the_expectations(bounds, verdict):
    checked = (expect("flows.voice.lost", "<", bound) for bound in bounds)
    assert verdict in report(sample(tuple(checked)))


def test_a_run_in_which_nothing_moved_has_a_page():
    result = measure(build(), [], [], {"packets": 0, "dropped": 0}, "simulated")
    assert "Handovers" in report(result)


def test_a_handover_without_a_first_packet_has_no_latency_in_milliseconds():
    result = measure(build(), [], handover_events(), {"packets": 0, "dropped": 0}, "simulated")
    assert result.handovers[0].phases["first_packet"] is None
    assert "<dd>–</dd>" in report(result)


def test_names_cannot_break_out_of_the_page():
    result = sample((expect("flows.<script>alert(1)</script>", "==", 1),))
    assert "<script" not in report(result)


def test_equal_runs_leave_equal_folders(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(sample(), tmp_path / name)
    for name in ("result.json", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert json.loads((tmp_path / "a/result.json").read_text()) == sample().document


def test_the_picture_has_every_node_and_numbers_the_way():
    picture = network_picture(sample())
    root = ElementTree.fromstring(picture)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"cn", "core", "lma", "mag1", "mag2", "mn1", "1", "2"} <= set(words)
    assert {"wlan1", "wlan2"} <= set(words)


def overlap(one, other):
    return all(one[i] < other[i + 2] and other[i] < one[i + 2] for i in (0, 1))


def test_no_stop_of_the_way_covers_the_name_of_another():
    root = ElementTree.fromstring(planned_picture(load("comparison")))
    space = "{http://www.w3.org/2000/svg}"
    pills = [
        (x, y, x + float(each.get("width")), y + float(each.get("height")))
        for each in root.iter(f"{space}rect")
        if each.get("class") == "stop"
        for x, y in [(float(each.get("x")), float(each.get("y")))]
    ]
    names = [each for each in root.iter(f"{space}text") if (each.text or "").startswith("wlan")]
    assert len(pills) == len(names) == 3
    for name in names:
        x, y, wide = float(name.get("x")), float(name.get("y")), 6 * len(name.text)
        left = x - wide if name.get("text-anchor") == "end" else x
        assert not any(overlap((left, y - 9, left + wide, y), pill) for pill in pills)


def test_stops_at_one_router_lie_below_each_other():
    taken = []
    for name in ("wlan1", "lte1", "wifi1"):
        found = place((100.0, 50.0), (100.0, 142.0), "1", name, taken)
        assert not any(overlap(area, other) for area in found.areas for other in taken)
        taken += found.areas
    assert sorted(pill[1] for pill in taken[::2]) == [79.0, 99.0, 119.0]


def test_a_picture_that_stands_alone_has_its_style_and_the_planned_way():
    network = load("pmipv6")
    root = ElementTree.fromstring(planned_picture(network))
    space = "{http://www.w3.org/2000/svg}"
    assert "--ink:" in root.find(f"{space}style").text
    words = {element.text for element in root.iter(f"{space}text")}
    assert set(network.nodes) <= words


def test_the_picture_in_the_docs_is_current():
    drawn = (Path(__file__).parents[2] / "docs/network.svg").read_text()
    assert drawn == planned_picture(load("pmipv6")) + "\n", "make docs"


def test_layers_rise_from_the_mobiles_to_the_far_end():
    assert rows(build(), {"mn1": ["wlan1", "wlan2"]}) == [
        ["cn"],
        ["lma"],
        ["core"],
        ["mag1", "mag2"],
        ["mn1"],
    ]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 12, [0, 2, 4, 6, 8, 10, 12]), (0, 0.07, [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07])],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


def test_an_axis_keeps_within_its_ends():
    axis = Axis(0.0, 10.0, 100.0, 200.0)
    assert [axis(value) for value in (-1, 0, 5, 10, 11)] == [100, 100, 150, 200, 200]
