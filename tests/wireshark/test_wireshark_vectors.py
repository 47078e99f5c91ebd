"""Golden packets, numbers of one's own, and what is broken, as tshark with the plugin sees them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from dissected import Pairs, rebuilt, rows, shared, trees, write_capture
from test_vectors import MESSAGES, VECTORS, Vector, codec_of, name_of
from vector_packets import HOA

from agents.wire import packet
from agents.wire.address import Address
from agents.wire.codec import DEFAULT, Codec
from agents.wire.dmipv6_messages import DhoaResponse
from agents.wire.icmpv6_messages import DestinationUnreachable, RouterSolicitation
from agents.wire.messages import BindingUpdate, GenericSignalingOption, UnknownMobilityMessage
from agents.wire.names import message_name
from agents.wire.nd_options import RomipIdentifier
from agents.wire.options import MobileNodeIdentifier, SessionHomeAddress
from agents.wire.packet import Packet
from agents.wire.tlv import Padding

WIDE = 36
KNOWN_TO_WIRESHARK = {40, 41, 44, 57, 58, 59}
"""ICMPv6 of RFC 6275 and RFC 4443, a Router Advertisement, and tunnelled UDP."""
PEER = Address.parse("2001:db8::2")
MOVED = Address.parse("2001:db8:1::a")


@pytest.fixture(scope="module")
def layers(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Pairs]:
    """What tshark shows of each vector by its number."""
    folder = tmp_path_factory.mktemp("vectors")
    narrow = [vector for vector in VECTORS if vector.number != WIDE]
    capture = write_capture(folder / "vectors.pcap", (vector.octets for vector in narrow))
    shown = dict(zip((v.number for v in narrow), trees(plugin, capture), strict=True))
    wide = [vector for vector in VECTORS if vector.number == WIDE]
    capture = write_capture(folder / "wide.pcap", (vector.octets for vector in wide))
    return shown | {WIDE: trees(plugin, capture, "-o", "dmm.wide_flows:TRUE")[0]}


def innermost(message: Any) -> Any:
    return innermost(message.payload) if isinstance(message, Packet) else message


def without_padding(value: Any) -> Any:
    """Return ``value`` without the padding that came with it, which no field shows as such."""
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(without_padding(each) for each in value if not isinstance(each, Padding))
    if not is_dataclass(value):
        return value
    changes = {field.name: without_padding(getattr(value, field.name)) for field in fields(value)}
    return replace(value, **changes)  # type: ignore[type-var]


def is_shown(layers: Pairs) -> bool:
    return any(name == "dmm" for name, _ in layers)


def capture_of(folder: Path, *messages: Any, codec: Codec = DEFAULT) -> Path:
    packets = (packet.emit(Packet(HOA, PEER, message), codec) for message in messages)
    return write_capture(folder / "messages.pcap", packets)


@pytest.mark.parametrize("vector", MESSAGES, ids=name_of)
def test_a_vector_is_read_as_the_codec_reads_it(vector: Vector, layers: dict[int, Pairs]) -> None:
    message = innermost(packet.parse(vector.octets, codec_of(vector)))
    if vector.number in KNOWN_TO_WIRESHARK:
        assert not is_shown(layers[vector.number])
        return
    assert rebuilt(layers[vector.number]) == without_padding(message)
    assert shared(layers[vector.number], "message") == [message_name(message)]


def test_no_vector_is_malformed_or_left_undissected(plugin: Path, tmp_path: Path) -> None:
    packets = (vector.octets for vector in VECTORS if vector.number != WIDE)
    capture = write_capture(tmp_path / "vectors.pcap", packets)
    wrong = "_ws.malformed || dmm.malformed || dmm.undissected || dmm.checksum_wrong"
    assert not rows(plugin, capture, wrong, "frame.number")
    undecoded = '_ws.expert.group == "Undecoded"'
    assert not rows(plugin, capture, undecoded, "frame.number", "_ws.expert.message")


@pytest.mark.parametrize(
    ("number", "protocol", "info"),
    [
        (
            12,
            "PMIPv6",
            "Proxy Binding Acknowledgement, ACCEPTED, seq 1, lifetime 300 s, MN mn1@example.com,"
            " prefix 2001:db8:a:1::/64, ATTACHMENT_OVER_NEW_INTERFACE",
        ),
        (15, "S-PMIP", "Proxy Binding Query, seq 3, lifetime 0 s, prefix 2001:db8:a:1::100/128"),
        (20, "ROMIP", "dDBU, seq 11, lifetime 300 s, MOVED_NODE 2001:db8:a1::a,"),
        (
            35,
            "PMIPv6",
            "Proxy Binding Update, seq 51, lifetime 300 s, MN mn1@example.com, prefix"
            " 2001:db8:a:1::/64, flow 0, ADD, FORWARD, from 2001:db8:9::9 to 2001:db8:a:1::100"
            " port 5004 next header 17",
        ),
        (46, "DMIPv6", "Dynamic DHP Discovery Acknowledgement, 2001:db8:9::d1 (load 10, dist"),
        (55, "ROMIP", "Router Solicitation, from 02:00:00:00:01:01, sessions 2001:db8:a1::a wi"),
    ],
)
def test_the_columns_say_what_it_is_about(
    number: int, protocol: str, info: str, plugin: Path, tmp_path: Path
) -> None:
    octets = next(vector.octets for vector in VECTORS if vector.number == number)
    capture = write_capture(tmp_path / "one.pcap", [octets])
    [[said, about]] = rows(plugin, capture, "dmm", "_ws.col.Protocol", "_ws.col.Info")
    assert said == protocol
    assert about.startswith(info)


def test_numbers_of_one_s_own_are_preferences(plugin: Path, tmp_path: Path) -> None:
    numbers = {DhoaResponse: 201, GenericSignalingOption: 77, SessionHomeAddress: 99}
    numbers[RomipIdentifier] = 254
    messages = (
        DhoaResponse(MOVED),
        GenericSignalingOption((MobileNodeIdentifier(1, b"mn1"),)),
        BindingUpdate(1, 0x8200, 2, (SessionHomeAddress(1, MOVED),)),
        RouterSolicitation((RomipIdentifier(3, b"mn1\0"),)),
    )
    capture = capture_of(tmp_path, *messages, codec=Codec(numbers))
    preferences = {
        "dhoa_response": 201,
        "generic_signaling_option": 77,
        "session_home_address": 99,
        "romip_sessions": 254,
    }
    told = [word for name, n in preferences.items() for word in ("-o", f"dmm.number_{name}:{n}")]
    shown = trees(plugin, capture, *told)
    assert [rebuilt(each) for each in shown] == list(messages)
    assert not is_shown(trees(plugin, capture)[0])


@pytest.mark.parametrize(
    ("preference", "flags", "name"),
    [
        ("dmm.query_update:8", 0x8208, "ProxyBindingQuery"),
        ("dmm.query_update:4", 0x8208, "ProxyBindingUpdate"),
        ("dmm.query_update:4", 0x8204, "ProxyBindingQuery"),
    ],
)
def test_the_place_of_q_is_a_preference(
    preference: str, flags: int, name: str, plugin: Path, tmp_path: Path
) -> None:
    capture = capture_of(tmp_path, BindingUpdate(1, flags, 2))
    [shown] = trees(plugin, capture, "-o", preference)
    assert shared(shown, "message") == [name]
    assert shared(shown, "flag.q")[0] in (("1", "True") if "Query" in name else ("0", "False"))


@pytest.mark.parametrize(
    ("profile", "name"), [("seed-bits", "sDBU"), ("iana-safe", "dDBU"), (None, "dDBU")]
)
def test_the_places_of_d_and_e_are_a_preference(
    profile: str | None, name: str, plugin: Path, tmp_path: Path
) -> None:
    capture = capture_of(tmp_path, BindingUpdate(1, 0x8214, 2, (SessionHomeAddress(1, MOVED),)))
    told = ["-o", f"dmm.session_flags:{profile}"] if profile else []
    assert shared(trees(plugin, capture, *told)[0], "message") == [name]


def test_every_cut_message_is_shown_as_malformed(plugin: Path, tmp_path: Path) -> None:
    """However little there is, it is shown, and no error of Lua."""
    whole = next(vector.octets for vector in VECTORS if vector.number == 35)
    cut = [
        whole[:4] + (length - 40).to_bytes(2, "big") + whole[6:length]
        for length in range(48, len(whole))
    ]
    capture = write_capture(tmp_path / "cut.pcap", cut)
    assert len(rows(plugin, capture, "dmm.malformed", "frame.number")) == len(cut)


def test_what_an_error_message_cuts_off_is_not_malformed(plugin: Path, tmp_path: Path) -> None:
    update = BindingUpdate(7, 0x8200, 2, (MobileNodeIdentifier(1, b"a" * 60),))
    cut = packet.emit(Packet(HOA, PEER, update))[:80]
    capture = capture_of(tmp_path, DestinationUnreachable(cut))
    assert not rows(plugin, capture, "dmm.malformed", "frame.number")
    assert rows(plugin, capture, "dmm.cut", "dmm.sequence") == [["7"]]


def test_what_nobody_knows_is_said_to_be_undissected(plugin: Path, tmp_path: Path) -> None:
    capture = capture_of(tmp_path, UnknownMobilityMessage(200, bytes(10)))
    assert not rows(plugin, capture, "dmm.malformed", "frame.number")
    assert rows(plugin, capture, "dmm.undissected", "dmm.type") == [["200"]]


def test_what_only_wireshark_knows_is_left_to_it(plugin: Path, tmp_path: Path) -> None:
    heartbeat = UnknownMobilityMessage(13, bytes(10))
    assert not is_shown(trees(plugin, capture_of(tmp_path, heartbeat))[0])


def test_a_wrong_checksum_is_seen(plugin: Path, tmp_path: Path) -> None:
    wrong = packet.emit(Packet(HOA, PEER, BindingUpdate(7, 0, 2), checksum=1))
    capture = write_capture(tmp_path / "wrong.pcap", [wrong])
    assert len(rows(plugin, capture, "dmm.checksum_wrong", "frame.number")) == 1
