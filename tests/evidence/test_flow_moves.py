"""Flows that move between the interfaces of a mobile: read from packets, explained by the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from testbed.evidence.checks import check_document
from testbed.evidence.measure import measure
from testbed.evidence.observed import LogEvent, Sighting
from testbed.protocols import load
from testbed.topology.expectations import parse
from testbed.topology.network import Expectation, Network

NETWORK = """
protocol: flowbinding
domains:
  home: {prefix: "2001:db8:1::/48"}
  away: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  mag1: {place: access-router, domain: away}
  mag2: {place: access-router, domain: away}
  cn: {place: correspondent, domain: home}
  mn1: {place: mobile, interfaces: {lte0: {technology: lte}, wlan0: {technology: wlan}}}
links:
  - {ends: [cn, lma], delay: 1ms}
  - {ends: [lma, mag1], delay: 10ms}
  - {ends: [lma, mag2], delay: 5ms, rate: 100Mbit/s}
access:
  cell: {router: mag1, technology: lte, delay: 20ms}
  hotspot: {router: mag2, technology: wlan, delay: 2ms, rate: 1Mbit/s}
flows:
  video: {kind: udp, from: cn, to: mn1, direction: both, interval: 4ms}
  web: {kind: tcp, from: mn1, to: cn, direction: down}
