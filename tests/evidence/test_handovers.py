import json
from dataclasses import replace

from evidence_world import (
    CN,
    COMMAND,
    HOME,
    LMA,
    MAG1,
    MAG2,
    PATH1,
    PATH2,
    PING,
    TCP,
    UDP,
    build,
    carried,
    event,
    expect,
    handover_events,
    travel,
)

from agents.wire.address import Prefix
from agents.wire.icmpv6_messages import RouterSolicitation
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from testbed.evidence.result import as_json, measure

COUNTS = {"packets": 9, "dropped": 0}
ABOUT = (MobileNodeIdentifier(1, b"mn1@example"), HomeNetworkPrefix(Prefix.parse(HOME)))


def update(lifetime=75, sequence=1):
    flags = BindingUpdateFlag.PROXY | BindingUpdateFlag.ACKNOWLEDGE
    return BindingUpdate(sequence, int(flags), lifetime, ABOUT)


def answer(status=0, sequence=1):
    return BindingAcknowledgement(status, int(BindingAckFlag.PROXY), sequence, 75, ABOUT)


UP2 = ("mag2-eth0", "core-eth2", "core-eth0", "lma-eth1")
UP1 = ("mag1-eth0", "core-eth1", "core-eth0", "lma-eth1")


def signalling(at=2.102):
    """The old gateway deregisters; the new one registers and is first refused, then accepted."""
    return [
        *carried(at - 0.099, update(lifetime=0), MAG1, LMA, *UP1),
        *carried(at, update(), MAG2, LMA, *UP2),
        *carried(at + 0.002, answer(status=156), LMA, MAG2, *UP2[::-1]),
        *carried(at + 0.006, update(sequence=2), MAG2, LMA, *UP2),
        *carried(at + 0.008, answer(sequence=2), LMA, MAG2, *UP2[::-1]),
    ]


def traffic(flow=UDP):
    """One datagram every 10 ms both ways; those sent during 2.0 to 2.12 s die on the way."""
    seen = []
    for n in range(300):
        at = 1 + n / 100
        lost = 2.0 <= at < 2.12
        path = PATH2 if at > 2.05 else ()
        for downward in (True, False):
            route = {"path": path} if path else {}
            links = (3 if downward else 0) if lost else None
            seen += travel(flow, n, at, downward=downward, links=links, **route)
    return seen


def run(*flows, sightings=(), events=None, expectations=()):
    network = build(*flows, expectations=expectations)
    return measure(network, sightings, events or handover_events(), COUNTS, "simulated")


def test_the_phases_come_from_the_packets():
    installed = event(2.1115, "route_installed", "mag2", prefix=HOME, interface="mag2-eth1")
    far = event(2.104, "route_installed", "lma", prefix=HOME, tunnel=MAG2)
    result = run(
        UDP,
        sightings=[*signalling(), *traffic()],
        events=[*handover_events(), far, installed],
    )
    (handover,) = result.document["handovers"]
    assert (handover["node"], handover["from"], handover["to"]) == ("mn1", "wlan1", "wlan2")
    assert handover["phases"] == {
        "link_down": 2.001,
        "link_up": 2.101,
        "solicited": None,
        "care_of_usable": None,
        "query_sent": None,
        "query_answered": None,
        "binding_sent": 2.102,
        "binding_acknowledged": 2.112,
        "route_installed": 2.1115,
        "first_packet": 2.124,
    }
    assert handover["latency"] == 0.023
    assert handover["durations"]["binding_acknowledged"] == 0.0005
    total = sum(each for each in handover["durations"].values() if each)
    assert round(total, 6) == round(2.124 - 2.001, 6)


def test_the_first_attachment_is_no_handover():
    result = run(UDP, sightings=traffic())
    (attachment,) = result.document["attachments"]
    assert (attachment["from"], attachment["to"], attachment["at"]) == (None, "wlan1", 0.5)
    assert attachment["phases"]["link_down"] is None
    assert attachment["phases"]["first_packet"] == 1.004
    assert attachment["interruption"] == {"voice": {"up": None, "down": None}}


