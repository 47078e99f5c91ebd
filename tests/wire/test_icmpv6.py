"""ICMPv6 and Neighbor Discovery: layouts, reserved bits, lengths in units of 8 octets."""

from __future__ import annotations

import pytest

from agents.wire import icmpv6
from agents.wire.address import Address, Prefix
from agents.wire.errors import WireError
from agents.wire.icmpv6 import (
    EchoReply,
    MobilePrefixAdvertisement,
    MobilePrefixSolicitation,
    MulticastListenerDone,
    MulticastListenerQuery,
    MulticastListenerReport,
    MulticastListenerReportV2,
    PacketTooBig,
    ParameterProblem,
    TimeExceeded,
    UnknownIcmpv6Message,
)
from agents.wire.ndisc import (
    Mtu,
    NeighborAdvertisement,
    NeighborSolicitation,
    PrefixInformation,
    RomipAddress,
    RomipIdentifier,
    RouteInformation,
    RouterAdvertisement,
    RouterSolicitation,
    SourceLinkLayerAddress,
    TargetLinkLayerAddress,
    UnknownNdOption,
)

HA = Address.parse("2001:db8:1::1")
HOA = Address.parse("2001:db8:1::100")
GROUP = Address.parse("ff05::4d41:4701")
PREFIX = PrefixInformation(Prefix.parse("2001:db8:1::/64"), 0xC0, 86400, 14400)

MESSAGES = [
    (PacketTooBig(1460, b"invoking"), "02 00 000005b4", b"invoking".hex()),
    (TimeExceeded(b"invoking", code=1), "03 01 00000000", b"invoking".hex()),
    (ParameterProblem(42, b"invoking", code=2), "04 02 0000002a", b"invoking".hex()),
    (EchoReply(7, 8, b"x"), "81 00 0007 0008", "78"),
    (
        MulticastListenerQuery(10000, GROUP),
        "82 00 2710 0000",
        "ff05000000000000000000004d414701",
    ),
    (
        MulticastListenerQuery(10000, GROUP, bytes.fromhex("027d0000")),
        "82 00 2710 0000",
        "ff05000000000000000000004d414701 02 7d 0000",
    ),
    (
        MulticastListenerReport(GROUP, b"more"),
        "83 00 0000 0000",
        "ff05000000000000000000004d414701" + b"more".hex(),
    ),
    (MulticastListenerDone(GROUP), "84 00 0000 0000", "ff05000000000000000000004d414701"),
    (
        MulticastListenerReportV2(1, bytes.fromhex("04000000") + GROUP),
        "8f 00 0000 0001",
        "04 00 0000 ff05000000000000000000004d414701",
    ),
    (
        NeighborSolicitation(HA, (SourceLinkLayerAddress(b"\2\0\0\0\0\1"),)),
        "87 00 00000000",
        "20010db8000100000000000000000001 0101 020000000001",
    ),
    (
        NeighborAdvertisement(HA, 0xE0000000, (TargetLinkLayerAddress(b"\2\0\0\0\0\1"),)),
        "88 00 e0000000",
        "20010db8000100000000000000000001 0201 020000000001",
    ),
    (MobilePrefixSolicitation(9), "92 00 0009 0000", ""),
    (
        MobilePrefixAdvertisement(9, 0xC000, (PREFIX,)),
        "93 00 0009 c000",
        "0304 40 c0 00015180 00003840 00000000 20010db8000100000000000000000000",
    ),
    (
        RouterAdvertisement(64, 0, 1800, 1, 2, (Mtu(1460), RouteInformation(0, 8, 90))),
        "86 00 40 00 0708 00000001 00000002",
        "0501 0000 000005b4 1801 00 08 0000005a",
    ),
    (
        RouterSolicitation((RomipIdentifier(3, b"mn1" + bytes(1)), RomipAddress(60, HOA))),
        "85 00 00000000",
        "fd01 03 03 6d6e31 00" + "fd03 02 00 0000003c 20010db8000100000000000000000100",
    ),
    (
        RouterSolicitation((UnknownNdOption(253, b"\x09" + bytes(5)),)),
        "85 00 00000000",
        "fd01 090000000000",
    ),
    (UnknownIcmpv6Message(200, b"abcd", code=3), "c8 03", b"abcd".hex()),
]


@pytest.mark.parametrize(
    ("message", "head", "rest"), MESSAGES, ids=lambda value: type(value).__name__
)
def test_a_message_is_laid_out_as_its_document_says(message: object, head: str, rest: str) -> None:
    start = bytes.fromhex(head)
    octets = icmpv6.emit(message, HA, HOA)
    assert octets[:2] + octets[4:] == start + bytes.fromhex(rest)
    assert icmpv6.parse(octets) == message
    assert icmpv6.checksum_ok(octets, HA, HOA)
    assert not icmpv6.checksum_ok(octets, HA, HA)
    assert icmpv6.length(message) == len(octets)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        ("850000", "3 octets"),
        ("85000000 00", "of 1 octets"),
        ("85000000 00000000 01", "cut off"),
        ("85000000 00000000 0100 000000000000", "wrong length"),
        ("85000000 00000000 0102 000000000000", "wrong length"),
        ("85000000 00000000 0501 000000000000 0502 00000000 00000000 00000000 0000", "MTU of 14"),
        ("82000000 00000000 ff05", "Query of 6 octets"),
        ("8f000000 0000", "Report of 2 octets"),
        ("91000000 12340000 20010db8", "within an element"),
    ],
)
def test_what_is_no_message(octets: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        icmpv6.parse(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "message",
    [
        RouterSolicitation((SourceLinkLayerAddress(b"\2\0\0\0\0\0\0\1"),)),
        RouterSolicitation((UnknownNdOption(9, b"odd"),)),
        NeighborSolicitation(Address(b"short")),
        EchoReply(70000, 0),
    ],
)
def test_what_does_not_fit_is_not_sent(message: object) -> None:
    with pytest.raises(WireError):
        icmpv6.emit(message, HA, HOA)