"""
LTE, WLAN = "mn1-lte0", "mn1-wlan0"
VIA = {LTE: 0.031, WLAN: 0.008}
ACCESS = {LTE: ("mag1", "mag1-eth1"), WLAN: ("mag2", "mag2-eth1")}
STEP = 0.004  # s between packets
Packets = Sequence[tuple[int, str]]  # numbers, and the interfaces that they come by ("" for none)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    path = tmp_path / "topology.yaml"
    path.write_text(NETWORK)
    return load(path)


def seen(network: Network, node: str, interface: str, at: float, **more: Any) -> Sighting:
    flow = network.flows["video"]
    ends = (Address.parse(flow.source_address), Address.parse(flow.destination_address))
    values = {"outgoing": False, "flow": "video", "downward": True, **more}
    outgoing = values.pop("outgoing")
    return Sighting(at, node, interface, outgoing, 248, (), *ends, **values)


def down(network: Network, packets: Packets, extra: float = 0.0) -> Iterator[Sighting]:
    """Yield what is seen of packets to the mobile; on the old way they take ``extra`` seconds."""
    for number, interface in packets:
        sent = number * STEP
        yield seen(network, "cn", "cn-eth0", sent, outgoing=True, identity=number)
        yield seen(network, "lma", "lma-eth0", sent + 0.001, identity=number)
        if interface:
            router, out = ACCESS[interface]
            came = sent + VIA[interface] + (extra if interface == LTE else 0.0)
            yield seen(network, router, out, came - 0.002, outgoing=True, identity=number)
            yield seen(network, "mn1", interface, came, identity=number)


def up(network: Network, packets: Packets) -> Iterator[Sighting]:
    """Yield what is seen of packets from the mobile, which all come to their end."""
    for number, interface in packets:
        sent = number * STEP
        more = {"downward": False, "identity": number}
        yield seen(network, "mn1", interface, sent, outgoing=True, **more)
        router, inside = ACCESS[interface]
        yield seen(network, router, inside, sent + 0.002, **more)
        yield seen(network, "lma", "lma-eth1", sent + VIA[interface] - 0.0005, **more)
        yield seen(network, "cn", "cn-eth0", sent + VIA[interface], **more)


def log(at: float, node: str, event: str, **details: Any) -> LogEvent:
    return LogEvent(at, at, node, event, details)


def plugged(*more: LogEvent) -> list[LogEvent]:
    up = [
        log(0, "", "link_up", subject="mn1", interface=name, access=access)
        for name, access in ((LTE, "cell"), (WLAN, "hotspot"))
    ]
    return [*up, *more]


def selector(network: Network, **changes: Any) -> Mapping[str, Any]:
    flow = network.flows["video"]
    ports = [flow.identifier, flow.identifier]
    return {
        "source": f"{flow.source_address}/128",
        "destination": f"{flow.destination_address}/128",
        "protocol": 17,
        "source_ports": ports,
        "destination_ports": ports,
        "traffic_class": None,
        **changes,
    }


def result(
    network: Network, sightings: Sequence[Sighting], events: Sequence[LogEvent]
) -> Mapping[str, Any]:
    captures = {"packets": len(sightings), "dropped": 0}
    document = measure(network, sightings, events, captures, "simulated").document
    assert json.loads(json.dumps(document)) == document
    return document


def moves(
    network: Network, sightings: Iterator[Sighting], events: Sequence[LogEvent] = ()
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = result(network, list(sightings), events or plugged())[
        "flow_moves"
    ]
    return found


def series(*parts: tuple[int, str]) -> Packets:
    """Return numbered packets: so many by this interface, then so many by that one, ..."""
    interfaces = [interface for count, interface in parts for _ in range(count)]
    return list(enumerate(interfaces))


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


def asked(network: Network, at: float, cause: str, sequence: int = 7) -> list[Any]:
    """Return how mag1 asks for the video to go elsewhere, and how the LMA agrees."""
    identifier = MobileNodeIdentifier(1, b"mn1@home")
    update = BindingUpdate(sequence, 0, 15, (identifier,))
    mag, lma = (Address.parse(network.nodes[name].address) for name in ("mag1", "lma"))
    leaves = Sighting(at, "mag1", "mag1-eth0", True, 100, (), mag, lma, message=update)
    comes = leaves._replace(at=at + 0.01, node="lma", interface="lma-eth1", outgoing=False)
    about = {"subject": "mn1@home", "selector": selector(network)}
    return [
        leaves,
        comes,
        log(at, "mag1", "flow_requested", **about, cause=cause),
        log(at + 0.01, "lma", "flow_moved", **about, cause="requested"),
    ]


def test_a_move_has_its_request_and_what_links_take(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    first = 20 * STEP  # sent, the first on the new way
    leaves, comes, *events = asked(network, first - 0.0095, "policy")
    found = moves(network, iter([*packets, leaves, comes]), plugged(*events))
    (move,) = found
    assert (move["cause"], move["requested_at"]) == ("policy", pytest.approx(first - 0.0095))
    assert move["duration"] == pytest.approx(0.0095 + VIA[WLAN])
    sending = (248 + 14) * 8 / 1e6 + (248 + 40 + 14) * 8 / 100e6
    assert move["bound"] == pytest.approx(0.010 + 0.005 + 0.002 + sending, abs=1e-6)
    assert move["waited"] == pytest.approx(0.0005)
    assert move["ratio"] == pytest.approx((move["duration"] - 0.0005) / move["bound"], rel=1e-4)


def test_a_move_says_in_which_frames_it_was_read(network: Network) -> None:
    leaves, comes, *events = asked(network, 20 * STEP - 0.0095, "policy")
    packets = down(network, series((20, LTE), (20, WLAN)))
    seen_all = sorted([*packets, leaves, comes], key=lambda sighting: sighting.at)
    frames = [each._replace(frame=number) for number, each in enumerate(seen_all, 1)]
    (move,) = moves(network, iter(frames), plugged(*events))
    shown = {name: frames[frame - 1] for name, frame in move["where"]["frames"].items()}
    assert shown["requested"].message == leaves.message
    last, first = shown["last_before"], shown["first_after"]
    assert (last.node, last.interface, last.identity) == ("mn1", LTE, 19)
    assert (first.node, first.interface, first.identity) == ("mn1", WLAN, 20)
    assert str(first.frame) in move["where"]["filter"]
    (unseen,) = moves(network, iter(seen_all), plugged(*events))
    assert unseen["where"] is None


def test_an_inquiry_adds_its_two_ways(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    leaves, comes, *events = asked(network, 20 * STEP - 0.03, "rate")
    inquired = log(20 * STEP - 0.02, "lma", "flow_inquired", subject="mn1@home")
    decided = replace(events[1], at=20 * STEP - 0.01)
    sightings = [*packets, leaves, comes]
    (without,) = moves(network, iter(sightings), plugged(events[0], decided))
    (move,) = moves(network, iter(sightings), plugged(events[0], inquired, decided))
    assert move["bound"] - without["bound"] == pytest.approx(0.010)


@pytest.mark.parametrize(
    "changes",
    [
        {"protocol": 6},
        {"source_ports": [1, 2]},
        {"destination": "2001:db8:9::/64"},
        {"source": "2001:db8:9::1/128"},
    ],
)
def test_what_is_said_of_other_flows_is_no_cause(
    changes: Mapping[str, Any], network: Network
) -> None:
    event = log(0.07, "lma", "flow_moved", selector=selector(network, **changes), cause="x")
    packets = down(network, series((20, LTE), (20, WLAN)))
    (move,) = moves(network, packets, plugged(event))
    assert (move["cause"], move["duration"], move["ratio"]) == (None, None, None)


def test_a_return_is_the_anchors_own_doing(network: Network) -> None:
    everything = selector(
        network, source="::/0", protocol=0, source_ports=[0, 65535], destination_ports=[0, 65535]
    )
    event = log(0.07, "lma", "flow_returned", selector=everything, cause="target lost")
    (move,) = moves(network, down(network, series((20, WLAN), (20, LTE))), plugged(event))
    assert (move["cause"], move["requested_at"], move["bound"]) == ("target lost", 0.07, None)


def test_an_idle_flow_was_not_asked_back_by_an_old_update(network: Network) -> None:
    leaves, comes, *events = asked(network, 0.01, "rate")
    about = {"subject": "mn1@home", "selector": selector(network)}
    ended = log(19.5 * STEP, "lma", "flow_ended", **about, cause="idle")
    packets = [*down(network, series((20, WLAN), (20, LTE))), leaves, comes]
    (move,) = moves(network, iter(packets), plugged(*events, ended))
    assert (move["cause"], move["requested_at"]) == ("idle", 19.5 * STEP)
    assert (move["bound"], move["ratio"]) == (None, None)
    assert move["duration"] == pytest.approx(0.5 * STEP + VIA[LTE])


@pytest.mark.parametrize(
    ("event", "details", "cause"),
    [
        ("link_down", {"subject": "mn1", "interface": LTE, "access": "cell"}, "link down"),
        ("link_down", {"subject": "mn1", "interface": WLAN, "access": "hotspot"}, None),
    ],
)
def test_a_mobile_changes_over_when_its_link_goes(
    event: str, details: Mapping[str, Any], cause: str | None, network: Network
) -> None:
    happened = log(19.5 * STEP, "", event, **details)
    packets = up(network, series((20, LTE), (20, WLAN)))
    (move,) = moves(network, packets, plugged(happened))
    assert move["cause"] == cause


def test_a_mobile_that_was_told_has_the_cause_of_the_anchor(network: Network) -> None:
    leaves, comes, *events = asked(network, 18 * STEP, "congestion")
    told = log(19.8 * STEP + 0.01, "mn1", "redirected", selector=selector(network))
    sightings = [*up(network, series((25, LTE), (20, WLAN))), leaves, comes]
    (move,) = moves(network, iter(sightings), plugged(*events, told))
    assert (move["direction"], move["cause"]) == ("up", "congestion")
    assert move["at"] == pytest.approx(25 * STEP), "the first by the new way, not what strayed"
    assert move["bound"] == pytest.approx(0.010 + 0.005 + 0.002)
    astray = 13 * STEP + VIA[LTE] - 0.0005  # the first that came to the anchor after its decision
    waited = astray - (18 * STEP + 0.01) + 25 * STEP - told.at
    assert move["waited"] == pytest.approx(waited, abs=1e-6)
    assert move["ratio"] == pytest.approx((move["duration"] - waited) / move["bound"], rel=1e-4)
    (untold,) = moves(network, iter(sightings), plugged(*events))
    assert (untold["waited"], untold["duration"]) == (None, move["duration"])


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


def test_an_update_that_came_after_the_decision_was_not_its_reason(network: Network) -> None:
    packets = list(down(network, series((20, LTE), (20, WLAN))))
    asked_at = 20 * STEP - 0.0105
    leaves, comes, *events = asked(network, asked_at, "policy")
    later = asked(network, asked_at + 0.003, "policy", sequence=8)[:2]
    (move,) = moves(network, iter([*packets, leaves, comes, *later]), plugged(*events[1:]))
    assert move["requested_at"] == pytest.approx(asked_at)
