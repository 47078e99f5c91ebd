"""What a tunnel's entry tells the senders of packets that are too large for it (RFC 2473 §7.1, §8).

Segment routing puts a packet into its tunnel before anything asks how large it is. The kernel then
finds the tunnelled packet too large and says so to its sender, which is this node itself; a router
on the tunnel's way that finds it too large says so here, too.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from agents.core.rate import TokenBucket
from agents.live.journal import Journal
from agents.live.sockets import ICMPV6, Icmpv6Socket, RawSocket
from agents.wire import icmpv6
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.icmpv6_messages import PacketTooBig

_PACKET_TOO_BIG = 2
_HEADER = 40  # octets of an IPv6 header
_MTU = struct.Struct("!4xI")
_NEXT_HEADER, _SOURCE = 6, slice(8, 24)
_PEER = slice(8 + 24, 8 + 40)  # the tunnel's other end in a Packet Too Big
_IPV6 = 41
_FIRST_INFORMATIONAL = 128  # ICMPv6 types below are errors (RFC 4443 §2.1)
_REDIRECT, _MULTICAST = 137, 0xFF
_LEAST = 1280  # octets that every link takes (RFC 8200 §5)
_LONGEST_INVOKING = _LEAST - _HEADER - 8  # RFC 4443 §3.2
_PER_SECOND, _AT_ONCE = 100, 100  # RFC 4443 §2.4 (f)


class TunnelErrors:
    """Passes on Packet Too Big from inside the tunnels that begin at this node.

    ``find_tunnel`` returns None for an address to which no tunnel leads: who speaks of a packet
    to there is not believed.
    """

    def __init__(
        self,
        sender: RawSocket,
        find_tunnel: Callable[[Address], object | None],
        journal: Journal,
    ) -> None:
        self._sender = sender
        self._find_tunnel = find_tunnel
        self._journal = journal
        self._bucket = TokenBucket(_PER_SECOND, _AT_ONCE)
        self._socket = Icmpv6Socket()
        self._socket.listen(frozenset({_PACKET_TOO_BIG}))

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def receive(self) -> None:
        """Pass on what has come in."""
        while (datagram := self._socket.receive()) is not None:
            self._pass_on(datagram.destination, datagram.octets)
        self._journal.flush()

    def _pass_on(self, local: Address, octets: bytes) -> None:
        problem = inside(octets, local)
        if problem is None or self._find_tunnel(Address(octets[_PEER])) is None:
            return
        if not self._bucket.take(self._journal.now()):
            return
        sender = Address(problem.invoking[_SOURCE])
        details = {"message": "PacketTooBig", "source": str(local), "destination": str(sender)}
        try:
            self._sender.send(icmpv6.emit(problem, local, sender), local, sender)
        except OSError as error:
            self._journal.event("send_failed", {**details, "error": error.strerror or str(error)})
            return
        self._journal.event("message_sent", {**details, "mtu": problem.mtu})


def inside(octets: bytes, local: Address) -> PacketTooBig | None:
    """Return what the sender of the packet in a tunnel from ``local`` is to be told, if anything.

    ``octets`` are a Packet Too Big on the packet around it. Nobody is told of less than every
    link takes, and never of an error (RFC 4443 §2.4 (e)).
    """
    outer = octets[_MTU.size :]
    inner = outer[_HEADER:]
    if len(inner) < _HEADER or outer[_SOURCE] != local or outer[_NEXT_HEADER] != _IPV6:
        return None
    source = Address(inner[_SOURCE])
    if source == UNSPECIFIED or source[0] == _MULTICAST or _unanswerable(inner):
        return None
    (mtu,) = _MTU.unpack_from(octets)
    return PacketTooBig(max(_LEAST, mtu - _HEADER), inner[:_LONGEST_INVOKING])


def _unanswerable(packet: bytes) -> bool:
    kind = packet[_HEADER : _HEADER + 1]
    if packet[_NEXT_HEADER] != ICMPV6 or not kind:
        return False
    return kind[0] < _FIRST_INFORMATIONAL or kind[0] == _REDIRECT
