"""The Mobility Header: what is a message, what is not, and what is kept of odd octets."""

from __future__ import annotations

import random

import pytest

from agents.wire import mobility
from agents.wire.address import Address, Prefix
from agents.wire.codec import Codec
from agents.wire.errors import WireError
from agents.wire.flow_options import EarlyFlowIdentification, FlowIdentification, FlowSummary
from agents.wire.flow_sub_options import BindingReference, Ipv4TrafficSelector, Ipv6TrafficSelector
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingRevocationIndication,
    BindingUpdate,
    CareOfTest,
    GenericSignalingAcknowledgement,
    GenericSignalingOption,
    GenericSignalingRequest,
    SecureGenericSignalingRequest,
    UnknownMobilityMessage,
    UpdateNotificationAcknowledgement,
)
from agents.wire.options import (
    AccessTechnologyType,
    AlternateCareOfAddress,
    AlternativeInterfaceIndicator,
    AnchoredPrefix,
    BindingIdentifier,
    DlifLinkLayerAddress,
    DlifLinkLocalAddress,
    ExperimentalOption,
    HandoffIndicator,
    HomeNetworkPrefix,
    LocalPrefix,
    MobileNetworkPrefix,
    MobileNodeGroupIdentifier,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    MobilityMessageReplayProtection,
    PreviousMaar,
    ServiceSelection,
    SessionHomeAddress,
    Timestamp,
    VendorSpecific,
)
from agents.wire.tlv import Padding, UnknownOption

LMA = Address.parse("2001:db8:f::1")
MAG = Address.parse("2001:db8:f::a1")
PREFIX = Prefix.parse("2001:db8:a:1::/64")


def emit(message: object) -> bytes:
    return mobility.emit(message, MAG, LMA)


