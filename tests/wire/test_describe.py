"""Messages in words and as plain values."""

from __future__ import annotations

import json

import pytest
from vector_packets import PACKETS

from agents.wire.address import UNSPECIFIED
from agents.wire.describe import plain, words
from agents.wire.diameter import AaAnswer, AaRequest, DiameterHeader
from agents.wire.icmpv6_messages import RouterAdvertisement, TimeExceeded
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, UnknownMobilityMessage
from agents.wire.names import message_name
from agents.wire.options import HandoffIndicator, SessionHomeAddress, Timestamp
from agents.wire.tlv import UnknownOption

SESSION = (SessionHomeAddress(1, UNSPECIFIED),)


@pytest.mark.parametrize("number", PACKETS)
def test_every_message_has_words_and_values(number: int) -> None:
    packet = PACKETS[number]
    lines = words(packet)
    assert lines[0].startswith(f"IPv6 {packet.source} -> {packet.destination}")
    assert all(line.strip() and "Address(" not in line and "(name" not in line for line in lines)
    assert ("    checksum: correct" in lines) is (number not in {2, 18, 58, 59})
    assert json.loads(json.dumps(plain(packet)))["destination"] == str(packet.destination)


def test_numbers_have_their_names_and_units() -> None:
    acknowledgement = BindingAcknowledgement(156, 0x21, 7, 75, (Timestamp.at(1_700_000_000.5),))
    assert words(acknowledgement) == [
        "Proxy Query Acknowledgement (RFC 6275 §6.1.8, RFC 5213 §8.2)",
        "  status: TIMESTAMP_MISMATCH (156)",
        "  flags: PROXY | QUERY (0x21)",
        "  sequence: 7",
        "  lifetime: 75 (300 s)",
        "  Timestamp (RFC 5213 §8.8)",
        "    value: 111411200032768 (1700000000.5 s)",
    ]


def test_what_has_no_name_is_shown_as_it_is() -> None:
    update = BindingUpdate(
        1, 0x0006, 0, (HandoffIndicator(99, reserved=3), UnknownOption(200, b"\0\xff"))
    )
    lines = words(update)
    assert "  flags: 0x6 (0x6)" in lines
    assert "    value: unassigned (99)" in lines
    assert "    reserved: 3" in lines
    assert lines[-3:] == ["  Unknown Option", "    type: 200", "    data: 00ff"]


def test_a_reserved_octet_is_shown_only_if_it_is_set() -> None:
    silent = words(UnknownMobilityMessage(99, b"body"))
    assert silent == ["Unknown Mobility Message", "  type: 99", "  data: body"]
    assert "  header reserved: 5" in words(UnknownMobilityMessage(99, b"", header_reserved=5))


def test_the_packet_that_an_error_speaks_of_is_told() -> None:
    lines = words(PACKETS[57].payload)
    packet = "IPv6 2001:db8:a:1::100 -> 2001:db8:9::9, next header 17"
    assert lines[-1] == f"  invoking: 52 octets of a packet: {packet}"
    assert words(TimeExceeded(b"short"))[-1] == "  invoking: short"


def test_values_are_plain() -> None:
    assert plain(RouterAdvertisement(64, 0x20, 1800, 0, 0)) == {
        "name": "RouterAdvertisement",
        "code": 0,
        "hop_limit": 64,
        "flags": 0x20,
        "router_lifetime": 1800,
        "reachable_time": 0,
        "retrans_timer": 0,
        "options": [],
    }
    option = plain(PACKETS[12].payload)["options"][1]
    assert option == {"name": "HomeNetworkPrefix", "prefix": "2001:db8:a:1::/64", "reserved": 0}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (BindingUpdate(1, 0x8200, 0), "ProxyBindingUpdate"),
        (BindingUpdate(1, 0x8208, 0), "ProxyBindingQuery"),
        (BindingUpdate(1, 0xC000, 0), "BindingUpdate"),
        (BindingAcknowledgement(0, 0x20, 0, 0), "ProxyBindingAcknowledgement"),
        (BindingAcknowledgement(0, 0x21, 0, 0), "ProxyQueryAcknowledgement"),
        (BindingAcknowledgement(0, 0x23, 0, 0), "ProxyBindingAcknowledgement"),
        (BindingAcknowledgement(0, 0x80, 0, 0), "BindingAcknowledgement"),
        (RouterAdvertisement(64, 0, 0, 0, 0), "RouterAdvertisement"),
        (DiameterHeader(280, True), "Device-Watchdog-Request"),
        (DiameterHeader(999, False), "Diameter-999-Answer"),
        (AaAnswer("s", 2001, "u", "h", "r"), "AA-Answer"),
        (AaRequest("s", "u", UNSPECIFIED, "h", "r", "r"), "AA-Request"),
        (BindingUpdate(1, 0x8200, 0, SESSION), "sDBU"),
        (BindingUpdate(1, 0x8300, 0, SESSION), "dDBU"),
        (BindingAcknowledgement(0, 0x20, 0, 0, SESSION), "sDBA"),
        (BindingAcknowledgement(0, 0x30, 0, 0, SESSION), "dDBA"),
        (BindingUpdate(1, 0x8210, 0, SESSION), "sDBU"),
        (BindingUpdate(1, 0x8214, 0, SESSION), "dDBU"),
        (BindingAcknowledgement(0, 0x22, 0, 0, SESSION), "sDBA"),
        (BindingAcknowledgement(0, 0x23, 0, 0, SESSION), "dDBA"),
    ],
)
def test_names(message: object, name: str) -> None:
    assert message_name(message) == name
