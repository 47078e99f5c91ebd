"""Flows that take ways of their own through an anchor, by real packets."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from flow_lab import (
    GATEWAY_2,
    PREFIX_1,
    SIP,
    TCP,
    TIP,
    UDP,
    anchor,
    down,
    ends,
    listener,
    release,
    steer,
    tunnel,
    up,
    ways,
)
from live_lab import CN, FIXED, LMA, MAG, PUPPET, Lab, lab_on, octets, packets, wait_for
from scapy.layers.inet import UDP as Datagram
from scapy.layers.inet6 import IPv6

pytest_plugins = ["flow_fixtures"]
pytestmark = [pytest.mark.root, pytest.mark.stock]
IPV6, A_REQUEST = 41, 50
DO_NOT_FRAGMENT, PATH_MTU = 62, 24  # options of linux/in6.h


def test_a_steered_flow_goes_around_by_the_other_gateway(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    plain = listener(lab, "mn", SIP, 4001)
    tap = lab.tap("lma", "lma-core")
    cn.sendto(b"before", (SIP, 4000))
    assert mn.recv(99) == b"before"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP))
    cn.sendto(b"steered", (SIP, 4000))
    cn.sendto(b"plain", (SIP, 4001))
    assert mn.recv(99) == b"steered"
    assert plain.recv(99) == b"plain"
    assert ways(packets(tap)) == [
        ends((LMA, GATEWAY_2), (LMA, TIP), (CN, SIP)),
        ends((LMA, MAG), (CN, SIP)),
    ]
    lab.perform("lma", release(down(4000)))
    cn.sendto(b"after", (SIP, 4000))
    assert mn.recv(99) == b"after"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]


def test_the_uplink_comes_out_of_both_tunnels(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    mn.connect((CN, 5000))
    mn.send(b"before")
    assert cn.recv(99) == b"before"
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    lab.perform("mn", steer(up(4000), TIP, LMA))
    tap = lab.tap("lma", "lma-core")
    mn.send(b"steered")
    assert cn.recvfrom(99)[:1] == (b"steered",)
    assert ways(packets(tap)) == [ends((GATEWAY_2, LMA), (TIP, LMA), (SIP, CN))]


def outermost(lab: Lab, *sent: tuple[socket.socket, int]) -> list[str]:
    """Return the gateways that datagrams went to which sockets sent to ports of the node."""
    tap = lab.tap("lma", "lma-core")
    for sock, port in sent:
        sock.sendto(b"which way", (SIP, port))
    gateways = {octets(MAG): MAG, octets(GATEWAY_2): GATEWAY_2}
    return [gateways[way[0][1]] for way in ways(packets(tap))]


def test_the_lower_priority_has_what_two_selectors_match(lab: Lab) -> None:
    cn = listener(lab, "cn", CN, 5000)
    wide = {"destination": PREFIX_1, "protocol": UDP}
    lab.perform(
        "lma",
        steer(wide, LMA, TIP, priority=5),
        steer(down(4000), LMA, MAG, priority=4),
        steer(down(4001), LMA, MAG, priority=6),
    )
    sent = [(cn, 4000), (cn, 4001), (cn, 4002)]
    assert outermost(lab, *sent) == [MAG, GATEWAY_2, GATEWAY_2]
    lab.perform("lma", steer(wide, LMA, TIP, priority=3))
    assert outermost(lab, *sent) == [GATEWAY_2] * 3
    lab.perform("lma", release(wide))
    assert outermost(lab, *sent) == [MAG] * 3


def test_ranges_of_ports_and_traffic_classes_select(lab: Lab) -> None:
    cn = listener(lab, "cn", CN, 5000)
    ports = {"destination": f"{SIP}/128", "protocol": UDP, "destination_ports": [4999, 5010]}
    marked = {"destination": PREFIX_1, "traffic_class": 184}
    lab.perform("lma", steer(ports, LMA, TIP), steer(marked, LMA, TIP))
    inside, outside = [4999, 5000, 5007, 5008, 5010], [4998, 5011, 1, 65535]
    assert outermost(lab, *((cn, port) for port in inside)) == [GATEWAY_2] * 5
    assert outermost(lab, *((cn, port) for port in outside)) == [MAG] * 4
    for value, way in ((184, GATEWAY_2), (187, GATEWAY_2), (188, MAG)):
        cn.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, value)
        assert outermost(lab, (cn, 1)) == [way]


def test_a_selector_that_needs_too_many_entries_is_refused(lab: Lab) -> None:
    wide = {"protocol": UDP, "source_ports": [1, 65534], "destination_ports": [1, 65534]}
    lab.perform("lma", steer({"destination": PREFIX_1, **wide}, LMA, TIP))
    assert "more than 64 entries" in lab.wait_event("lma", "action_failed")["error"]
    lab.perform("lma", steer(down(4000), LMA, TIP))
    assert outermost(lab, (listener(lab, "cn", CN, 5000), 4000)) == [GATEWAY_2]


def test_from_one_interface_to_the_other_and_back_at_the_same_time(lab: Lab) -> None:
    """Flows of either interface by the other's tunnel: no packet goes round and round."""
    mn, other = listener(lab, "mn", SIP, 4000), listener(lab, "mn", TIP, 4000)
    cn = listener(lab, "cn", CN, 5000)
    swapped = {**down(4000), "destination": f"{TIP}/128"}
    lab.perform(
        "lma",
        *(tunnel(LMA, TIP, f"{SIP}/128"), tunnel(LMA, SIP, f"{TIP}/128")),
        *(steer(down(4000), LMA, TIP), steer(swapped, LMA, SIP)),
    )
    tap = lab.tap("lma", "lma-core")
    cn.sendto(b"by the second", (SIP, 4000))
    cn.sendto(b"by the first", (TIP, 4000))
    assert (mn.recv(99), other.recv(99)) == (b"by the second", b"by the first")
    assert ways(packets(tap)) == [
        ends((LMA, GATEWAY_2), (LMA, TIP), (CN, SIP)),
        ends((LMA, MAG), (LMA, SIP), (CN, TIP)),
    ]