def header(kind: int, body: str) -> bytes:
    """A Mobility Header of type ``kind`` with ``body`` from offset 6 on."""
    octets = bytes.fromhex(body)
    return bytes((59, (6 + len(octets)) // 8 - 1, kind, 0, 0, 0)) + octets


# Each line: an option, and its octets as the figures of its document draw them.
OPTIONS = [
    (MobileNetworkPrefix(PREFIX), "0612 00 40 20010db8000a00010000000000000000"),
    (MobilityMessageReplayProtection(0x83AA7E8000000001), "0a08 83aa7e8000000001"),
    (ExperimentalOption(b"\1\2"), "1202 0102"),
    (VendorSpecific(9, 7, b"\5"), "1306 00000009 07 05"),
    (ServiceSelection(b"ims"), "1403 696d73"),
    (HomeNetworkPrefix(PREFIX, 0x80), "1612 80 40 20010db8000a00010000000000000000"),
    (HandoffIndicator(6, 1), "1702 01 06"),
    (AccessTechnologyType(13), "1802 00 0d"),
    (MobileNodeLinkLayerIdentifier(b"\2\0\0\0\1\1"), "1908 0000 020000000101"),
    (BindingIdentifier(5, 0, 1, 20), "2304 0005 00 94"),
    (BindingIdentifier(5, 135, 0, 0, bytes(4)), "2308 0005 87 00 00000000"),
    (FlowSummary((1, 2, 3)), "2c06 0001 0002 0003"),
    (FlowIdentification(1, 2, 133, reserved=3), "2d06 0001 0002 03 85"),
    (
        FlowIdentification(
            1, 2, 0, (BindingReference((5, 6)), Ipv6TrafficSelector(start_source_port=80))
        ),
        "2d16 0001 0002 00 00 0204 0005 0006 0308 02 00 0080 0000 0050",
    ),
    (
        FlowIdentification(
            1,
            2,
            0,
            (
                Ipv4TrafficSelector(
                    start_source_address=0x0A000001,
                    end_source_address=0x0A0000FF,
                    start_destination_port=5004,
                    start_protocol=17,
                ),
            ),
        ),
        "2d19 0001 0002 00 00 0311 01 00 c0880000 0a000001 0a0000ff 138c 11",
    ),
    (MobileNodeGroupIdentifier(1, 77), "3206 01 00 0000004d"),
    (AnchoredPrefix(PREFIX), "4112 00 40 20010db8000a00010000000000000000"),
    (LocalPrefix(PREFIX), "4212 00 40 20010db8000a00010000000000000000"),
    (
        PreviousMaar(LMA, PREFIX),
        "4322 00 40 20010db8000f00000000000000000001 20010db8000a00010000000000000000",
    ),
    (DlifLinkLocalAddress(MAG), "4510 20010db8000f000000000000000000a1"),
    (DlifLinkLayerAddress(b"\2\0\0\0\1\1"), "4608 0000 020000000101"),
    (AlternativeInterfaceIndicator(3, bytes((192, 0, 2, 1))), "f006 00 03 c0000201"),
    (
        EarlyFlowIdentification(9, 0xABCD, 3, 139, 15, 5),
        "f106 09 abcd 03 8b f5",
    ),
    (SessionHomeAddress(2, LMA), "f312 02 00 20010db8000f00000000000000000001"),
    (UnknownOption(200, b"\xff"), "c801 ff"),
]


@pytest.mark.parametrize(("option", "octets"), OPTIONS, ids=lambda value: type(value).__name__)
def test_an_option_is_laid_out_as_its_document_says(option: object, octets: str) -> None:
    message = BindingUpdate(1, 0x8200, 75, (option,))
    emitted = emit(message)
    assert bytes.fromhex(octets) in emitted
    assert mobility.parse(emitted) == message
    assert mobility.checksum_ok(emitted, MAG, LMA)


MESSAGES = [
    (CareOfTest(9, bytes(range(8)), bytes(range(8, 16))), "0009 0001020304050607 08090a0b0c0d0e0f"),
    (UpdateNotificationAcknowledgement(30, 131), "001e 83 000000 01020000"),
    (GenericSignalingOption(), "0000"),
    (GenericSignalingRequest(40, 0x8000), "0001 0028 8000 01020000"),
    (GenericSignalingAcknowledgement(40, 132), "0002 0028 84 00 01020000"),
    (SecureGenericSignalingRequest(40, 0x8000), "0001 0028 8000 01020000"),
    (BindingUpdate(7, 0, 0), "0007 0000 0000 01020000"),
]


@pytest.mark.parametrize(("message", "body"), MESSAGES, ids=lambda value: type(value).__name__)
def test_a_message_is_laid_out_as_its_document_says(message: object, body: str) -> None:
    emitted = emit(message)
    assert emitted[6:].hex() == body.replace(" ", "")
    assert mobility.parse(emitted) == message


@pytest.mark.parametrize(
    "body",
    [
        "0001 8000 000a 00000000",  # four times Pad1 where PadN would do
        "0001 8000 000a 01020001",  # PadN with something in it
        "0001 8000 000a 17020003 0104 00000000 00 00",  # more than needed after an option
        "0001 8000 000a 0310 20010db80002000000000000000001000000",  # unaligned option
        "0001 8000 000a c80200ff",  # unknown option
    ],
)
def test_odd_padding_survives(body: str) -> None:
    octets = header(5, body)
    emitted = emit(mobility.parse(octets))
    assert emitted[:4] + emitted[6:] == octets[:4] + octets[6:]


def test_explicit_padding_must_fill_the_header() -> None:
    with pytest.raises(WireError, match="multiple of 8"):
        emit(BindingUpdate(1, 0, 0, (Padding(b"\0"),)))


def test_an_option_without_its_usual_padding_is_not_moved() -> None:
    octets = header(
        5, "0001 8000 000a 0310 20010db8000200000000000000000100 0104 00000000 0000 0000"
    )
    message = mobility.parse(octets)
    assert message.options[0] == AlternateCareOfAddress(Address.parse("2001:db8:2::100"))
    assert emit(message)[6:] == octets[6:]


@pytest.mark.parametrize(
    ("octets", "pointer", "reason"),
    [
        ("3b000500 0000 0001", 1, "of 2 octets"),  # RFC 6275 §9.2: below the message's least
        ("3a010500 0000 0001 0000 0000 01020000", 0, "payload protocol 58"),
        ("3b010500 0000", None, "of 6 octets"),
        ("3b020500 0000 0001 0000 0000 01020000", None, "24 octets in 16"),
        ("3b010500 0000 0001 0000 0000 03100000", None, "runs past the end"),
        ("3b010500 0000 0001 0000 0000 01010003", None, "cut off after its type"),
        ("3b010500 0000 0001 0000 0000 17010000", None, "Handoff Indicator of 1 octets"),
    ],
)
def test_what_is_no_message(octets: str, pointer: int | None, reason: str) -> None:
    with pytest.raises(WireError, match=reason) as caught:
        mobility.parse(bytes.fromhex(octets))
    assert caught.value.pointer == pointer


def test_a_prefix_longer_than_an_address_is_no_prefix() -> None:
    octets = bytearray(emit(BindingUpdate(1, 0, 0, (HomeNetworkPrefix(PREFIX),))))
    octets[octets.index(0x40)] = 129
    with pytest.raises(WireError, match="129 > 128"):
        mobility.parse(bytes(octets))


def test_unknown_messages_and_sub_types_survive() -> None:
    for kind, body in ((99, "0102030405060708 0000"), (16, "0700 0001 0000 01020000")):
        octets = header(kind, body)
        message = mobility.parse(octets)
        assert message == UnknownMobilityMessage(kind, octets[6:])
        assert emit(message)[6:] == octets[6:]


def test_the_reserved_octet_of_the_header_survives() -> None:
    octets = bytearray(emit(BindingUpdate(1, 0, 0)))
    octets[3] = 0xA5
    message = mobility.parse(bytes(octets))
    assert message == BindingUpdate(1, 0, 0, header_reserved=0xA5)
    assert emit(message)[3] == 0xA5


def test_the_header_ends_where_it_says() -> None:
    emitted = emit(BindingAcknowledgement(0, 0x20, 1, 75))
    assert mobility.parse(emitted + b"more") == mobility.parse(emitted)
    assert mobility.checksum_ok(emitted + b"more", MAG, LMA)


def test_a_checksum_is_of_its_addresses() -> None:
    emitted = emit(BindingUpdate(1, 0x8200, 75))
    assert mobility.checksum_ok(emitted, MAG, LMA)
    assert not mobility.checksum_ok(emitted, MAG, MAG)


@pytest.mark.parametrize(
    "message",
    [
        BindingUpdate(0x10000, 0, 0),
        BindingUpdate(-1, 0, 0),
        BindingUpdate(1, 0, 0, (AlternateCareOfAddress(Address(b"short")),)),
        BindingUpdate(1, 0, 0, (MobileNodeIdentifier(1, bytes(255)),)),
        BindingUpdate(1, 0, 0, (BindingIdentifier(1, priority=128),)),
        BindingUpdate(1, 0, 0, (BindingIdentifier(1, care_of_address=b"odd"),)),
        BindingUpdate(1, 0, 0, (AlternativeInterfaceIndicator(4, b""),)),
        BindingUpdate(1, 0, 0, (UnknownOption(200, bytes(256)),)),
        BindingUpdate(1, 0, 0, (UnknownOption(256, b""),)),
        BindingUpdate(
            1, 0, 0, (FlowIdentification(1, 1, 0, (Ipv6TrafficSelector(end_spi=1 << 32),)),)
        ),
        BindingUpdate(1, 0, 0, tuple(UnknownOption(200, bytes(255)) for _ in range(9))),
        BindingUpdate(1, 0, 0, ("no option",)),  # type: ignore[arg-type]
        BindingRevocationIndication(1, 1, 0, None),  # type: ignore[arg-type]
        "no message",
    ],
)
def test_what_does_not_fit_is_not_sent(message: object) -> None:
    with pytest.raises(WireError):
        emit(message)


def test_private_numbers_are_configurable() -> None:
    codec = Codec({GenericSignalingRequest: 200, AlternativeInterfaceIndicator: 150})
    message = GenericSignalingRequest(1, 0, (AlternativeInterfaceIndicator(4, MAG),))
    octets = mobility.emit(message, LMA, MAG, codec)
    assert octets[2] == 200
    assert b"\x96\x12\x00\x04" + MAG in octets
    assert mobility.parse(octets, codec) == message
    assert isinstance(mobility.parse(octets), UnknownMobilityMessage)


def test_timestamps_count_from_1970() -> None:
    assert Timestamp.at(1_700_000_000.5) == Timestamp(0x6553F1008000)
    assert Timestamp(0x6553F1008000).seconds == 1_700_000_000.5


@pytest.mark.parametrize(("message", "body"), MESSAGES, ids=lambda value: type(value).__name__)
def test_length_is_that_of_the_octets(message: object, body: str) -> None:
    assert mobility.length(message) == len(emit(message))


def test_options_may_come_in_any_order_and_number() -> None:
    chance = random.Random(5213)
    for _ in range(500):
        options = chance.choices([option for option, _ in OPTIONS], k=chance.randint(0, 12))
        message = BindingUpdate(1, 0, 0, tuple(options))
        assert mobility.parse(emit(message)) == message


def test_an_option_of_a_length_that_its_type_cannot_have_is_kept_unread() -> None:
    """xia §8.1 knows 6 and 18 octets, RFC 5648 §4.3 knows 4, 8 and 20."""
    for number, length in ((240, 7), (35, 5)):
        message = BindingUpdate(
            1, 0, 0, (UnknownOption(number, bytes(length)), HandoffIndicator(1))
        )
        assert mobility.parse(emit(message)) == message
