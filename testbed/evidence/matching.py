"""Which flow of the network a captured packet belongs to, by addresses and port or identifier."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from testbed.evidence.headers import ICMPV6, TCP, UDP
from testbed.topology.network import Flow

ECHO_REQUEST, ECHO_REPLY = 128, 129

ANY = b""  # in the place of an address: whichever it is
Found = tuple[str, bool]  # the flow's name, and whether the packet travels downward
_PROTOCOLS = {"ping": (ICMPV6,), "udp": (UDP,), "tcp": (TCP,), "command": (ICMPV6, TCP, UDP)}


def packed(address: str) -> bytes:
    """Return the 16 octets of the IPv6 address that ``address`` spells."""
    return ipaddress.IPv6Address(address.partition("/")[0]).packed


class FlowTable:
    """All flows of a network, found by what a packet shows.

    A flow owns its port (either port of a packet) or ICMPv6 identifier between its two
    addresses. A command, whose ports nobody declares, owns what no other flow claims between
    its addresses; one that names no peer owns nothing. A flow whose initiator learns its address
    only when it starts is known by its peer's address alone.
    """

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._exact: dict[tuple[bytes, bytes, int, int], Found] = {}
        self._between: dict[tuple[bytes, bytes], Found] = {}
        for flow in flows.values():
            if not flow.destination:
                continue
            ends = _ends(flow)
            for source, destination, downward in ((*ends, True), (*ends[::-1], False)):
                for protocol in _PROTOCOLS[flow.kind]:
                    key = (source, destination, protocol, flow.identifier)
                    self._exact[key] = (flow.name, downward)
                if flow.kind == "command":
                    self._between.setdefault((source, destination), (flow.name, downward))

    def echo(self, source: bytes, destination: bytes, identifier: int) -> Found | None:
        """Return the flow of an echo request or reply."""
        return self._find(source, destination, ICMPV6, (identifier,))

    def ports(
        self, source: bytes, destination: bytes, protocol: int, ports: tuple[int, int]
    ) -> Found | None:
        """Return the flow of a TCP or UDP packet with these (source, destination) ports."""
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
    source, destination = packed(flow.source_address), packed(flow.destination_address)
    if not flow.asks:
        return source, destination
    return (ANY, destination) if flow.initiator == flow.source else (source, ANY)