def test_the_interruption_is_the_silence_at_each_receiver():
    (handover,) = run(UDP, sightings=traffic()).document["handovers"]
    assert handover["interruption"] == {"voice": {"up": 0.13, "down": 0.13}}


def test_the_flows_of_another_interface_and_commands_are_not_interrupted():
    other = "2001:db8:1:8001:0:ff:fe00:2"
    second = replace(UDP, name="second", destination_address=other)
    upward = replace(second, name="upward", source="mn1", destination="cn")
    upward = replace(upward, source_address=other, destination_address=CN)
    mobile = build().nodes["mn1"].mobile
    homes = {**mobile.home_addresses, "mn1-eth1": (other,)}
    network = build(UDP, second, upward, COMMAND)
    roaming = replace(network.nodes["mn1"], mobile=replace(mobile, home_addresses=homes))
    network = replace(network, nodes={**network.nodes, "mn1": roaming})
    result = measure(network, traffic(), handover_events(), COUNTS, "simulated").document
    assert [set(each["interruption"]) for each in result["handovers"]] == [{"voice"}]
    assert [set(each["interruption"]) for each in result["attachments"]] == [{"voice"}]


def test_a_flow_that_stays_silent_has_no_interruption_to_state():
    before = [seen for seen in traffic() if seen.at < 2.0]
    (handover,) = run(UDP, sightings=before).document["handovers"]
    assert handover["interruption"]["voice"] == {"up": None, "down": None}
    assert handover["phases"]["first_packet"] is None
    assert handover["latency"] is None


def test_packets_under_way_when_the_link_breaks_do_not_hide_the_silence():
    slow = [
        seen
        for n in range(200)
        if not 2.0 < 1 + n / 100 < 2.05
        for seen in travel(UDP, n, 1 + n / 100, downward=False, hop=0.05)
    ]
    down = travel(UDP, 900, 2.006, PATH2, hop=0.0)  # ends the handover before the silence begins
    events = handover_events(gap=0.002)
    (handover,) = run(UDP, sightings=[*slow, *down], events=events).document["handovers"]
    assert handover["interruption"]["voice"]["up"] == 0.05


def test_a_segment_without_data_interrupts_but_is_not_counted():
    acks = [s._replace(identity=None) for s in traffic(TCP) if not s.downward]
    result = run(TCP, sightings=acks)
    assert result.document["flows"][0]["sent"] == 0
    assert result.document["handovers"][0]["interruption"]["web"]["up"] == 0.13


def test_signalling_counts_messages_at_their_originators_and_bytes_on_all_links():
    rows = {row["message"]: row for row in run(sightings=signalling()).document["signalling"]}
    assert rows["ProxyBindingUpdate"] == {
        "message": "ProxyBindingUpdate",
        "count": 3,
        "bytes": 360,
        "byte_hops": 720,
        "where": None,
    }
    assert rows["ProxyBindingAcknowledgement"]["count"] == 2


def test_a_solicitation_of_the_mobile_is_a_phase():
    seen = carried(2.105, RouterSolicitation(), "::", "ff02::2", "mn1-eth0", "mag2-eth1")
    (handover,) = run(sightings=seen).document["handovers"]
    assert handover["phases"]["solicited"] == 2.105


def test_a_query_is_taken_from_what_the_agent_logs():
    asked = event(2.11, "query_sent", "mag2", node="mn1@example")
    other = event(2.10, "query_sent", "mag2", node="mn7@example")
    (handover,) = run(events=[*handover_events(), other, asked]).document["handovers"]
    assert handover["phases"]["query_sent"] == 2.11


def test_times_count_from_when_the_run_was_ready():
    shift = 1.7e9
    shifted = [
        event(each.at + shift, each.event, each.node, **each.details) for each in handover_events()
    ]
    seen = [sighting._replace(at=sighting.at + shift) for sighting in traffic()]
    (late,) = run(UDP, sightings=seen, events=shifted).document["handovers"]
    (early,) = run(UDP, sightings=traffic()).document["handovers"]
    assert abs(late["phases"]["first_packet"] - early["phases"]["first_packet"]) < 2e-6
    assert abs(late["at"] - early["at"]) < 2e-6