def test_what_comes_out_of_tunnels_and_what_the_anchor_sends_is_steered_too(lab: Lab) -> None:
    mn, anchor = listener(lab, "mn", SIP, 4000), listener(lab, "lma", LMA, 5000)
    neighbor = listener(lab, "mag", MAG, 5000)
    lab.perform(
        "lma",
        tunnel(LMA, TIP, f"{SIP}/128"),
        steer({"destination": f"{SIP}/128", "protocol": UDP}, LMA, TIP),
    )
    tap = lab.tap("lma", "lma-core")
    anchor.sendto(b"of its own", (SIP, 4000))
    assert mn.recv(99) == b"of its own"
    raw = lab.socket("core", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for headers in ([(GATEWAY_2, LMA)], [(GATEWAY_2, LMA), (TIP, LMA)]):
        inner = IPv6(src=SIP, dst=SIP) / Datagram(sport=5000, dport=4000) / b"from another"
        for source, destination in reversed(headers):
            inner = IPv6(src=source, dst=destination) / inner
        raw.sendto(bytes(inner), (LMA, 0))
        assert mn.recv(99) == b"from another"
    left = [way for way in ways(packets(tap)) if way[0][0] == octets(LMA)]
    assert [way[:2] for way in left] == [ends((LMA, GATEWAY_2), (LMA, TIP))] * 3
    assert neighbor.fileno() > 0


def test_flows_leave_without_a_tunnel_where_interfaces_share_an_address(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    tap = lab.tap("core", "core-mn")
    plain = {"selector": up(4000), "local": "::", "remote": "::", "interface": "mn-core"}
    lab.perform("mn", {"SteerFlow": {**plain, "next_hop": FIXED}})
    mn.sendto(b"this way", (CN, 5000))
    other = listener(lab, "mn", SIP, 4001)
    other.sendto(b"not this way", (CN, 5000))
    assert cn.recv(99) == b"not this way"
    seen = [each for each in packets(tap) if each[6] == socket.IPPROTO_UDP]
    assert [each[48:] for each in seen] == [b"this way"]


def test_an_end_that_the_kernel_would_not_take_is_refused(lab: Lab) -> None:
    lab.perform("mn", {"AddAddress": {"interface": "mn-core", "address": "2001:db8:9::9"}})
    lab.perform("mn", steer(up(4000), TIP, LMA))
    assert f"would not start at {TIP}" in lab.wait_event("mn", "action_failed")["error"]


def test_a_connection_changes_ways_without_an_error(lab: Lab) -> None:
    server = lab.socket("cn", socket.AF_INET6, socket.SOCK_STREAM)
    server.bind((CN, 5000))
    server.listen()
    client = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
    client.settimeout(5)
    client.bind((SIP, 4000))
    client.connect((CN, 5000))
    taken, _ = server.accept()
    taken.settimeout(5)
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    there, back = {**down(4000), "protocol": TCP}, {**up(4000), "protocol": TCP}
    for gateway in (MAG, GATEWAY_2, MAG, GATEWAY_2):
        tap = lab.tap("lma", "lma-core")
        for sender, receiver in ((client, taken), (taken, client)):
            payload = gateway.encode() * 2000
            sender.sendall(payload)
            assert exactly(receiver, len(payload)) == payload
        seen = {(each[8:24], each[24:40]) for each in packets(tap) if each[6] == IPV6}
        assert seen == set(ends((LMA, gateway), (gateway, LMA)))
        if gateway == MAG:
            lab.perform("lma", steer(there, LMA, TIP))
            lab.perform("mn", steer(back, TIP, LMA))
        else:
            lab.perform("lma", release(there))
            lab.perform("mn", release(back))


def exactly(receiver: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        found += receiver.recv(length - len(found)) or b"ended"
    return found


def test_datagrams_change_ways_without_loss_or_error(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    mn.connect((CN, 5000))
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    for node, selector, local, remote in (
        ("mn", up(4000), TIP, LMA),
        ("lma", down(4000), LMA, TIP),
    ):
        for action in (steer(selector, local, remote), release(selector)) * 3:
            lab.tell(node, {"command": "perform", "arguments": {"actions": [action]}})
            for number in range(100):
                payload = number.to_bytes(2, "big")
                mn.send(payload)
                assert cn.recv(9) == payload
                cn.sendto(payload, (SIP, 4000))
                assert mn.recv(9) == payload


def test_senders_learn_what_two_tunnels_leave_of_the_link(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP))
    lab.perform("mn", steer(up(4000), TIP, LMA))
    for sender, to in ((cn, (SIP, 4000)), (mn, (CN, 5000))):
        sender.setsockopt(socket.IPPROTO_IPV6, DO_NOT_FRAGMENT, 1)
        sender.connect(to)
        wait_for(lambda sender=sender: learned(sender) == 1500 - 2 * 40)
        sender.send(bytes(1500 - 2 * 40 - 48))
    for receiver in (mn, cn):
        assert len(receiver.recv(2000)) == 1500 - 2 * 40 - 48


def learned(sender: socket.socket) -> int:
    """Send as much as is thought to pass, forget what is wrong with it; return how much it is."""
    known = sender.getsockopt(socket.IPPROTO_IPV6, PATH_MTU)
    with suppress(OSError):
        sender.send(bytes(known - 48))
    sender.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return known


def test_an_agent_that_was_killed_leaves_nothing_to_the_next(lab: Lab) -> None:
    bare = state(lab, "lma")
    assert lab.ask_parent({"stop": "lma"}) == {"stopped": "lma"}
    initial = [
        {"AcceptTunnels": {"local": LMA, "delivery": "routed"}},
        *(tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP, idle_timeout=9)),
        steer({"destination": PREFIX_1}, LMA, MAG, priority=9),
        {"WatchFlow": {"selector": up(4000), "through": GATEWAY_2, "interval": 1}},
        {"MeterFlows": {"interface": "lma-cn", "interval": 1}},
        {"TakeRejections": {}},
    ]
    config = {"initial": initial}
    wanted = lab.specification("lma", protocol="puppet", role="puppet", config=config)
    pid = lab.ask_parent({"start": wanted})["pid"]
    assert len(state(lab, "lma")["tables"]) == len(bare["tables"]) + 5
    assert "dmm-watched" in lab.run("lma", "nft", "list", "ruleset")  # a user may look at all
    lab.run("", "kill", "-KILL", str(pid))
    assert lab.told()["died"] == "lma"
    anchor(lab)
    assert state(lab, "lma") == bare
    assert outermost(lab, (listener(lab, "cn", CN, 5000), 4000)) == [MAG]


def test_what_was_asked_for_can_be_taken_back_to_the_last_rule(lab: Lab) -> None:
    before = state(lab, "lma"), state(lab, "mn")
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    mixed = [down(port) for port in range(4000, 4020)] + [{"destination": PREFIX_1}]
    for selector in mixed:
        lab.perform("lma", steer(selector, LMA, TIP, idle_timeout=9))
    lab.perform("lma", steer(down(4000), LMA, MAG))
    lab.perform("mn", steer(up(4000), TIP, LMA), steer({"source": f"{SIP}/128"}, TIP, LMA))
    lab.perform("lma", *map(release, mixed), {"RemoveTunnel": {"local": LMA, "remote": TIP}})
    lab.perform("mn", release(up(4000)), release({"source": f"{SIP}/128"}))
    assert (state(lab, "lma"), state(lab, "mn")) == before


def state(lab: Lab, node: str) -> dict[str, list[str]]:
    """Return the rules, routes and tables of a node."""
    routes = lab.run(node, *["ip", "-6", "route", "show", "table", "all"]).splitlines()
    return {
        "rules": sorted(lab.run(node, "ip", "-6", "rule").splitlines()),
        "routes": sorted(line.split(" expires")[0] for line in routes if "End.DT6" not in line),
        "tables": sorted(lab.run(node, "nft", "list", "tables").splitlines()),
    }


def test_a_thousand_flows_are_steered_in_a_burst(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    selectors = [
        {**down(port), "destination": f"2001:db8:100:1::{node:x}/128"}
        for node in range(5, 55)
        for port in range(4000, 4020)
    ]
    made = [steer(selector, LMA, TIP) for selector in selectors]
    for start_ in range(0, len(made), A_REQUEST):
        lab.perform("lma", *made[start_ : start_ + A_REQUEST])
    events = lab.events("lma", "flow_steered")
    assert len(events) == len(made)
    took = events[-1]["monotonic"] - events[0]["monotonic"]
    print(f"\n{len(made)} flows in {took:.2f} s")
    assert took < 5  # on a machine with other work; alone it is some tenths
    cn = listener(lab, "cn", CN, 5000)
    assert outermost(lab, (cn, 4000), (cn, 4019), (cn, 4020)) == [GATEWAY_2, GATEWAY_2, MAG]
    assert not lab.events("lma", "action_failed")


def test_without_segment_routing_flows_are_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with lab_on("ip6tnl", tmp_path_factory.mktemp("devices"), PUPPET) as made:
        anchor(made)
        made.perform("lma", steer(down(4000), LMA, MAG))
        assert "segment routing" in made.wait_event("lma", "action_failed")["error"]
