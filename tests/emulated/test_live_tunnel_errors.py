"""Packets that are too large for a tunnel: their senders are told by its entry (RFC 2473 §7.1)."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator

import pytest
from live_lab import CN, CORE, DATA_PATHS, HOME, LMA, MAG, MN, PUPPET, Lab, lab_on, octets, packets

from agents.live.tunnel_errors import inside
from agents.wire.address import Address
from agents.wire.icmpv6_messages import PacketTooBig

ICMPV6 = 58
LOCAL = Address.parse(LMA)


def header(protocol: int, source: str, destination: str) -> bytes:
    return struct.pack("!IHBB", 6 << 28, 1400, protocol, 63) + octets(source) + octets(destination)


def too_big(mtu: int, *headers: bytes) -> bytes:
    return struct.pack("!BBHI", 2, 0, 0, mtu) + b"".join(headers) + bytes(1100)


OUTER = header(41, LMA, MAG)
INNER = header(17, CN, MN)


def test_a_sender_is_told_what_the_tunnel_leaves() -> None:
    problem = inside(too_big(1500, OUTER, INNER), LOCAL)
    assert problem == PacketTooBig(1460, (INNER + bytes(1100))[:1232])
    problem = inside(too_big(1300, OUTER, INNER), LOCAL)
    assert problem is not None and problem.mtu == 1280


@pytest.mark.parametrize(
    "message",
    [
        too_big(1500, header(41, MAG, LMA), INNER),
        too_big(1500, header(17, LMA, MAG), INNER),
        too_big(1500, OUTER, header(17, "::", MN)),
        too_big(1500, OUTER, header(17, "ff05::1", MN)),
        too_big(1500, OUTER, header(58, CN, MN), b"\x01\x00"),
        too_big(1500, OUTER, header(58, CN, MN), b"\x89\x00"),
        too_big(1500, OUTER)[:60],
        b"\x02\x00",
    ],
    ids=["of another", "no tunnel", "nobody", "group", "error", "redirect", "cut", "empty"],
)
def test_nobody_is_told_of_what_is_not_a_packet_in_a_tunnel_from_here(message: bytes) -> None:
    assert inside(message, LOCAL) is None


@pytest.fixture(scope="module", params=DATA_PATHS)
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        accept = {"AcceptTunnels": {"local": LMA, "delivery": "routed"}}
        made.start("lma", "puppet", {"initial": [accept]})
        tunnel = {"AddTunnel": {"local": LMA, "remote": MAG}}
        made.perform("lma", tunnel, {"AddRoute": {"prefix": HOME, "tunnel": MAG}})
        yield made


@pytest.mark.root
@pytest.mark.stock
def test_a_correspondent_learns_the_mtu_of_a_tunnel_and_of_its_way(lab: Lab) -> None:
    said = lab.run("cn", "ping", "-c", "2", "-i", "0.2", "-M", "do", "-s", "1452", MN)
    assert "Packet too big: mtu=1460" in said or "message too long, mtu: 1460" in said
    assert "mtu 1460" in lab.run("cn", "ip", "-6", "route", "get", MN)
    lab.run("core", "ip", "link", "set", "core-mag", "mtu", "1400")
    lab.run("cn", "ping", "-c", "4", "-i", "0.2", "-M", "do", "-s", "1412", MN)
    assert "mtu 1360" in lab.run("cn", "ip", "-6", "route", "get", MN)


@pytest.mark.root
@pytest.mark.stock
def test_nobody_is_told_of_a_packet_to_where_no_tunnel_leads(lab: Lab) -> None:
    invented = too_big(1300, header(41, LMA, CORE), header(17, CN, MN))
    send = (
        "import socket, sys; s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58);"
        "s.sendto(bytes.fromhex(sys.argv[1]), (sys.argv[2], 0))"
    )
    tap = lab.tap("cn", "cn-lma")
    before = lab.run("cn", "ip", "-6", "route", "get", MN)
    lab.run("core", sys.executable, "-c", send, invented.hex(), LMA)
    assert lab.pings("core", CN)
    assert lab.run("cn", "ip", "-6", "route", "get", MN).count("mtu") == before.count("mtu")
    assert not [each for each in packets(tap) if each[6] == ICMPV6 and each[40] == 2]