def test_a_mobile_that_never_arrives_makes_no_handover():
    assert run(events=handover_events()[:5]).document["handovers"] == []


def test_only_the_runner_moves_interfaces():
    noise = event(3.0, "link_up", "mag2", interface="mag2-eth1", link_layer_address="02:")
    assert len(run(events=[*handover_events(), noise]).document["handovers"]) == 1


def test_the_next_move_ends_what_belongs_to_the_one_before():
    mobile = {"subject": "mn1", "interface": "mn1-eth0"}
    back = [
        event(4.0, "move", **mobile, **{"from": "wlan2", "to": "wlan1"}),
        event(4.0, "link_down", **mobile, access="wlan2"),
        event(4.1, "link_up", **mobile, access="wlan1"),
    ]
    late = travel(UDP, 0, 5.0)  # nothing came between the two moves
    first, second = run(UDP, sightings=late, events=[*handover_events(), *back]).document[
        "handovers"
    ]
    assert first["phases"]["first_packet"] is None
    assert (second["from"], second["to"]) == ("wlan2", "wlan1")
    assert second["phases"]["first_packet"] == 5.004


def test_what_waited_since_an_earlier_stay_is_no_first_packet_and_ends_no_silence():
    mobile = {"subject": "mn1", "interface": "mn1-eth0"}
    back = [
        event(4.0, "move", **mobile, **{"from": "wlan2", "to": "wlan1"}),
        event(4.0, "link_down", **mobile, access="wlan2"),
        event(4.1, "link_up", **mobile, access="wlan1"),
    ]
    *way, arrival = travel(UDP, 7, 1.999)  # the gateway finds no neighbour, and waits for one
    late = arrival._replace(at=4.105)
    others = ((8, 3.9, PATH2), (9, 4.2, PATH1), (10, 4.3, PATH1))
    seen = [*way, late, *(each for packet in others for each in travel(UDP, *packet))]
    _, second = run(UDP, sightings=seen, events=[*handover_events(), *back]).document["handovers"]
    assert second["phases"]["first_packet"] == 4.204
    assert second["interruption"][UDP.name]["down"] == 0.3


def test_a_detach_and_a_later_attach_are_one_handover():
    mobile = {"subject": "mn1", "interface": "mn1-eth0"}
    events = [
        *handover_events()[:3],
        event(2.0, "detach", **mobile, **{"from": "wlan1"}),
        event(2.001, "link_down", **mobile, access="wlan1"),
        event(5.0, "attach", **mobile, to="wlan2"),
        event(5.001, "link_up", **mobile, access="wlan2"),
    ]
    (handover,) = run(events=events).document["handovers"]
    assert (handover["at"], handover["from"], handover["to"]) == (2.0, "wlan1", "wlan2")


def test_expectations_are_judged_on_the_result():
    held = expect("handovers[*].latency", "<", 0.05)
    broken = expect("flows.voice.lost", "==", 0)
    result = run(UDP, sightings=traffic(), expectations=(held, broken))
    assert [check["holds"] for check in result.document["checks"]] == [True, False]
    assert result.document["checks"][1]["value"] == 24
    assert not result.passed


def test_equal_runs_give_equal_bytes():
    first, second = (run(UDP, PING, sightings=[*signalling(), *traffic()]) for _ in range(2))
    assert as_json(first.document) == as_json(second.document)
    assert json.loads(as_json(first.document)) == first.document


def test_agents_drops_are_counted_by_reason():
    drops = [event(3.0, "dropped", "lma", reason="unknown sender")] * 2
    document = run(events=[*handover_events(), *drops]).document
    assert document["drops"] == [{"node": "lma", "reason": "unknown sender", "count": 2}]
