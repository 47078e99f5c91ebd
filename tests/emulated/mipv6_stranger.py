"""A mobile node, or a home agent, that speaks RFC 6275 by scapy alone.

Run by itself on a node as ``mipv6_stranger.py mobile|agent HOME_ADDRESS HOME_AGENT``. It prints a
JSON object for each message that it hears; each line of its input is a message for it to send.
"""

from __future__ import annotations

import json
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scapy.layers.inet6 import (
    HAO,
    MIP6MH_BA,
    MIP6MH_BU,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
    MIP6OptAltCoA,
    in6_chksum,
)

ETH_P_ALL, MOBILITY, IPV6_IN_IPV6, ROUTING, DESTINATION = 3, 135, 41, 43, 60
UPDATE, ACKNOWLEDGEMENT = 5, 6
CHECKSUM = slice(4, 6)


def say(**about: Any) -> None:
    print(json.dumps(about), flush=True)


def checksum_holds(packet: IPv6, source: str, destination: str) -> bool:
    """Whether a Mobility Header's checksum is that of these two ends (RFC 6275 §6.1.1)."""
    header = bytes(packet[MIP6MH_BU] if MIP6MH_BU in packet else packet[MIP6MH_BA])
    ends = IPv6(src=source, dst=destination, nh=MOBILITY)
    return header[CHECKSUM] == in6_chksum(
        MOBILITY, ends, header[:4] + bytes(2) + header[6:]
    ).to_bytes(2, "big")


class Stranger:
    """Raw packets in and out, whatever the kernel of this node thinks of them."""

    def __init__(self, home: str, agent: str) -> None:
        self.home, self.agent = home, agent
        self._out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))

    def send(self, packet: IPv6) -> None:
        octets = bytes(packet)
        self._out.sendto(octets, (socket.inet_ntop(socket.AF_INET6, octets[24:40]), 0))

    def take(self) -> None:
        octets, (_, _, kind, *_) = self.tap.recvfrom(65535)
        if kind != socket.PACKET_OUTGOING and octets[0] >> 4 == 6:  # type: ignore[attr-defined]
            self.heard(octets)

    def heard(self, octets: bytes) -> None:
        raise NotImplementedError

    def order(self, order: dict[str, Any]) -> None:
        raise NotImplementedError


class MobileNode(Stranger):
    """Registers as it is told, and answers pings to its home address through the tunnel."""

    def order(self, order: dict[str, Any]) -> None:
        self.send(
            IPv6(src=order["care_of"], dst=self.agent)
            / IPv6ExtHdrDestOpt(options=[HAO(hoa=self.home)])
            / MIP6MH_BU(
                seq=order["sequence"],
                flags=order.get("flags", "AH"),
                mhtime=order["lifetime"],
                options=[MIP6OptAltCoA(acoa=order["care_of"])],
            )
        )

    def heard(self, octets: bytes) -> None:
        packet = IPv6(octets)
        if packet.nh == ROUTING and MIP6MH_BA in packet:
            routed_to = packet[IPv6ExtHdrRouting].addresses[0]
            answer = packet[MIP6MH_BA]
            say(
                status=answer.status,
                sequence=answer.seq,
                lifetime=answer.mhtime,
                routed_to=routed_to,
                source=packet.src,
                sound=checksum_holds(packet, packet.src, routed_to),
            )
        elif packet.nh == IPV6_IN_IPV6 and ICMPv6EchoRequest in packet:
            self._answer(packet, packet.payload)

    def _answer(self, outer: IPv6, inner: IPv6) -> None:
        echo = inner[ICMPv6EchoRequest]
        reply = ICMPv6EchoReply(id=echo.id, seq=echo.seq, data=echo.data)
        self.send(IPv6(src=outer.dst, dst=outer.src) / IPv6(src=inner.dst, dst=inner.src) / reply)
        say(echo=inner.src, tunnel=[outer.src, outer.dst])


class HomeAgent(Stranger):
    """Accepts every binding, and tunnels both ways."""

    care_of = ""

    def order(self, order: dict[str, Any]) -> None:
        self.answer(order["status"], order["sequence"], order["lifetime"])

    def answer(self, status: int, sequence: int, lifetime: int) -> None:
        self.send(
            IPv6(src=self.agent, dst=self.care_of)
            / IPv6ExtHdrRouting(type=2, addresses=[self.home])
            / MIP6MH_BA(status=status, flags="", seq=sequence, mhtime=lifetime)
        )

    def heard(self, octets: bytes) -> None:
        packet = IPv6(octets)
        if packet.nh == DESTINATION and MIP6MH_BU in packet and packet.dst == self.agent:
            self._update(packet)
        elif packet.dst == self.home and self.care_of:
            packet.hlim -= 1
            self.send(IPv6(src=self.agent, dst=self.care_of) / packet)
        elif packet.nh == IPV6_IN_IPV6 and (packet.src, packet.dst) == (self.care_of, self.agent):
            inner = packet.payload
            say(tunnelled=[inner.src, inner.dst])
            self.send(inner)

    def _update(self, packet: IPv6) -> None:
        update, self.care_of = packet[MIP6MH_BU], packet.src
        say(
            home=packet[HAO].hoa,
            care_of=packet.src,
            sequence=update.seq,
            flags=str(update.flags),
            lifetime=update.mhtime,
            sound=checksum_holds(packet, packet[HAO].hoa, packet.dst),
        )
        self.answer(0, update.seq, update.mhtime)


def main() -> None:
    role, home, agent = sys.argv[1:]
    kinds: dict[str, Callable[[str, str], Stranger]] = {"mobile": MobileNode, "agent": HomeAgent}
    stranger = kinds[role](home, agent)
    say(ready=Path(sys.argv[0]).name)
    while True:
        readable, _, _ = select.select([sys.stdin, stranger.tap], [], [])
        if stranger.tap in readable:
            stranger.take()
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if not line:
                return
            stranger.order(json.loads(line))


main()
