"""Flows as keys of hash tables: what every packet of a selector has in common, and where.

A selector becomes pieces. The selectors whose pieces look at the same bits of a packet share a
shape, and with it a table that a packet is looked up in once, however many they are. A range of
ports becomes the few blocks of ports that differ in their low bits alone.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import NamedTuple

from agents.core.flows import ANY_PORT, FlowSelector
from agents.live import nft
from agents.live.nft_sets import keep
from agents.wire.address import Address, Prefix

HEADER = 40  # octets of an IPv6 header, by which each tunnel puts a packet deeper
_IPV6 = 41
_ADDRESS_WORDS, _ALL_BITS = 4, 128
_PROTOCOL, _SOURCE, _DESTINATION = 6, 8, 24  # offsets in the header
_CLASS_BITS = 0x0FC0  # of the first two octets
_MOST_PIECES = 64


class Shape(NamedTuple):
    """Which bits of a packet a key is made of: lengths of prefixes, a mask over both ports."""

    source: int
    destination: int
    protocol: bool
    ports: int
    traffic_class: bool

    @property
    def octets(self) -> int:
        """How long its keys are."""
        addresses = bool(self.source) + bool(self.destination)
        return 16 * addresses + 4 * (self.protocol + bool(self.ports) + self.traffic_class)

    @property
    def bits(self) -> int:
        """How many bits it looks at: of two shapes, the one with more says more."""
        others = 8 * self.protocol + self.ports.bit_count() + 6 * self.traffic_class
        return self.source + self.destination + others


class Single(NamedTuple):
    """One single flow, as packets of it say themselves."""

    source: Address
    destination: Address
    protocol: int
    source_port: int
    destination_port: int

    def selector(self) -> FlowSelector:
        """Return the selector of this flow alone."""
        return FlowSelector(
            Prefix(self.source, _ALL_BITS),
            Prefix(self.destination, _ALL_BITS),
            self.protocol,
            (self.source_port,) * 2 if self.source_port else ANY_PORT,
            (self.destination_port,) * 2 if self.destination_port else ANY_PORT,
        )


WITH_PORTS = (6, 17, 132)  # TCP, UDP, SCTP


def pieces(selector: FlowSelector) -> list[tuple[Shape, bytes]]:
    """Return the keys of ``selector``; OSError where its ports need too many of them."""
    source, destination = selector.source, selector.destination
    sources = list(_blocks(*selector.source_ports))
    destinations = list(_blocks(*selector.destination_ports))
    if len(sources) * len(destinations) > _MOST_PIECES:
        text = f"its ranges of ports need more than {_MOST_PIECES} entries"
        raise OSError(errno.E2BIG, text)
    traffic_class = selector.traffic_class
    start = (source.network if source.length else b"") + (
        destination.network if destination.length else b""
    )
    start += bytes([selector.protocol, 0, 0, 0]) if selector.protocol else b""
    end = b"" if traffic_class is None else (traffic_class << 4 & _CLASS_BITS).to_bytes(2, "big")
    found = []
    for first, first_mask in sources:
        for last, last_mask in destinations:
            ports = first_mask << 16 | last_mask
            shape = Shape(
                *(source.length, destination.length, bool(selector.protocol), ports),
                traffic_class is not None,
            )
            middle = (first << 16 | last).to_bytes(4, "big") if ports else b""
            found.append((shape, start + middle + (end + bytes(2) if end else b"")))
    return found


def load(shape: Shape, depth: int) -> list[bytes]:
    """Return what loads the key of a packet, or of the one ``depth`` headers deeper in it."""
    made: list[bytes] = []
    at = 0
    if shape.source == shape.destination == _ALL_BITS:
        made.append(nft.load(ends(depth)))
        at = 2 * _ADDRESS_WORDS
        shape = shape._replace(source=0, destination=0)
    for length, offset in ((shape.source, _SOURCE), (shape.destination, _DESTINATION)):
        if length:
            made.append(nft.load(_part(offset, 16, depth), at))
            made += [nft.mask(length, at)] if length < _ALL_BITS else []
            at += _ADDRESS_WORDS
    if shape.protocol:
        made.append(protocol(depth, at))
        at += 1
    if shape.ports:
        made.append(nft.load(ports(depth), at))
        if shape.ports != 0xFFFF_FFFF:
            made.append(keep(shape.ports.to_bytes(4, "big"), at))
        at += 1
    if shape.traffic_class:
        made += traffic_class(depth, at)
    return made


def destination(depth: int) -> nft.Octets:
    """Return where the destination of the packet at ``depth`` stands."""
    return _part(_DESTINATION, 16, depth)


def source(depth: int) -> nft.Octets:
    """Return where the source of the packet at ``depth`` stands."""
    return _part(_SOURCE, 16, depth)


def ends(depth: int) -> nft.Octets:
    """Return where the source and the destination of the packet at ``depth`` stand."""
    return _part(_SOURCE, 32, depth)


def protocol(depth: int, at: int = 0) -> bytes:
    """Load what the packet at ``depth`` carries: in a tunnel, right behind its fixed header."""
    if depth == 0:
        return nft.meta(nft.PROTOCOL, at)
    return nft.load(_part(_PROTOCOL, 1, depth), at)


def tunnel(depth: int) -> list[bytes]:
    """Match what carries another IPv6 packet at ``depth``.

    Not by equality: the command ``nft`` (1.0.6) then fails to list what is behind.
    """
    only = bytes([_IPV6])
    return [protocol(depth), *nft.between(only, only)]


def behind(depth: int) -> nft.Octets:
    """Return where the first octet stands that follows the IPv6 header at ``depth``."""
    return _part(HEADER, 1, depth)


def ports(depth: int) -> nft.Octets:
    """Return where the ports of the packet at ``depth`` stand."""
    return nft.Octets(HEADER * depth, 4, nft.Base.TRANSPORT)


def traffic_class(depth: int, at: int) -> list[bytes]:
    """Load the traffic class of the packet at ``depth``, and the bits around it as zeros."""
    loaded = nft.load(_part(0, 2, depth), at)
    return [loaded, keep(_CLASS_BITS.to_bytes(2, "big"), at)]


def single(packet: bytes) -> Single | None:
    """Return the flow of a packet, from its IPv6 header on; None where that is no packet."""
    if len(packet) < HEADER:
        return None
    carried = packet[_PROTOCOL]
    has_ports = carried in WITH_PORTS and len(packet) >= HEADER + 4
    word = int.from_bytes(packet[HEADER : HEADER + 4], "big") if has_ports else 0
    ends_ = Address(packet[_SOURCE:_DESTINATION]), Address(packet[_DESTINATION:HEADER])
    return Single(*ends_, carried, word >> 16, word & 0xFFFF)


def matches(selector: FlowSelector, flow: Single, packet: bytes) -> bool:
    """Say whether ``packet``, which is one of ``flow``, is one of ``selector``."""
    if not selector.source.contains(flow.source):
        return False
    if not selector.destination.contains(flow.destination):
        return False
    if selector.protocol not in (0, flow.protocol):
        return False
    asked = selector.traffic_class
    if asked is not None and traffic_class_of(packet[:2]) != asked & 0xFC:
        return False
    ranges = (
        (selector.source_ports, flow.source_port),
        (
            selector.destination_ports,
            flow.destination_port,
        ),
    )
    return all(range_ == ANY_PORT or range_[0] <= port <= range_[1] for range_, port in ranges)


def traffic_class_of(octets: bytes) -> int:
    """Return the traffic class, its 2 low bits 0, in the first two octets of a packet."""
    return (int.from_bytes(octets, "big") & _CLASS_BITS) >> 4


def _part(offset: int, length: int, depth: int) -> nft.Octets:
    """Return a part of the IPv6 header at ``depth``: what is in a tunnel follows all headers."""
    if depth == 0:
        return nft.Octets(offset, length)
    return nft.Octets(offset + HEADER * (depth - 1), length, nft.Base.TRANSPORT)


def _blocks(lowest: int, highest: int) -> Iterator[tuple[int, int]]:
    """Yield the blocks of ports that make up a range, each with the mask that tells it."""
    while lowest <= highest:
        size = lowest & -lowest or 1 << 16
        while lowest + size - 1 > highest:
            size >>= 1
        yield lowest, 0xFFFF & ~(size - 1)
        lowest += size
