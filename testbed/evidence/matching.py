"""Which flow of the network a captured packet belongs to, by addresses and port or identifier."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from testbed.evidence.headers import ICMPV6, TCP, UDP
from testbed.topology.network import Flow

ECHO_REQUEST, ECHO_REPLY = 128, 129

ANY = b""  # in the place of an address: whichever it is
Found = tuple[str, bool]  # the flow's name, and whether the packet travels downward
PROTOCOL_NUMBERS = {"ping": (ICMPV6,), "udp": (UDP,), "tcp": (TCP,), "command": (ICMPV6, TCP, UDP)}


def packed(address: str) -> bytes:
    """Return the 16 octets of the IPv6 address that ``address`` spells."""
    return ipaddress.IPv6Address(address.partition("/")[0]).packed


class FlowTable:
    """All flows of a network, found by what a packet shows.

    A flow owns its port (either port of a packet) or ICMPv6 identifier between its two
    addresses. A command, whose ports nobody declares, owns what no other flow claims between
    its addresses; one that names no peer owns nothing. A flow that asks for one of its addresses
    when it starts is known by the other, and one that asks for both by port or identifier alone:
    then a command owns nothing.
    """

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._exact: dict[tuple[bytes, bytes, int, int], Found] = {}
        self._between: dict[tuple[bytes, bytes], Found] = {}
        self._anywhere: dict[tuple[int, int], Flow] = {}  # by protocol, and port or identifier
        for flow in flows.values():
            if not flow.destination:
                continue
            ends = _ends(flow)
            if ends == (ANY, ANY):
                if flow.kind != "command":
                    self._anywhere[PROTOCOL_NUMBERS[flow.kind][0], flow.identifier] = flow
                continue
            for source, destination, downward in ((*ends, True), (*ends[::-1], False)):
                for protocol in PROTOCOL_NUMBERS[flow.kind]:
                    key = (source, destination, protocol, flow.identifier)
                    self._exact[key] = (flow.name, downward)
                if flow.kind == "command":
                    self._between.setdefault((source, destination), (flow.name, downward))

    def echo(
        self, source: bytes, destination: bytes, identifier: int, *, request: bool
    ) -> Found | None:
        """Return the flow of an echo request or reply."""
        flow = self._anywhere.get((ICMPV6, identifier))
        if flow is not None:
            return flow.name, request
        return self._find(source, destination, ICMPV6, (identifier,))

    def ports(
        self, source: bytes, destination: bytes, protocol: int, ports: tuple[int, int]
    ) -> Found | None:
        """Return the flow of a TCP or UDP packet with these (source, destination) ports.

        Of UDP between addresses that are not known, which has one port, the direction is not.
        """
        for port, to_responder in zip(ports, (False, True), strict=True):
            flow = self._anywhere.get((protocol, port))
            if flow is not None:
                return flow.name, to_responder is (flow.responder == flow.destination)
        return self._find(source, destination, protocol, ports)

    def _find(
        self, source: bytes, destination: bytes, protocol: int, ports: Iterable[int]
    ) -> Found | None:
        for ends in ((source, destination), (ANY, destination), (source, ANY)):
            for port in ports:
                if found := self._exact.get((*ends, protocol, port)):
                    return found
        return (
            self._between.get((source, destination))
            or self._between.get((ANY, destination))
            or self._between.get((source, ANY))
        )


def _ends(flow: Flow) -> tuple[bytes, bytes]:
    """Return the addresses of a flow's source and destination, ``ANY`` where it is yet to come."""
    source, destination = (
        ANY if end in flow.asks else packed(flow.address_of(end))
        for end in (flow.source, flow.destination)
    )
    return source, destination
