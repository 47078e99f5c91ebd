"""Messages put together from where they were seen, and drawn: lost, repeated, in a group."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from evidence_world import CN, LMA, MAG1, MAG2, build
from figure_runs import compared, healthy

from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag
from agents.wire.options import MobileNodeIdentifier, Timestamp
from testbed.evidence.drawing.ladder import ladder_picture
from testbed.evidence.figures import compare, named
from testbed.evidence.ladder.legs import first_packets
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.matching import packed
from testbed.evidence.observed import LogEvent, Sighting
from testbed.evidence.sheets.moves import ladder_of
from testbed.evidence.sheets.rows import DIFFERENT, alone, beside
from testbed.evidence.sheets.text import lines
from testbed.evidence.signalling import Signalling

SVG = "{http://www.w3.org/2000/svg}"
IDENTIFIER = MobileNodeIdentifier(1, b"mn1@example")


def update(number: int, lifetime: int = 15, at: float = 0.0) -> BindingUpdate:
    flags = BindingUpdateFlag.PROXY | BindingUpdateFlag.ACKNOWLEDGE
    return BindingUpdate(number, flags, lifetime, (IDENTIFIER, Timestamp.at(at)))


def answer(number: int, lifetime: int = 15) -> BindingAcknowledgement:
    return BindingAcknowledgement(0, BindingAckFlag.PROXY, number, lifetime, (IDENTIFIER,))


def seen(at, where, message, source=MAG1, destination=LMA, outgoing=False, frame=0):
    node, _, interface = where.partition("-")
    ends = (packed(source), packed(destination))
    name = f"{node}-{interface or 'eth0'}"
    return Sighting(at, node, name, outgoing, 100, (), *ends, message=message, frame=frame)


def sent(at, message, frame=0):
    return seen(at, "mag1", message, outgoing=True, frame=frame)


def passed_on(at, message):
    """What the router between them sees of an update."""
    return [seen(at, "core", message), seen(at, "core-eth1", message, outgoing=True)]


def replied(at, message):
    way = {"source": LMA, "destination": MAG1}
    return [
        seen(at, "lma", message, outgoing=True, **way),
        seen(at + 0.01, "mag1", message, **way),
    ]


def recorded(*sightings: Sighting) -> Recording:
    network = build()
    signalling = Signalling(network)
    for sighting in sightings:
        signalling.see(sighting)
    link = {"subject": "mn1", "interface": "mn1-eth0", "access": "wlan1"}
    events = [LogEvent(0.0, 0.0, "", "attach", link), LogEvent(0.5, 0.5, "", "link_up", link)]
    return Recording(network, signalling.settle(), events)


def messages(recording: Recording):
    return [rung for rung in recording.rungs if rung.kind == "message"]


def test_a_message_is_where_it_was_sent_and_where_it_ended():
    said = update(1)
    recording = recorded(sent(1.0, said, 7), *passed_on(1.1, said), seen(1.2, "lma", said, frame=9))
    (rung,) = messages(recording)
    assert (rung.sender, rung.receiver, rung.at, rung.arrived_at) == ("mag1", "lma", 1.0, 1.2)
    assert rung.frames == (7, 9)
    assert (rung.mobile, rung.arrived, rung.again) == ("mn1", True, False)
    assert len(rung.seen) == 4


def test_what_does_not_arrive_is_lost_where_it_was_seen_last():
    said = update(1)
    (rung,) = messages(recorded(sent(1.0, said), *passed_on(1.1, said)))
    assert (rung.receiver, rung.arrived, rung.lost_after) == ("", False, "core")


def test_a_question_without_an_answer_is_asked_again_and_so_is_its_second_answer():
    first, second = update(1, at=1.0), update(2, at=2.0)
    recording = recorded(
        sent(1.0, first),
        sent(2.0, second),
        seen(2.1, "lma", first),
        seen(2.2, "lma", second),
        *replied(2.3, answer(1)),
        *replied(2.4, answer(2)),
    )
    told = [(rung.name, rung.again) for rung in messages(recording)]
    assert told == [
        ("ProxyBindingUpdate", False),
        ("ProxyBindingUpdate", True),
        ("ProxyBindingAcknowledgement", False),
        ("ProxyBindingAcknowledgement", True),
    ]


def test_a_release_is_no_repetition_of_what_it_releases():
    recording = recorded(sent(1.0, update(1)), sent(2.0, update(2, lifetime=0)))
    assert [rung.again for rung in messages(recording)] == [False, False]


@pytest.mark.parametrize(("later", "renewal"), [(45.0, True), (2.0, False)])
def test_a_binding_is_renewed_when_it_has_lasted(later, renewal):
    first, second = update(1), update(2)
    recording = recorded(
        sent(1.0, first),
        seen(1.1, "lma", first),
        *replied(1.2, answer(1)),
        sent(1.0 + later, second),
        seen(1.1 + later, "lma", second),
        *replied(1.2 + later, answer(2)),
    )
    told = [(rung.again, rung.renewal) for rung in messages(recording)]
    assert told == [(False, False), (False, False), (False, renewal), (False, renewal)]


def test_a_packet_has_a_leg_for_each_layer_and_each_way_counts_once():
    def data(at, node, outgoing, tunnels, number):
        ends = (packed(CN), packed("2001:db8:1:8000::1"))
        return Sighting(
            at, node, f"{node}-eth0", outgoing, 100, tunnels, *ends, "voice", True, number
        )

    tunnel = ((packed(LMA), packed(MAG2)),)
    way = [
        ("cn", True, ()),
        ("lma", False, ()),
        ("lma", True, tunnel),
        ("core", False, tunnel),
        ("core", True, tunnel),
        ("mag2", False, tunnel),
        ("mag2", True, ()),
        ("mn1", False, ()),
    ]
    packets = [data(n + i / 10, *step, n) for n in (1, 2) for i, step in enumerate(way)]
    legs = first_packets(packets)
    assert [(leg.sender, leg.receiver, leg.depth) for leg in legs] == [
        ("cn", "lma", 0),
        ("lma", "mag2", 1),
        ("mag2", "mn1", 0),
    ]
    assert {leg.identity for leg in legs} == {("voice", True, 1)}
    cut = first_packets(packets[:5])
    assert [(leg.sender, leg.receiver) for leg in cut] == [("cn", "lma"), ("lma", "core")]


def text_of(sheet) -> str:
    return "\n".join(line.text for line in lines(sheet))


def handed_over(topology: str, figure: str = ""):
    recording = healthy(topology)
    if figure:
        comparison = compared(recording, figure)
        move = comparison.move
        return beside(ladder_of(recording, move, {}, 0.0), comparison, "it", 0.0)
    move = next(each for each in recording.moves if each.origin)
    return alone(ladder_of(recording, move, {"first_packet": move.link_up + 0.02}, 0.0), "it", 0.0)


def test_the_terminal_shows_a_lane_per_node_and_a_line_per_message():
    text = text_of(handed_over("pmipv6"))
    head = text.splitlines()[1]
    assert head.split() == ["s", "+ms", "mn1", "mag1", "mag2", "lma"]
    assert re.search(r"├─+▶ +ProxyBindingUpdate · lifetime 0, no\. \d+", text)
    assert re.search(r"◀─+┤ +ProxyBindingAcknowledgement · .*accepted, lifetime 60 s", text)
    assert "● " in text and "link down mag1" in text and "first packet mn1" in text
    assert "NeighborSolicitation" not in text


def test_a_row_says_what_it_is_in_the_figure():
    text = text_of(handed_over("spmip", "jikim-fig1"))
    assert re.search(r"├─+▶.*✓ 5: ProxyBindingQuery · .*of mn1", text)
    assert re.search(r"├═+▶.*✓ 7: packet of first in a tunnel", text)
    assert "jikim-fig1: S-PMIP operations (draft-jikim-dmm-pmip-00 Figure 1, §3.2.1)" in text
    assert "✗" not in text


def test_a_step_that_is_missing_stands_where_it_should_be():
    sheet = handed_over("dmipv6", "liu-fig10b")
    assert [row.step.number for row in sheet.rows[:2] if row.step] == ["1", "2"]
    assert {row.verdict for row in sheet.rows[:2]} == {"missing"}
    text = text_of(sheet)
    assert "✗ 1: DHP query is missing" in text
    assert "✗ missing" in text


def test_what_is_amiss_is_said_at_its_row_and_at_its_step():
    """The figure of an attachment beside a handover in mid-stream: gateways ask before it."""
    recording = healthy("spmip")
    move = next(each for each in recording.moves if each.origin)
    comparison = compare(named("jikim-fig1"), recording, move)
    text = text_of(beside(ladder_of(recording, move, {}, 0.0), comparison, "it", 0.0))
    assert re.search(r"✗ 5: ProxyBindingQuery · .*out of order", text)
    assert re.search(r"^ +5 .*PBQ  ✗ out of order", text, re.MULTILINE)
    assert re.search(r"✗ UpdateNotification · .*extra", text)
    assert re.search(r"^✗ extra: UpdateNotification lma -> mag1 is no step", text, re.MULTILINE)


def test_where_nothing_passed_that_is_said():
    sheet = alone(healthy("spmip").between(5.0, 5.01), "it", 0.0)
    assert text_of(sheet) == "it\nno message passed"


@pytest.mark.parametrize(
    ("topology", "figure"),
    [("pmipv6", ""), ("romip", "ma-fig1"), ("dmipv6", "liu-fig10b"), ("sdpmip", "jikim-fig2")],
)
def test_the_picture_has_an_arrow_for_each_message_and_each_step(topology, figure):
    sheet = handed_over(topology, figure)
    root = ElementTree.fromstring(ladder_picture(sheet, "svg {}"))
    arrows = [
        line for line in root.iter(f"{SVG}line") if (line.get("class") or "").startswith("message")
    ]
    passed = [row for row in sheet.rows if row.rung and row.rung.kind != "event"]
    drawn = [row for row in sheet.rows if row.step and row.verdict != "again"]
    assert len(arrows) == len(passed) + len(drawn)
    assert set(sheet.lanes) <= {text.text for text in root.iter(f"{SVG}text")}
    wrong = [line for line in arrows if "bad" in line.get("class", "").split()]
    assert bool(wrong) == any(row.verdict in DIFFERENT for row in sheet.rows)


def test_a_ladder_of_a_time_has_all_mobiles():
    recording = healthy("comparison")
    sheet = alone(recording.between(9.9, 10.4), "it", 0.0, most=20)
    assert len(sheet.rows) == 20
    assert sheet.left_out > 0
    assert {"mn1", "mn2"} <= {row.rung.mobile for row in sheet.rows if row.rung}
    assert f"{sheet.left_out} more are not shown" in text_of(sheet)
