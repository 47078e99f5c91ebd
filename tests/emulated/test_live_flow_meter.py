"""What an access link carries, flow by flow, and flows that carry nothing any more."""

from __future__ import annotations

import ast
import time
from typing import Any

import pytest
from flow_lab import (
    ACCESS_2,
    SIP,
    TCP,
    TIP,
    UDP,
    down,
    listener,
    steer,
    tunnel,
)
from live_lab import CN, LMA, Lab, wait_for

pytest_plugins = ["flow_fixtures"]
pytestmark = [pytest.mark.root, pytest.mark.stock]
OFTEN = 0.1  # seconds
HEADERS = 48  # of IPv6 and UDP
IDLE = 0.4


Flow = tuple[str, str, int, int, int, int]


def metered(lab: Lab, node: str) -> dict[Flow, tuple[int, int]]:
    """Return the octets and packets of each flow so far."""
    found: dict[Flow, tuple[int, int]] = {}
    for event in lab.events(node, "FlowsMetered"):
        for source, destination, *rest, size, count in event["flows"]:
            key = (source, destination, *rest)
            before = found.get(key, (0, 0))
            found[key] = before[0] + size, before[1] + count
    return found


def total(lab: Lab, node: str) -> int:
    return sum(event["octets"] for event in lab.events(node, "FlowsMetered"))


def meter(interface: str) -> dict[str, Any]:
    return {"MeterFlows": {"interface": interface, "interval": OFTEN}}


def test_flows_are_counted_plain_and_inside_a_tunnel(lab: Lab) -> None:
    lab.perform("core", meter(ACCESS_2))
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP))
    offloaded, own = listener(lab, "mn", SIP, 4000), listener(lab, "mn", TIP, 4001)
    cn = listener(lab, "cn", CN, 5000)
    for _ in range(10):
        cn.sendto(bytes(500), (SIP, 4000))
        cn.sendto(bytes(100), (TIP, 4001))
        assert len(offloaded.recv(999)) == 500
        assert len(own.recv(999)) == 100
    wanted = {
        (CN, SIP, UDP, 5000, 4000, 0): (10 * (500 + HEADERS), 10),
        (CN, TIP, UDP, 5000, 4001, 0): (10 * (100 + HEADERS), 10),
    }
    wait_for(lambda: wanted.items() <= metered(lab, "core").items())
    sizes = sum(size for size, _ in metered(lab, "core").values())
    assert total(lab, "core") == sizes + 10 * 40
    events = lab.events("core", "FlowsMetered")
    assert {event["interface"] for event in events} == {ACCESS_2}
    assert all(event["interval"] >= OFTEN for event in events)


def test_silence_is_told_as_nothing(lab: Lab) -> None:
    lab.perform("core", meter(ACCESS_2))
    count = len(lab.events("core", "FlowsMetered"))
    lab.wait_event("core", "FlowsMetered", count + 3)
    last = lab.events("core", "FlowsMetered")[-1]
    assert (last["octets"], last["flows"]) == (0, [])


def test_traffic_classes_and_other_protocols_are_told_apart(lab: Lab) -> None:
    lab.perform("core", meter(ACCESS_2))
    mn, cn = listener(lab, "mn", TIP, 4000), listener(lab, "cn", CN, 5000)
    for traffic_class in (0, 184):
        cn.setsockopt(41, 67, traffic_class)  # IPV6_TCLASS
        cn.sendto(b"marked", (TIP, 4000))
        mn.recv(99)
    assert lab.pings("cn", TIP)
    size = HEADERS + 6
    wanted = {
        (CN, TIP, UDP, 5000, 4000, 0): (size, 1),
        (CN, TIP, UDP, 5000, 4000, 184): (size, 1),
        (CN, TIP, 58, 0, 0, 0): (104, 1),
    }
    wait_for(lambda: wanted.items() <= metered(lab, "core").items())


def test_a_flood_of_flows_is_bounded_and_counted(lab: Lab) -> None:
    lab.perform("core", meter(ACCESS_2))
    before = total(lab, "core")
    cn = listener(lab, "cn", CN, 5000)
    for port in range(1, 6001):
        cn.sendto(b"x", (TIP, port))
    wait_for(lambda: total(lab, "core") - before >= 6000 * (HEADERS + 1))
    flows = [key for key in metered(lab, "core") if key[1] == TIP and key[2] == UDP]
    assert len(flows) <= 4096
    beyond = lab.ask("core", "counters")["packets of flows not metered"]
    assert len(flows) + beyond >= 6000


def test_an_idle_flow_is_told_of_once(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    lab.perform(
        "lma",
        tunnel(LMA, TIP, f"{SIP}/128"),
        steer(down(4000), LMA, TIP, idle_timeout=IDLE),
        steer(down(4001), LMA, TIP),
    )
    until = time.monotonic() + 3 * IDLE
    while time.monotonic() < until:
        cn.sendto(b"alive", (SIP, 4000))
        mn.recv(99)
    assert not lab.events("lma", "FlowIdle")
    sent = time.monotonic()
    told = lab.wait_event("lma", "FlowIdle")
    assert told["monotonic"] - sent >= IDLE * 0.9
    assert "destination_ports=(4000, 4000)" in told["selector"]
    lab.perform("lma", steer(down(4002), LMA, TIP, idle_timeout=IDLE))
    lab.wait_event("lma", "FlowIdle", 2)
    assert [ports_of(event) for event in lab.events("lma", "FlowIdle")] == [4000, 4002]


def ports_of(event: dict[str, Any]) -> int:
    text = event["selector"].rpartition("destination_ports=")[2]
    low, _ = ast.literal_eval(text[: text.index(")") + 1])
    return int(low)


def test_tcp_is_metered_by_its_octets(lab: Lab) -> None:
    lab.perform("core", meter(ACCESS_2))
    server = lab.socket("mn", 10, 1)
    server.bind((TIP, 4000))
    server.listen()
    client = lab.socket("cn", 10, 1)
    client.settimeout(5)
    client.connect((TIP, 4000))
    taken, _ = server.accept()
    client.sendall(bytes(100_000))
    client.close()
    received = 0
    while octets_ := taken.recv(1 << 16):
        received += len(octets_)
    assert received == 100_000

    def carried() -> int:
        rows = metered(lab, "core").items()
        return sum(size for key, (size, _) in rows if key[2] == TCP and key[4] == 4000)

    wait_for(lambda: carried() > 100_000)
    assert carried() < 115_000
