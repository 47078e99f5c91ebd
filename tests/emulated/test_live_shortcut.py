"""Packets of optimized pairs as octets: what is put in, what is known again, what is told back."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (
    HAO,
    HBHOptUnknown,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)

from agents.core.actions import Optimize
from agents.live import offload
from agents.live.carried import split
from agents.live.delivery import delivered, translated
from agents.live.netlink import Failure, Netlink, Request
from agents.live.packet_log import Logged
from agents.live.shortcut import Shortcut
from agents.wire.address import Address

LOCAL, PEER, LOCAL_CARE, PEER_CARE, ROUTER = (
    Address.parse(f"2001:db8:{n}::1") for n in ("a", "b", "c", "d", "e")
)
CARES = [(LOCAL_CARE, None), (None, PEER_CARE), (LOCAL_CARE, PEER_CARE)]
pairs = pytest.mark.parametrize(
    "cares", CARES, ids=["at the local end", "at the peer's", "at both"]
)
Cares = tuple[Address | None, Address | None]


def shortcut(cares: Cares) -> Shortcut:
    return Shortcut(Optimize(LOCAL, PEER, *cares))


def mirrored(cares: Cares) -> Shortcut:
    """What the other end of the pair has."""
    return Shortcut(Optimize(PEER, LOCAL, *reversed(cares)))


def datagram(*headers: object) -> IPv6:
    made = IPv6(src=str(LOCAL), dst=str(PEER))
    for header in headers:
        made /= header
    return made / UDP(sport=1, dport=2) / b"speech"


@pairs
@pytest.mark.parametrize("before", ["nothing", "hop-by-hop", "fragment"])
def test_scapy_finds_the_headers_where_the_rfc_has_them(cares: Cares, before: str) -> None:
    own = {
        "nothing": [],
        "hop-by-hop": [IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=0x1E, optdata=bytes(4))])],
        "fragment": [IPv6ExtHdrFragment(id=7)],
    }[before]
    plain = bytes(datagram(*own))
    made = IPv6(bytes(shortcut(cares).insert(bytearray(plain))))
    order = [type(layer) for layer in _layers(made)]
    expected: list[type] = [IPv6]
    expected += [IPv6ExtHdrHopByHop] if before == "hop-by-hop" else []
    expected += [IPv6ExtHdrRouting] if cares[1] else []
    expected += [IPv6ExtHdrDestOpt] if cares[0] else []
    expected += [IPv6ExtHdrFragment] if before == "fragment" else []
    assert order[: len(expected)] == expected
    assert made.plen == len(bytes(made)) - 40
    assert (made.src, made.dst) == (str(cares[0] or LOCAL), str(cares[1] or PEER))
    if cares[0]:
        assert made[HAO].hoa == str(LOCAL)
    if cares[1]:
        assert made[IPv6ExtHdrRouting].addresses == [str(PEER)]
    assert bytes(made).endswith(plain[48:]), "the checksum over home addresses stays"


def _layers(packet: IPv6) -> list[object]:
    found: list[object] = [packet]
    while packet.payload:
        packet = packet.payload
        found.append(packet)
    return found


@pairs
def test_the_other_end_knows_it_again_and_gets_the_same_packet(cares: Cares) -> None:
    plain = bytes(datagram())
    sent = bytes(shortcut(cares).insert(bytearray(plain)))
    other = mirrored(cares)
    known = bytearray(sent[8 : 8 + len(other.arriving)])
    known[len(other.arriving) - 24] = 0
    assert (sent[6], bytes(known)) == (other.expected, other.arriving)
    packet = split(Logged(sent, 0))
    assert packet is not None
    told, given_ = delivered(packet, other.returning)
    assert told == offload.WHOLE
    assert (given_[8:40], given_[packet.payload :]) == (plain[8:40], plain[40:])
    assert IPv6(given_)[UDP].chksum == IPv6(plain)[UDP].chksum


def test_a_begun_checksum_is_told_to_the_kernel() -> None:
    plain = bytearray(bytes(datagram()))
    whole = struct.unpack_from("!H", plain, 46)[0]
    pseudo = bytes(plain[8:40]) + struct.pack("!II", len(plain) - 40, 17)
    plain[46:48] = (0xFFFF - offload.checksum(pseudo)).to_bytes(2, "big")
    sent = bytes(shortcut(CARES[0]).insert(plain))
    packet = split(Logged(sent, 0))
    assert packet is not None
    told, given_ = delivered(packet, bytes(LOCAL + PEER))
    assert told != offload.WHOLE
    completed = bytearray(given_)
    offload.complete(told, completed)
    assert struct.unpack_from("!H", completed, packet.payload + 6)[0] == whole


@given(st.binary(max_size=1500))
def test_sums_are_those_of_scapy(octets: bytes) -> None:
    made = IPv6(bytes(IPv6(src=str(LOCAL), dst=str(PEER)) / UDP(sport=1, dport=2) / octets))
    pseudo = bytes(made)[8:40] + struct.pack("!II", made.plen, 17)
    assert offload.checksum(pseudo + bytes(made)[40:]) in (0, 0xFFFF)


@pairs
@pytest.mark.parametrize(
    "error", [ICMPv6PacketTooBig(mtu=1400), ICMPv6TimeExceeded()], ids=["too big", "too far"]
)
def test_a_router_s_error_is_told_in_the_sender_s_words(cares: Cares, error: object) -> None:
    plain = bytes(datagram())
    mine = shortcut(cares)
    about = bytes(mine.insert(bytearray(plain)))
    told = bytes(IPv6(src=str(ROUTER), dst=str(cares[0] or LOCAL)) / error / about)
    answer = translated(told, [mirrored(cares), mine])
    assert answer is not None
    heard = IPv6(answer)
    assert (heard.src, heard.dst, heard.hlim) == (str(ROUTER), str(LOCAL), 255)
    assert answer[48:] == plain
    if isinstance(error, ICMPv6PacketTooBig):
        assert heard[ICMPv6PacketTooBig].mtu == 1400 - len(mine.headers)
    rebuilt = IPv6(answer)
    del rebuilt.payload.cksum
    assert bytes(rebuilt) == answer, "the checksum is right"


def test_an_error_about_what_is_no_pair_s_stays_as_it_is() -> None:
    told = bytes(IPv6(src=str(ROUTER), dst=str(LOCAL)) / ICMPv6PacketTooBig(mtu=1400) / datagram())
    assert translated(told, [shortcut(cares) for cares in CARES]) is None
    assert translated(told[:60], [shortcut(cares) for cares in CARES]) is None


def test_requests_for_which_memory_is_short_are_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = [Failure(errno.ENOMEM, ""), Failure(errno.ENOMEM, ""), None]
    asked: list[Request] = []

    def execute(self: Netlink, requests: list[Request]) -> list[Failure | None]:
        asked.extend(requests)
        return [short.pop(0) if request.kind else None for request in requests]

    monkeypatch.setattr(Netlink, "_execute", execute)
    lacking, other = Request(1, 0, b""), Request(0, 0, b"")
    assert Netlink().execute([other, lacking, other]) == [None, None, None]
    assert asked == [other, lacking, other, lacking, lacking]
