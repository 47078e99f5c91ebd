"""What is said in a capture: steps of documents, events of the log, and when a move was over."""

from __future__ import annotations

from evidence_world import (
    HOME,
    LMA,
    MAG2,
    UDP,
    build,
    carried,
    event,
    handover_events,
    travel,
)

from agents.wire.address import Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import UnreachableCode
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from testbed.evidence.comments.said import comments_of
from testbed.evidence.measure import measure
from testbed.protocols import load
from testbed.simulated.run import simulate

UP = ("mag2-eth0", "core-eth2", "core-eth0", "lma-eth1")
OPTIONS = (MobileNodeIdentifier(1, b"mn1@example"), HomeNetworkPrefix(Prefix.parse(HOME)))
UPDATE = BindingUpdate(7, 0x8200, 75, OPTIONS)
ANSWER = BindingAcknowledgement(0, 0x20, 7, 75, OPTIONS)


def said():
    seen = [
        *carried(2.11, UPDATE, MAG2, LMA, *UP),
        *carried(2.12, ANSWER, LMA, MAG2, *UP[::-1]),
        *travel(UDP, 1, 2.2, ("cn-eth0", "lma-eth0", "lma-eth1", "core-eth0"), links=2),
        *travel(UDP, 2, 2.25, ("mag2-eth1",)),
    ]
    numbered = [each._replace(frame=number) for number, each in enumerate(seen, 1)]
    events = [
        *handover_events(),
        event(2.13, "route_installed", "mag2", prefix=HOME, interface="mag2-eth1", tunnel=None),
        event(2.14, "message_sent", "mag2", message="ProxyBindingUpdate"),
        event(2.5, "command", output_tail=["x" * 200], status=1),
    ]
    counts = {"packets": len(seen), "dropped": 0}
    return comments_of(measure(build(UDP), numbered, events, counts, "emulated"))


def test_each_message_says_which_step_it_is_at_each_interface():
    frames = said().frames
    assert set(frames) == set(range(1, 9))
    for frame in range(1, 5):
        assert any(text.startswith("rfc5213-fig") and "PBU" in text for text in frames[frame])
    for frame in range(5, 9):
        assert any(text.startswith("rfc5213-fig") and "PBA" in text for text in frames[frame])
    assert all(text.endswith("(about mn1)") for texts in frames.values() for text in texts)


def test_events_are_told_in_order_but_for_those_that_packets_show():
    times = said().times
    assert [at for at, _ in times] == sorted(at for at, _ in times)
    texts = [text for _, text in times]
    assert "2.101000 s, timeline: link up (subject mn1, interface mn1-eth0, access wlan2)" in texts
    route = f"2.130000 s, mag2: route installed (prefix {HOME}, interface mag2-eth1)"
    assert route in texts
    assert "2.500000 s, timeline: command (status 1)" in texts
    assert not any("message" in text for text in texts)


def test_the_packet_that_ends_a_handover_is_pointed_out():
    over = [(at, text) for at, text in said().times if "first packet" in text]
    assert over == [
        (
            2.251,
            "2.251000 s, handover 1 of mn1 (wlan1 > wlan2): "
            "first packet, 150.000 ms after the link came up",
        )
    ]


def test_the_file_and_its_interfaces_are_described():
    comments = said()
    assert comments.section.startswith("small under pmipv6, seed 1.")
    assert comments.interfaces["lma:lma-eth0"] == "anchor lma, link cn-lma"
    assert comments.interfaces["mn1:mn1-eth0"] == "mobile mn1"


def test_redirects_and_moves_of_flows_are_told_where_they_are_seen():
    network = load("flow-binding")
    run = simulate(network)
    frames = [each._replace(frame=number) for number, each in enumerate(run.sightings, 1)]
    result = measure(network, frames, run.events, run.captures, "emulated")
    comments = comments_of(result).frames
    for number, move in enumerate(result.document["flow_moves"], 1):
        frame = move["where"]["frames"]["first_after"]
        assert (frames[frame - 1].interface, frames[frame - 1].flow) == (move["to"], move["flow"])
        (text,) = (each for each in comments[frame] if each.startswith("flow move"))
        assert text.startswith(f"flow move {number}: first packet of {move['flow']}, down")
        assert text.endswith(
            f"{move['duration'] * 1000:.3f} ms after it was asked for ({move['cause']})"
        )
    redirects = {
        frames[frame - 1].message.code
        for frame, texts in comments.items()
        if any("reject route: the flow is to leave by another" in text for text in texts)
    }
    assert redirects == {UnreachableCode.REJECT_ROUTE}
