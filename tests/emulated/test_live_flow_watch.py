"""Flows that come out of a tunnel other than their own, told of once in a while."""

from __future__ import annotations

import socket
from itertools import pairwise
from typing import Any

import pytest
from flow_lab import (
    GATEWAY_2,
    PREFIX_1,
    SIP,
    TIP,
    UDP,
    listener,
    steer,
    tunnel,
    up,
)
from live_lab import CN, LMA, MAG, Lab
from scapy.layers.inet import UDP as Datagram
from scapy.layers.inet6 import IPv6

pytest_plugins = ["flow_fixtures"]
pytestmark = [pytest.mark.root, pytest.mark.stock]
OFTEN = 0.3  # seconds


def watch(selector: dict[str, Any], through: str, interval: float = 60) -> dict[str, Any]:
    return {"WatchFlow": {"selector": selector, "through": through, "interval": interval}}


def unwatch(selector: dict[str, Any]) -> dict[str, Any]:
    return {"StopWatching": {"selector": selector}}


def strayed(lab: Lab) -> list[dict[str, Any]]:
    return lab.events("lma", "FlowStrayed")


def test_a_stray_is_told_of_once_with_its_packet(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    lab.perform("lma", watch(up(4000), GATEWAY_2))
    for number in range(20):
        mn.sendto(b"stray %d" % number, (CN, 5000))
        assert cn.recv(99) == b"stray %d" % number
    told = lab.wait_event("lma", "FlowStrayed")
    assert len(strayed(lab)) == 1
    assert told["through"] == MAG
    packet = IPv6(bytes.fromhex(told["packet"]))
    assert (packet.src, packet.dst, packet.hlim) == (SIP, CN, 64)
    assert (packet[Datagram].sport, packet[Datagram].dport) == (4000, 5000)
    assert bytes(packet[Datagram].payload) == b"stray 0"
    for field in ("source_ports=(4000, 4000)", "destination_ports=(5000, 5000)", "protocol=17"):
        assert field in told["flow"]


def test_each_single_flow_is_told_of_again_after_the_interval(lab: Lab) -> None:
    selector = {"source": PREFIX_1, "protocol": UDP, "source_ports": [4000, 4010]}
    lab.perform("lma", watch(selector, GATEWAY_2, OFTEN))
    senders = [listener(lab, "mn", SIP, port) for port in (4000, 4007, 4011)]
    cn = listener(lab, "cn", CN, 5000)
    while len(strayed(lab)) < 6:
        for sender in senders:
            sender.sendto(b"stray", (CN, 5000))
            cn.recv(99)
    times: dict[str, list[float]] = {}
    for event in strayed(lab):
        times.setdefault(event["flow"], []).append(event["monotonic"])
    assert len(times) == 2
    for told in times.values():
        gaps = [after - before for before, after in pairwise(told)]
        assert min(gaps) > OFTEN / 2


def test_what_comes_the_right_way_is_not_told_of(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    lab.perform("lma", watch(up(4000), MAG))
    mn.sendto(b"right", (CN, 5000))
    assert cn.recv(99) == b"right"
    lab.perform("lma", watch(up(4000), GATEWAY_2))
    mn.sendto(b"wrong", (CN, 5000))
    assert cn.recv(99) == b"wrong"
    packet = bytes.fromhex(lab.wait_event("lma", "FlowStrayed")["packet"])
    assert packet.endswith(b"wrong")
    assert len(strayed(lab)) == 1


def test_what_comes_out_of_two_tunnels_is_judged_by_the_outer_one(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1), watch(up(4000), GATEWAY_2))
    lab.perform("mn", steer(up(4000), TIP, LMA))
    mn.sendto(b"by the other", (CN, 5000))
    assert cn.recv(99) == b"by the other"
    assert not strayed(lab)
    lab.perform("lma", watch(up(4000), MAG))
    mn.sendto(b"still by the other", (CN, 5000))
    assert cn.recv(99) == b"still by the other"
    told = lab.wait_event("lma", "FlowStrayed")
    assert told["through"] == GATEWAY_2
    assert IPv6(bytes.fromhex(told["packet"])).src == SIP


def test_strangers_and_flows_that_are_watched_no_longer_are_not_told_of(lab: Lab) -> None:
    lab.perform("lma", watch(up(4000), GATEWAY_2))
    stranger = lab.socket("cn", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    inner = IPv6(src=SIP, dst=CN) / Datagram(sport=4000, dport=5000) / b"forged"
    stranger.sendto(bytes(IPv6(src=CN, dst=LMA) / inner), (LMA, 0))
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    mn.sendto(b"stray", (CN, 5000))
    assert cn.recv(99) == b"stray"
    told = lab.wait_event("lma", "FlowStrayed")
    assert bytes.fromhex(told["packet"]).endswith(b"stray")
    lab.perform("lma", unwatch(up(4000)))
    assert "dmm-watched" not in lab.run("lma", "nft", "list", "tables")
    mn.sendto(b"unheeded", (CN, 5000))
    assert cn.recv(99) == b"unheeded"
    lab.perform("lma", watch(up(4000), MAG))
    assert len(strayed(lab)) == 1
