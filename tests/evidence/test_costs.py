"""Loads, stretch, overhead, shares of signalling, and where in the capture they were read."""

from dataclasses import replace

import pytest
from evidence_world import (
    HOME_ADDRESS,
    LMA,
    MAG1,
    MAG2,
    PATH2,
    PING,
    TCP,
    UDP,
    build,
    carried,
    handover_events,
    travel,
)

from agents.wire.icmpv6_messages import RouterSolicitation
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag
from agents.wire.options import MobileNodeIdentifier
from testbed.evidence.measure import measure
from testbed.evidence.where import flow_filter, frames_filter
from testbed.topology.network import LinkSettings

NAMED = (MobileNodeIdentifier(1, b"mn1@example"),)
PROXY = BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY
THERE, BACK = ("mag2-eth0", "core-eth2", "core-eth0", "lma-eth1"), ("lma-eth1", "core-eth0")


def numbered(sightings):
    """Return what a capture would show, in order of time, with the numbers of its frames."""
    ordered = sorted(sightings, key=lambda each: each.at)
    return [each._replace(frame=number) for number, each in enumerate(ordered, 1)]


def voice():
    seen = []
    for n in range(300):
        at = 1 + n / 100
        path = {"path": PATH2} if at > 2.05 else {}
        seen += travel(UDP, n, at, links=3 if 2.0 <= at < 2.11 else None, **path)
    return seen


def binding(at=2.104):
    update = BindingUpdate(7, PROXY, 60, NAMED)
    answer = BindingAcknowledgement(0, BindingAckFlag.PROXY, 7, 60, NAMED)
    back = ("lma-eth1", "core-eth0", "core-eth2", "mag2-eth0")
    return [
        *carried(at, update, MAG2, LMA, *THERE),
        *carried(at + 0.004, answer, LMA, MAG2, *back),
    ]


def run(*flows, sightings=(), events=None, network=None, backend="emulated"):
    network = network or build(*flows)
    captures = {"packets": 0, "dropped": 0}
    log = handover_events() if events is None else events
    return measure(network, sightings, log, captures, backend).document


def test_a_node_handles_each_packet_that_comes_in_or_begins_there_once():
    nodes = {each["node"]: each for each in run(UDP, sightings=travel(UDP, 1, 1.0))["nodes"]}
    assert list(nodes) == list(build(UDP).nodes)
    crossed = ("cn", "lma", "core", "mag1", "mn1")
    assert {name: nodes[name]["data_packets"] for name in nodes} == {
        **dict.fromkeys(crossed, 1),
        "mag2": 0,
    }
    octets = {name: nodes[name]["data_bytes"] for name in crossed}
    assert octets == {"cn": 100, "lma": 100, "core": 140, "mag1": 140, "mn1": 100}
    assert nodes["lma"]["data_share"] == 1.0
    assert nodes["mag2"]["data_share"] == 0.0


def test_signalling_loads_its_ends_and_those_that_forward_it():
    nodes = {each["node"]: each for each in run(sightings=binding())["nodes"]}
    loads = {name: each["signalling_packets"] for name, each in nodes.items()}
    assert loads == {"cn": 0, "lma": 2, "core": 2, "mag1": 0, "mag2": 2, "mn1": 0}
    assert nodes["lma"]["signalling_bytes"] == 240
    assert nodes["lma"]["data_share"] is None


def test_overhead_is_what_tunnels_add_to_the_packets_themselves():
    (flow,) = run(UDP, sightings=travel(UDP, 1, 1.0))["flows"]
    assert flow["tunnel_bytes"] == 2 * 40  # from the anchor to core, and on to the gateway
    assert flow["overhead"] == flow["directions"]["down"]["overhead"] == 80 / 400 + 0.0
    assert flow["directions"]["up"]["overhead"] is None


def test_stretch_by_delay_compares_with_the_least_sum_of_link_delays():
    plain = build(UDP)
    slow = {
        name: replace(each, settings=LinkSettings(delay=0.0005))
        for name, each in plain.links.items()
    }
    air = {
        name: replace(each, settings=LinkSettings(delay=0.0005))
        for name, each in plain.accesses.items()
    }
    network = replace(plain, links=slow, accesses=air)
    (flow,) = run(sightings=travel(UDP, 1, 1.0), network=network)["flows"]
    assert (flow["hops"], flow["shortest_hops"], flow["stretch"]) == (4, 4, 1.0)
    assert flow["delay"]["median"] == 0.004
    assert flow["shortest_delay"] == 0.002
    assert flow["stretch_delay"] == 2.0


def test_links_without_delay_have_no_stretch_by_delay():
    (flow,) = run(UDP, sightings=travel(UDP, 1, 1.0))["flows"]
    assert (flow["shortest_delay"], flow["stretch_delay"]) == (0.0, None)


