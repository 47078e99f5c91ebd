"""Whole packets: extension headers, tunnels, fragments, and addresses of the pseudo-header."""

from __future__ import annotations

import pytest

from agents.wire import packet
from agents.wire.address import Address
from agents.wire.errors import WireError
from agents.wire.extension_headers import (
    DestinationOptions,
    Fragment,
    HopByHopOptions,
    Type2Routing,
    UnknownRouting,
)
from agents.wire.extension_options import HomeAddress, TunnelEncapsulationLimit
from agents.wire.icmpv6_messages import EchoRequest
from agents.wire.messages import BindingUpdate
from agents.wire.packet import Opaque, Packet
from agents.wire.tlv import UnknownOption

HOA = Address.parse("2001:db8:1::100")
COA = Address.parse("2001:db8:2::100")
HA = Address.parse("2001:db8:1::1")


@pytest.mark.parametrize(
    "headers",
    [
        (HopByHopOptions((UnknownOption(5, b"\0\0"),)),),
        (DestinationOptions((UnknownOption(0x1E, b"abc"), HomeAddress(HOA))),),
        (DestinationOptions((HomeAddress(HOA), TunnelEncapsulationLimit(0))), Type2Routing(HOA)),
        (Type2Routing(HOA, segments_left=0, reserved=7),),
        (UnknownRouting(4, 0, bytes(20)), DestinationOptions()),
        (Fragment(0, 0, 77, reserved2=3, reserved=9),),
    ],
)
def test_extension_headers_come_back(headers: tuple[object, ...]) -> None:
    sent = Packet(COA, HA, BindingUpdate(1, 0xC000, 60), headers, 7, 0xB8, 0xABCDE)
    assert packet.parse(packet.emit(sent)) == sent


@pytest.mark.parametrize("fragment", [Fragment(0, 1, 77), Fragment(181, 0, 77)])
def test_a_piece_of_a_packet_is_not_looked_into(fragment: Fragment) -> None:
    piece = Packet(COA, HA, Opaque(135, b"not a mobility header"), (fragment,))
    assert packet.parse(packet.emit(piece)) == piece


def test_the_pseudo_header_is_that_of_the_home_address() -> None:
    update = BindingUpdate(1, 0xC000, 60)
    direct = packet.emit(Packet(HOA, HA, update))
    away = packet.emit(Packet(COA, HA, update, (DestinationOptions((HomeAddress(HOA),)),)))
    assert away[-16:] == direct[-16:]
    routed = packet.emit(Packet(HOA, COA, update, (Type2Routing(HA),)))
    assert routed[-16:] == direct[-16:]
    arrived = packet.emit(Packet(HOA, HA, update, (Type2Routing(COA, segments_left=0),)))
    assert arrived[-16:] == direct[-16:]


def test_what_follows_the_packet_is_no_part_of_it() -> None:
    sent = Packet(COA, HA, EchoRequest(1, 2, b"ping"))
    assert packet.parse(packet.emit(sent) + bytes(14)) == sent


def test_what_follows_the_message_is_kept() -> None:
    sent = Packet(COA, HA, BindingUpdate(1, 0xC000, 60), trailing=b"12345678")
    assert packet.parse(packet.emit(sent)) == sent


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("45" + "00" * 59, "version 4"),
        ("60" + "00" * 20, "21 octets"),
        ("60000000 0008 3c 40" + "00" * 32 + "3b01010400000000", "runs past the end"),
        ("60000000 0004 3c 40" + "00" * 32 + "3b000104", "is cut off"),
        ("60000000 0010 3a 40" + "00" * 32 + "85 00 0000 00000000 0100000000000000", "length"),
    ],
)
def test_what_is_no_packet(octets: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        packet.parse(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "unfit",
    [
        Packet(COA, HA, Opaque(17, b""), flow_label=1 << 20),
        Packet(COA, HA, Opaque(17, b""), hop_limit=256),
        Packet(COA, HA, "no payload"),
        Packet(Address(b"short"), HA, Opaque(17, b"")),
        Packet(COA, HA, Opaque(17, b""), (UnknownRouting(4, 0, b"odd"),)),
        Packet(COA, HA, Opaque(17, bytes(70000))),
        Packet(COA, HA, EchoRequest(1, 1), ("no header",)),
        Packet(COA, HA, EchoRequest(1, 1), checksum=65536),
    ],
)
def test_what_does_not_fit_is_not_sent(unfit: Packet) -> None:
    with pytest.raises(WireError):
        packet.emit(unfit)
