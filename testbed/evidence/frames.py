"""Captured Ethernet frames of one interface -> sightings."""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from agents.wire import icmpv6, mobility
from agents.wire.diameter import PORT, DiameterHeader, read_header
from agents.wire.errors import WireError
from testbed.evidence.headers import (
    ETHERNET,
    ICMPV6,
    IPV6,
    IPV6_IN_IPV6,
    MOBILITY,
    TCP,
    UDP,
    Headers,
    walk,
)
from testbed.evidence.identity import EchoSequence, datagram, segment
from testbed.evidence.matching import ECHO_REPLY, ECHO_REQUEST, FlowTable, Found
from testbed.evidence.observed import Sighting
from testbed.topology.network import Interface

_Recognised = tuple[str, bool, Hashable, Any]  # flow, downward, identity, message
_Recognise = Callable[[bytes], _Recognised]
_NOTHING: _Recognised = ("", True, None, None)
_MOST_SORTS = 1 << 16  # sorts of packets to remember before starting anew
_MULTICAST_LISTENER = (130, 131, 132, 143)  # what any host says on a link, moving or not
_WITH_PORTS = frozenset((TCP, UDP))
_PORTS = struct.Struct(">HH")
_ECHO = struct.Struct(">B3xHH")  # type, identifier and sequence number (RFC 4443 §4.1)
_new_sighting = tuple.__new__  # what a named tuple is made by, without a call in between


class _Sort(NamedTuple):
    """What all packets with the same headers, up to the ports, have in common."""

    outgoing: bool
    length: int
    tunnels: tuple[tuple[bytes, bytes], ...]
    source: bytes
    destination: bytes
    recognise: _Recognise
    extensions: int


class FrameReader:
    """Reads the frames seen at ``interface``, which sends from the addresses ``own``."""

    def __init__(
        self,
        interface: Interface,
        own: frozenset[bytes],
        flows: FlowTable,
        echoes: Mapping[str, EchoSequence],
    ) -> None:
        self._node, self._interface, self._own = interface.node, interface.name, own
        self._flows, self._echoes = flows, echoes
        self._sorts: dict[bytes, _Sort] = {}
        self._recognisers: dict[int, Callable[[bytes, Headers], _Recognise]] = {
            TCP: self._tcp,
            UDP: self._udp,
            ICMPV6: self._icmpv6,
            MOBILITY: self._mobility,
        }

    def read(self, at: float, frame: bytes, number: int = 0) -> Sighting | None:
        """Return what ``frame``, the file's frame ``number``, is.

        None where it is no IPv6 packet or its headers are cut off.
        """
        try:
            protocol, end = frame[20], 54
            while protocol == IPV6_IN_IPV6:
                protocol, end = frame[end + 6], end + IPV6
        except IndexError:
            return None
        key = frame[6 : end + 4] if protocol in _WITH_PORTS else frame[6:end]
        sort = self._sorts.get(key) or self._sort(key, frame)
        if sort is None:
            return None
        outgoing, length, tunnels, source, destination, recognise, extensions = sort
        try:
            flow, downward, identity, message = recognise(frame)
        except (IndexError, struct.error):  # the capture ends within the upper-layer header
            flow, downward, identity, message = _NOTHING
        return _new_sighting(
            Sighting,
            (
                at,
                self._node,
                self._interface,
                outgoing,
                length,
                tunnels,
                source,
                destination,
                flow,
                downward,
                identity,
                message,
                number,
                extensions,
            ),
        )

    def _sort(self, key: bytes, frame: bytes) -> _Sort | None:
        """Take ``frame`` apart, and remember it where ``key`` covers all of its headers."""
        headers = walk(frame)
        if headers is None:
            return None
        length = IPV6 + int.from_bytes(frame[18:20], "big")
        recognise = self._recogniser(frame, headers)
        extensions = headers.offset - ETHERNET - IPV6 * (len(headers.tunnels) + 1)
        outgoing = frame[6:12] in self._own
        sort = _Sort(outgoing, length, *headers[:3], recognise, extensions)
        if headers.direct:
            if len(self._sorts) >= _MOST_SORTS:
                self._sorts.clear()
            self._sorts[key] = sort
        return sort

    def _recogniser(self, frame: bytes, headers: Headers) -> _Recognise:
        """Return what recognises packets with the same headers and ports as ``frame``."""
        prepare = self._recognisers.get(headers.protocol, _unknown)
        try:
            return prepare(frame, headers)
        except struct.error:  # the capture ends within the ports
            return _nothing

    def _udp(self, frame: bytes, headers: Headers) -> _Recognise:
        ports = _PORTS.unpack_from(frame, headers.offset)
        found = self._flows.ports(headers.source, headers.destination, UDP, ports)
        if found is None:
            return _nothing
        offset, (name, downward) = headers.offset, found

        def recognise(frame: bytes) -> _Recognised:
            said, identity = datagram(frame, offset)
            return name, downward if said is None else said, identity, None

        return recognise

    def _tcp(self, frame: bytes, headers: Headers) -> _Recognise:
        ports = _PORTS.unpack_from(frame, headers.offset)
        found = self._flows.ports(headers.source, headers.destination, TCP, ports)
        if found is not None:
            return lambda frame: (*found, segment(frame, headers.offset, headers.end), None)
        if PORT in ports:
            return lambda frame: ("", True, None, _command(frame, headers))
        return _nothing

    def _icmpv6(self, frame: bytes, headers: Headers) -> _Recognise:
        outgoing = frame[6:12] in self._own
        offset, find = headers.offset, self._finder_of_echoes(headers, outgoing)

        def recognise(frame: bytes) -> _Recognised:
            kind = frame[offset]
            if kind in (ECHO_REQUEST, ECHO_REPLY):
                return find(*_ECHO.unpack_from(frame, offset))
            message = None if kind in _MULTICAST_LISTENER else _parsed(icmpv6.parse, frame, headers)
            return "", True, None, message

        return recognise

    def _finder_of_echoes(
        self, headers: Headers, outgoing: bool
    ) -> Callable[[int, int, int], _Recognised]:
        known: dict[tuple[int, int], Found | None] = {}

        def find(kind: int, identifier: int, sequence: int) -> _Recognised:
            try:
                found = known[kind, identifier]
            except KeyError:
                asks = kind == ECHO_REQUEST
                found = self._flows.echo(
                    headers.source, headers.destination, identifier, request=asks
                )
                known[kind, identifier] = found
            if found is None:
                return _NOTHING
            echoes = self._echoes[found[0]]
            if outgoing and kind == ECHO_REQUEST and self._node == echoes.source:
                return (*found, echoes.leaves(sequence, self._interface), None)
            return (*found, echoes.passes(sequence), None)

        return find

    def _mobility(self, frame: bytes, headers: Headers) -> _Recognise:
        return lambda frame: ("", True, None, _parsed(mobility.parse, frame, headers))


def _command(frame: bytes, headers: Headers) -> DiameterHeader | None:
    """Return the Diameter message with which the data of a segment begin, if they do."""
    data = headers.offset + (frame[headers.offset + 12] >> 4) * 4
    return read_header(frame[data : headers.end])


def _unknown(frame: bytes, headers: Headers) -> _Recognise:
    return _nothing


def _nothing(frame: bytes) -> _Recognised:
    return _NOTHING


def _parsed(parse: Callable[[bytes], Any], frame: bytes, headers: Headers) -> Any:
    """Return the message in ``frame``; None where a node would not understand it either."""
    if headers.end > len(frame):
        return None
    try:
        return parse(frame[headers.offset : headers.end])
    except WireError:
        return None