def test_a_move_has_the_messages_about_its_mobile_until_the_next():
    early = carried(0.52, RouterSolicitation(), "::", "ff02::2", "mn1-eth0", "mag1-eth1")
    document = run(sightings=[*binding(), *early])
    (attached,), (moved,) = document["attachments"], document["handovers"]
    assert [row["message"] for row in attached["signalling"]] == ["RouterSolicitation"]
    assert moved["signalling"] == [
        {"message": name, "count": 1, "bytes": 120, "byte_hops": 240}
        for name in ("ProxyBindingAcknowledgement", "ProxyBindingUpdate")
    ]


def test_a_message_that_names_nobody_is_of_the_latest_move():
    unnamed = BindingUpdate(9, PROXY, 60, ())
    document = run(sightings=carried(2.2, unnamed, MAG1, LMA, "mag1-eth0", "core-eth1"))
    assert document["attachments"][0]["signalling"] == []
    assert document["handovers"][0]["signalling"][0]["count"] == 1


def test_what_was_said_before_any_move_is_of_none():
    document = run(sightings=carried(0.1, BindingUpdate(9, PROXY, 60, ()), MAG1, LMA, "mag1-eth0"))
    assert document["signalling"][0]["count"] == 1
    assert not any(each["signalling"] for each in document["attachments"] + document["handovers"])


def test_the_frames_of_a_handover_show_what_they_are_said_to():
    seen = numbered([*voice(), *binding()])
    (handover,) = run(UDP, sightings=seen)["handovers"]
    place = handover["where"]
    shown = {name: seen[frame - 1] for name, frame in place["frames"].items()}
    assert set(shown) == {"binding_sent", "binding_acknowledged", "first_packet"}
    for phase, sighting in shown.items():
        assert sighting.at == pytest.approx(handover["phases"][phase], abs=1e-6)
    assert shown["first_packet"].interface == "mn1-eth0"
    assert shown["binding_sent"].outgoing and shown["binding_sent"].node == "mag2"
    for frame in place["frames"].values():
        assert str(frame) in place["filter"]


def test_the_frames_of_an_interruption_are_its_two_ends():
    seen = numbered(voice())
    (handover,) = run(UDP, sightings=seen)["handovers"]
    before, after = (seen[n - 1] for n in handover["where"]["interruption"]["voice"]["down"])
    assert after.at - before.at == pytest.approx(handover["interruption"]["voice"]["down"])
    assert {before.interface, after.interface} == {"mn1-eth0"}
    assert handover["where"]["interruption"]["voice"]["up"] is None


def test_flows_and_signalling_name_their_first_and_last_frames():
    seen = numbered([*voice(), *binding()])
    document = run(UDP, sightings=seen)
    place = document["flows"][0]["where"]
    assert place == {"first": 1, "last": len(seen), "filter": "udp.port == 5001"}
    (row,) = [r for r in document["signalling"] if r["message"] == "ProxyBindingUpdate"]
    first = row["where"]["first"]
    assert seen[first - 1].message.sequence == 7
    assert row["where"]["filter"] == f"frame.number in {{{first}}}"
    assert document["nodes"][1]["where"] == {"filter": 'frame.interface_name matches "^lma:"'}


def test_a_simulation_names_no_place_in_a_capture():
    document = run(UDP, sightings=[*voice(), *binding()], backend="simulated")
    for rows in ("handovers", "flows", "signalling", "nodes"):
        assert [row["where"] for row in document[rows]] == [None] * len(document[rows])


@pytest.mark.parametrize(
    ("frames", "numbers"),
    [([5], "5"), ([9, 1, 2, 3, 1], "1..3, 9"), ([1, 3, 4, 6], "1, 3..4, 6")],
)
def test_a_filter_names_frames_and_runs_of_them(frames, numbers):
    assert frames_filter(frames) == f"frame.number in {{{numbers}}}"


def test_each_kind_of_flow_has_a_filter():
    assert flow_filter(PING) == "icmpv6.echo.identifier == 77"
    assert flow_filter(TCP) == "tcp.port == 5201"
    command = replace(PING, kind="command")
    assert flow_filter(command) == (
        f"ipv6.addr == {command.source_address} && ipv6.addr == {HOME_ADDRESS}"
    )


def test_headers_that_tell_home_addresses_are_overhead_without_being_tunnels():
    plain = [each for each in travel(UDP, 1, 1.0) if not each.tunnels]
    seen = [each._replace(length=each.length + 24, extensions=24) for each in plain]
    (flow,) = run(UDP, sightings=seen)["flows"]
    links = sum(each.outgoing for each in seen)
    assert (flow["tunnel_bytes"], flow["extension_bytes"]) == (0, 24 * links)
    assert flow["overhead"] == 0.24
