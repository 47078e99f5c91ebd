"""Refusals of routes (ICMPv6 type 1, code 6), which the agent hears and programs do not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest
from flow_lab import SIP, TIP, listener
from live_lab import CN, LMA, Lab, wait_for
from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt
from scapy.packet import Packet

pytest_plugins = ["flow_fixtures"]
pytestmark = [pytest.mark.root, pytest.mark.stock]
_ERRORS = socket.IPPROTO_IPV6, 25  # IPV6_RECVERR
REJECTED, PROHIBITED = 6, 1


@pytest.fixture
def lab(lab: Lab) -> Iterator[Lab]:
    lab.perform("mn", {"TakeRejections": {}})
    with listener(lab, "cn", CN, 5000):
        yield lab


def talker(lab: Lab) -> socket.socket:
    """Return a connected socket that is told of errors."""
    made = listener(lab, "mn", SIP, 4000)
    made.setsockopt(*_ERRORS, 1)
    made.connect((CN, 5000))
    return made


def send(lab: Lab, to: str, *headers: Packet) -> None:
    """Send, from the anchor, what ``made`` returns."""
    raw = lab.socket("lma", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(made(to, *headers), (to, 0))


def made(to: str, *headers: Packet) -> bytes:
    """Return a packet of ``headers`` and one that the talker may have sent."""
    packet = IPv6(src=LMA, dst=to)
    for header in headers:
        packet /= header
    return bytes(packet / IPv6(src=SIP, dst=CN) / UDP(sport=4000, dport=5000) / b"rejected")


def error_of(sock: socket.socket) -> int:
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


@pytest.mark.parametrize(("to", "interface"), [(TIP, "mn-core"), (SIP, "mn-mag")])
def test_a_rejection_comes_to_the_agent_alone(lab: Lab, to: str, interface: str) -> None:
    with talker(lab) as program:
        before = len(lab.events("mn", "heard"))
        send(lab, to, ICMPv6DestUnreach(code=REJECTED))
        wait_for(lambda: len(lab.events("mn", "heard")) > before)
        heard = lab.events("mn", "heard")[-1]
        assert (heard["message"], heard["on"]) == ("DestinationUnreachable", interface)
        assert (heard["from"], heard["to"]) == (LMA, to)
        octets = bytes.fromhex(heard["octets"])
        assert octets[:2] == bytes([1, REJECTED])
        assert IPv6(octets[8:])[UDP].sport == 4000
        program.send(b"goes on")
        assert error_of(program) == 0


def test_other_errors_are_the_programs(lab: Lab) -> None:
    with talker(lab) as program:

        def told() -> bool:
            send(lab, SIP, ICMPv6DestUnreach(code=PROHIBITED))
            return error_of(program) == errno.EACCES

        wait_for(told)
    assert lab.events("mn", "heard") == []


def test_a_header_before_it_hides_none(lab: Lab) -> None:
    with talker(lab) as program:
        send(lab, TIP, IPv6ExtHdrDestOpt(), ICMPv6DestUnreach(code=REJECTED))
        assert lab.wait_event("mn", "heard")["message"] == "DestinationUnreachable"
        assert error_of(program) == 0


def test_one_with_a_wrong_checksum_is_dropped_and_counted(lab: Lab) -> None:
    with talker(lab) as program:
        send(lab, TIP, ICMPv6DestUnreach(code=REJECTED, cksum=0x1234))
        wait_for(lambda: lab.ask("mn", "counters").get("dropped: checksum", 0) == 1)
        assert lab.events("mn", "heard") == []
        assert error_of(program) == 0


def test_a_flood_neither_reaches_programs_nor_keeps_the_agent(lab: Lab) -> None:
    with talker(lab) as program:
        raw = lab.socket("lma", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        octets = made(TIP, ICMPv6DestUnreach(code=REJECTED))
        for _ in range(3000):
            raw.sendto(octets, (TIP, 0))
        lab.wait_event("mn", "heard", 50)
        lab.perform("mn")
        assert len(lab.events("mn", "heard")) < 1000
        assert error_of(program) == 0
