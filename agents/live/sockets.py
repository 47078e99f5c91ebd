"""The sockets of an agent: Mobility Header, ICMPv6 errors, and frames on the access links."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from agents.live import filters
from agents.live.interfaces import index_of
from agents.wire.address import Address

MOBILITY = 135
ICMPV6 = 58
HOP_LIMIT = 255  # of Neighbour Discovery (RFC 4861 §4)

_CHECKSUM = 7  # IPV6_CHECKSUM
_RECEIVE_BUFFER_FORCE = 33
_ETHERTYPE_IPV6 = 0x86DD
_BUFFER = 4 << 20
_ROUTER_SOLICITATION = 133
_PACKET_INFO = struct.Struct("=16sI")
_FIXED_HEADER = struct.Struct("!IHBB16s16s")
_CONTROL = socket.CMSG_SPACE(_PACKET_INFO.size) + socket.CMSG_SPACE(4)


class Datagram(NamedTuple):
    """What a socket received: an upper-layer message and what its IPv6 headers said."""

    octets: bytes
    source: Address
    destination: Address
    interface: int
    hop_limit: int
    link_layer_source: bytes = b""
    home_address: Address | None = None
    routed_to: Address | None = None

    def sums(self, checksum_ok: Callable[[bytes, bytes, bytes], bool]) -> bool:
        """Say whether the checksum is right, for the ends that count (RFC 6275 §6.1.1)."""
        source, destination = self.home_address or self.source, self.routed_to or self.destination
        return checksum_ok(self.octets, source, destination)


class RawSocket:
    """A raw socket of one protocol: octets go out and come in as they are."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, protocol)
        self._socket.setblocking(False)
        enlarge(self._socket, _RECEIVE_BUFFER_FORCE, socket.SO_RCVBUF)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def receive_nothing(self) -> None:
        """Let the kernel keep what comes in from this socket, which only sends."""
        filters.attach(self._socket, [filters.NOTHING])

    def keep_from_ourselves(self) -> None:
        """Let no multicast that is sent here come back to this node."""
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)

    def send(
        self,
        octets: bytes,
        source: Address,
        destination: Address,
        interface: int = 0,
        hops: int = 0,
    ) -> None:
        """Send ``octets``; OSError where the kernel has no way or no such source address.

        ``interface`` is an index, 0 for any; ``hops`` the hop limit, 0 for the default.
        """
        control = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, _PACKET_INFO.pack(source, interface))]
        if hops:
            control.append((socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, struct.pack("=i", hops)))
        self._socket.sendmsg(
            [octets], control, 0, (socket.inet_ntop(socket.AF_INET6, destination), 0)
        )

    def receive(self) -> Datagram | None:
        """Return the next datagram, None where none is waiting."""
        try:
            octets, control, _, name = self._socket.recvmsg(65535, _CONTROL)
        except BlockingIOError:
            return None
        destination, interface, hops = bytes(16), 0, 0
        for _, kind, data in control:
            if kind == socket.IPV6_PKTINFO:
                destination, interface = _PACKET_INFO.unpack(data)
            elif kind == socket.IPV6_HOPLIMIT:
                (hops,) = struct.unpack("=i", data)
        source = Address(socket.inet_pton(socket.AF_INET6, name[0].partition("%")[0]))
        return Datagram(octets, source, Address(destination), interface, hops)


def enlarge(sock: socket.socket, forced: int, allowed: int) -> None:
    """Give a socket a large buffer: 4 MiB, or what is allowed where the agent is not root."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, forced, _BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, allowed, _BUFFER)


def mobility_socket() -> RawSocket:
    """Return the socket of the Mobility Header; the kernel leaves its checksum to us."""
    made = RawSocket(MOBILITY)
    made._socket.setsockopt(socket.IPPROTO_IPV6, _CHECKSUM, -1)
    made.keep_from_ourselves()
    return made


class Icmpv6Socket(RawSocket):
    """Sends ICMPv6, its checksum computed by the kernel, and receives the types asked for."""

    def __init__(self) -> None:
        super().__init__(ICMPV6)
        self.keep_from_ourselves()
        self.types: frozenset[int] = frozenset()
        self.listen(self.types)

    def listen(self, types: frozenset[int]) -> None:
        """Receive messages of these ``types`` too; the kernel verifies their checksums."""
        self.types |= types
        blocked = [0xFFFFFFFF] * 8
        for each in self.types:
            blocked[each >> 5] &= ~(1 << (each & 31))
        self._socket.setsockopt(socket.IPPROTO_ICMPV6, 1, struct.pack("=8I", *blocked))

    def join(self, group: Address, interface: int) -> None:
        """Receive what is sent to ``group`` at ``interface``; OSError where that cannot be."""
        wanted = group + struct.pack("=I", interface)
        try:
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, wanted)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # joined already
                raise

    def leave(self, group: Address, interface: int) -> None:
        """Receive it no longer."""
        wanted = group + struct.pack("=I", interface)
        with suppress(OSError):  # the interface may have gone
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_LEAVE_GROUP, wanted)


class PacketSender(RawSocket):
    """Sends whole IPv6 packets as they are, by the route of their source."""

    def __init__(self) -> None:
        super().__init__(socket.IPPROTO_RAW)
        self.receive_nothing()
        self.keep_from_ourselves()


class FrameSender:
    """Sends IPv6 packets to a link-layer address of an interface, whoever the neighbours are."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)

    def send(
        self, octets: bytes, source: Address, destination: Address, interface: str, to: bytes
    ) -> None:
        """Send the ICMPv6 message ``octets`` out of ``interface`` to the link-layer address."""
        header = _FIXED_HEADER.pack(6 << 28, len(octets), ICMPV6, HOP_LIMIT, source, destination)
        self._socket.sendto(header + octets, (interface, _ETHERTYPE_IPV6, 0, 0, to))


class SolicitationSocket:
    """Receives the Router Solicitations on one interface, with their link-layer source."""

    def __init__(self, interface: str) -> None:
        self._index = index_of(interface)
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._socket.setblocking(False)
        filters.attach(self._socket, _only_icmpv6(_ROUTER_SOLICITATION))
        self._socket.bind((interface, _ETHERTYPE_IPV6))

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> Datagram | None:
        """Return the next solicitation, None where none is waiting."""
        try:
            packet, name = self._socket.recvfrom(65535)
        except BlockingIOError:
            return None
        _, length, _, hops, source, destination = _FIXED_HEADER.unpack_from(packet)
        octets = packet[40 : 40 + length]
        return Datagram(
            octets, Address(source), Address(destination), self._index, hops, bytes(name[4])
        )


def _only_icmpv6(kind: int) -> Sequence[filters.Instruction]:
    """Let through only ICMPv6 messages of one type right behind the fixed header."""
    return (
        (filters.LOAD_OCTET, 0, 0, 6),
        (filters.JUMP_EQUAL, 0, 3, ICMPV6),
        (filters.LOAD_OCTET, 0, 0, 40),
        (filters.JUMP_EQUAL, 0, 1, kind),
        filters.ALL,
        filters.NOTHING,
    )
