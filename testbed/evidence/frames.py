"""Captured Ethernet frames of one interface -> sightings."""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from agents.wire import icmpv6, mobility
from agents.wire.diameter import PORT, DiameterHeader, read_header
from agents.wire.errors import WireError
from testbed.evidence.headers import ICMPV6, IPV6, MOBILITY, TCP, UDP, Headers, walk
from testbed.evidence.identity import EchoSequence, datagram, segment
from testbed.evidence.matching import ECHO_REPLY, ECHO_REQUEST, FlowTable
from testbed.evidence.observed import Sighting
from testbed.topology.network import Interface

_Recognised = tuple[str, bool, Hashable, Any]  # flow, downward, identity, message
_NOTHING: _Recognised = ("", True, None, None)
_MOST_SORTS = 1 << 16  # sorts of packets to remember before starting anew
_MULTICAST_LISTENER = (130, 131, 132, 143)  # what any host says on a link, moving or not
_PORTS = struct.Struct(">HH")
_ECHO = struct.Struct(">HH")  # identifier and sequence number (RFC 4443 §4.1)


class _Sort(NamedTuple):
    """What all packets with the same addresses have in common."""

    outgoing: bool
    headers: Headers
    recognise: Callable[[bytes, Headers], _Recognised]


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
        self._recognisers: dict[int, Callable[[bytes, Headers], _Recognised]] = {
            TCP: self._tcp,
            UDP: self._udp,
            ICMPV6: self._icmpv6,
            MOBILITY: self._mobility,
        }

    def read(self, at: float, frame: bytes, number: int = 0) -> Sighting | None:
        """Return what ``frame``, the file's frame ``number``, is.

        None where it is no IPv6 packet or its headers are cut off.
        """
        key = frame[6:14] + frame[20:54]
        if frame[20:21] == b"\x29":
            key += frame[60:94]
        sort = self._sorts.get(key) or self._sort(key, frame)
        if sort is None:
            return None
        outgoing, headers, recognise = sort
        try:
            flow, downward, identity, message = recognise(frame, headers)
        except (IndexError, struct.error):  # the capture ends within the upper-layer header
            flow, downward, identity, message = _NOTHING
        return Sighting(
            at,
            self._node,
            self._interface,
            outgoing,
            IPV6 + (frame[18] << 8 | frame[19]),
            headers.tunnels,
            headers.source,
            headers.destination,
            flow,
            downward,
            identity,
            message,
            number,
        )

    def _sort(self, key: bytes, frame: bytes) -> _Sort | None:
        """Take ``frame`` apart, and remember it where ``key`` covers all of its headers."""
        headers = walk(frame)
        if headers is None:
            return None
        recognise = self._recognisers.get(headers.protocol, _nothing)
        sort = _Sort(frame[6:12] in self._own, headers, recognise)
        if headers.direct and len(headers.tunnels) < 2:
            if len(self._sorts) >= _MOST_SORTS:
                self._sorts.clear()
            self._sorts[key] = sort
        return sort

    def _udp(self, frame: bytes, headers: Headers) -> _Recognised:
        ports = _PORTS.unpack_from(frame, headers.offset)
        found = self._flows.ports(headers.source, headers.destination, UDP, ports)
        if found is None:
            return _NOTHING
        name, downward = found
        said, identity = datagram(frame, headers.offset)
        return name, downward if said is None else said, identity, None

    def _tcp(self, frame: bytes, headers: Headers) -> _Recognised:
        ports = _PORTS.unpack_from(frame, headers.offset)
        found = self._flows.ports(headers.source, headers.destination, TCP, ports)
        if found is None:
            return ("", True, None, _command(frame, headers)) if PORT in ports else _NOTHING
        return (*found, segment(frame, headers.offset, _end(frame, headers)), None)

    def _icmpv6(self, frame: bytes, headers: Headers) -> _Recognised:
        offset = headers.offset
        kind = frame[offset]
        if kind not in (ECHO_REQUEST, ECHO_REPLY):
            message = None if kind in _MULTICAST_LISTENER else _parsed(icmpv6.parse, frame, headers)
            return ("", True, None, message)
        identifier, sequence = _ECHO.unpack_from(frame, offset + 4)
        asks = kind == ECHO_REQUEST
        found = self._flows.echo(headers.source, headers.destination, identifier, request=asks)
        if found is None:
            return _NOTHING
        return (*found, self._echoes[found[0]].unwrap(sequence), None)

    def _mobility(self, frame: bytes, headers: Headers) -> _Recognised:
        return ("", True, None, _parsed(mobility.parse, frame, headers))


def _command(frame: bytes, headers: Headers) -> DiameterHeader | None:
    """Return the Diameter message with which the data of a segment begin, if they do."""
    data = headers.offset + (frame[headers.offset + 12] >> 4) * 4
    return read_header(frame[data : _end(frame, headers)])


def _nothing(frame: bytes, headers: Headers) -> _Recognised:
    return _NOTHING


def _parsed(parse: Callable[[bytes], Any], frame: bytes, headers: Headers) -> Any:
    """Return the message in ``frame``; None where a node would not understand it either."""
    end = _end(frame, headers)
    if end > len(frame):
        return None
    try:
        return parse(frame[headers.offset : end])
    except WireError:
        return None


def _end(frame: bytes, headers: Headers) -> int:
    """Return where the packet ends by its own length field, which differs within a sort."""
    if not headers.direct:
        return headers.end
    length = headers.offset - IPV6 + 4
    return headers.offset + (frame[length] << 8 | frame[length + 1])
