"""Sends whole IPv6 packets as they are: each line of the input is a JSON list of them in hex."""

from __future__ import annotations

import json
import socket
import sys

FREEBIND = 78  # IPV6_FREEBIND of linux/in6.h

raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
raw.setsockopt(socket.IPPROTO_IPV6, FREEBIND, 1)
print("ready", flush=True)
for line in sys.stdin:
    packets = [bytes.fromhex(each) for each in json.loads(line)]
    for packet in packets:
        raw.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
    print(len(packets), flush=True)
