"""Which flow was on which interface when: stays, and the picture of them."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.causes import causes
from testbed.evidence.drawing.lanes import lanes_picture
from testbed.evidence.drawing.stays import stays
from testbed.evidence.flow_stays import FlowStay, flow_stays
from testbed.evidence.flow_ways import Passage
from testbed.evidence.moves import Move
from testbed.evidence.page.story import story
from testbed.protocols import load

SPACE = "{http://www.w3.org/2000/svg}"
LTE, WLAN = "mn1-lte0", "mn1-wlan0"
PLUGGED = {LTE: [(0.0, 20.0, "stay d0", "cell1")], WLAN: [(5.0, 14.0, "stay d1", "wlan1")]}
STAYS = [
    FlowStay("video", "mn1", "down", LTE, 102.0, 105.0, 700),
    FlowStay("video", "mn1", "down", WLAN, 105.1, 109.0, 900),
    FlowStay("call", "mn1", "down", LTE, 102.0, 118.0, 800),
    FlowStay("call", "mn1", "up", LTE, 102.0, 118.0, 800),
]


def passage(number, interface, at, came=True):
    return Passage(number, at - 0.03, at if came else None, interface, at, 100, True, None)


def moved(at, cause="policy", flow="video"):
    ends = {"from": LTE, "to": WLAN}
    return {"flow": flow, "node": "mn1", "direction": "down", "at": at, "cause": cause, **ends}


FIRST = (1, moved(5.1))


def drawn(stays=STAYS, moves=(FIRST,)):
    return ElementTree.fromstring(lanes_picture("mn1", PLUGGED, stays, moves, (100.0, 20.0)))


def bars(root, class_):
    """The bars of a class by their tooltip: (left, top, width, height)."""
    return {
        each.find(f"{SPACE}title").text: tuple(
            float(each.get(key)) for key in ("x", "y", "width", "height")
        )
        for each in root.iter(f"{SPACE}rect")
        if re.fullmatch(class_, each.get("class"))
    }


def test_a_stay_is_from_the_first_to_the_last_packet_at_an_interface():
    series = [
        *(passage(n, LTE, 1 + n / 10) for n in range(5)),
        passage(5, WLAN, 1.5, came=False),  # was lost: it tells nothing
        *(passage(n, WLAN, 1 + n / 10) for n in range(6, 9)),
        passage(9, "", 1.9),
        passage(10, LTE, 2.0),
    ]
    found = flow_stays({("video", "mn1", True): series, ("call", "mn1", False): series[:1]})
    assert [(stay.direction, stay.interface, stay.packets) for stay in found] == [
        ("down", LTE, 5),
        ("down", WLAN, 3),
        ("down", LTE, 1),
        ("up", LTE, 1),
    ]
    assert (found[1].begin, found[1].end) == (1.6, 1.8)


def test_each_flow_has_a_row_in_each_lane_that_it_was_in():
    found = bars(drawn(), r"carried f\d")
    assert len(found) == len(STAYS)
    axis = Axis(0.0, 20.0, 128.0, 944.0)
    (before,) = (place for said, place in found.items() if said.startswith("video, down, 2.0"))
    (after,) = (place for said, place in found.items() if said.startswith("video, down, 5.1"))
    assert before[0] == pytest.approx(axis(2.0), abs=0.1)
    assert after[0] + after[2] == pytest.approx(axis(9.0), abs=0.2)
    strips = bars(drawn(), r"stay d\d")
    (wlan,) = (place for said, place in strips.items() if said.startswith(WLAN))
    assert before[1] < wlan[1] < after[1]
    names = [each.text for each in drawn().iter(f"{SPACE}text")]
    assert names.count("video") == 2
    assert names.count("call") == 1


def test_both_directions_of_a_flow_share_its_row():
    found = bars(drawn(), r"carried f\d")
    down, up = (found[f"call, {way}, 2.000 to 18.000 s: 800 packets"] for way in ("down", "up"))
    assert down[1] + down[3] < up[1]
    assert up[1] + up[3] - down[1] == pytest.approx(14)


def test_an_arrow_leads_from_row_to_row():
    root = drawn()
    (group,) = (each for each in root.iter(f"{SPACE}g"))
    assert group.find(f"{SPACE}title").text == "video, down: 5.100 s"
    found = bars(root, r"carried f\d")
    tops = {said[:16]: place[1] for said, place in found.items()}
    before, after = tops["video, down, 2.0"], tops["video, down, 5.1"]
    way = group.findall(f"{SPACE}path")[1].get("d")
    begins, foot = re.fullmatch(r"M[\d.]+,([\d.]+)H[\d.]+V([\d.]+)", way).groups()
    assert before < float(begins) < before + 14
    assert float(foot) < after < float(foot) + 5


def test_arrows_and_words_of_moves_at_one_time_do_not_cover_each_other():
    moves = [(1, moved(5.1)), (2, moved(5.11, "rate")), (3, moved(5.12, "rate")), (4, moved(19.9))]
    ways = [each.get("d") for each in drawn(moves=moves).iter(f"{SPACE}path")]
    places = sorted({float(re.search(r"H([\d.]+)", way)[1]) for way in ways})
    assert len(places) == 4
    assert all(other - one >= 6.9 for one, other in pairwise(places))
    told = causes(moves, Axis(0.0, 20.0, 128.0, 944.0), 960.0)
    assert [cause.words for cause in told] == ["1 policy", "2–3 rate", "4 policy"]
    assert told[0].row != told[1].row
    assert [cause.flipped for cause in told] == [False, False, True]


def test_a_cause_that_nobody_tells_is_said_to_be_unknown():
    (told,) = causes([(1, moved(5.0, None))], Axis(0.0, 20.0, 128.0, 944.0), 960.0)
    assert told.words == "1 cause unknown"


def test_of_very_many_flows_the_first_are_drawn_and_the_rest_counted():
    many = [FlowStay(f"f{n}", "mn1", "down", LTE, 101.0, 102.0, 9) for n in range(40)]
    root = drawn(many, ())
    assert len(bars(root, r"carried f\d")) == 24
    assert "and 16 flows more" in [each.text for each in root.iter(f"{SPACE}text")]


def test_an_interface_that_was_unplugged_is_on_no_link_any_more():
    network = load("flow-binding")
    first = Move("mn1", WLAN, None, "wlan1", 5.0, None, 5.1, until=9.0)
    again = Move("mn1", WLAN, "wlan1", "cell1", 9.0, 9.2, 12.0)
    (span,) = stays(network, [first], 0.0, 20.0)[WLAN]
    assert span[:2] == (5.1, 9.0)
    spans = stays(network, [first, again], 0.0, 20.0)[WLAN]
    assert [span[:2] for span in spans] == [(5.1, 9.2), (12.0, 20.0)]


def test_the_story_says_how_often_flows_moved_and_why():
    figures = {"duration": 0.03, "ratio": 1.2, "lost": 2, "lost_on_old_link": 1}
    rows = [{**moved(5.0), **figures}, {**moved(9.0, None), **figures, "ratio": None}]
    empty = {"handovers": [], "attachments": [], "flows": [], "signalling": [], "nodes": []}
    (told,) = story({**empty, "flow_moves": rows}, load("flow-binding"))
    assert "went to another interface 2 times: 1 for policy, 1 for a cause that nobody" in told
    assert "30.0 ms in the median, 1.2 times what the links take" in told
    assert told.endswith(
        "4 packets were lost by it, 2 more on the old link as it went or was full."
    )


def test_of_attachments_the_story_says_how_soon_there_was_a_route():
    network = load("flow-binding")
    empty = {"handovers": [], "flows": [], "flow_moves": [], "signalling": [], "nodes": []}
    phases = {"link_up": 5.0, "route_installed": 5.02, "first_packet": 9.0}
    row = {"node": "mn1", "latency": 4.0, "phases": phases}
    silent = {**row, "phases": {**phases, "route_installed": None}}
    (told,) = story({**empty, "attachments": [row, silent]}, network)
    assert told == (
        "mn1 made 2 attachments. From the link's coming up to the route it took 20.0 ms."
    )
    assert story({**empty, "attachments": [silent]}, network) == []
