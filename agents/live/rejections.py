"""Refusals of routes that come to the agent in place of this host's programs (RFC 4443 §3.1).

A socket would be told of the error. So rules at the place where packets are delivered to this
node, and what comes out of its tunnels too, copy such messages to the agent and drop them. More
of them than the agent would heed are dropped uncopied.
"""

from __future__ import annotations

import socket
import struct

from agents.live import nft
from agents.live.netlink import NetlinkError
from agents.live.nft_chains import at_most
from agents.live.nftables import replace_table
from agents.live.packet_log import Logged, PacketLog
from agents.live.sockets import Datagram
from agents.wire.address import Address

TABLE, GROUP = "dmm-rejections", 4443
_KIND_AND_CODE = nft.Octets(0, 2, nft.Base.TRANSPORT)
_REJECTED = bytes([1, 6])
_PER_SECOND = 100
_HEADER = struct.Struct("!IHBB16s16s")
_EXTENSIONS = (0, 43, 60)


class Rejections:
    """Receives them; NetlinkError where the kernel cannot give them to us."""

    def __init__(self) -> None:
        try:
            self._log = PacketLog(GROUP)
            replace_table(TABLE, nft.Hook.DELIVERY, _rules())
        except NetlinkError as error:
            what = "nftables, which must give us rejections of routes"
            raise NetlinkError(error.errno, f"{what}: {error.strerror}") from error
        self.fileno = self._log.fileno

    def receive(self) -> list[Datagram]:
        """Return those that wait, up to a burst."""
        found = map(_datagram, self._log.burst())
        return [datagram for datagram in found if datagram is not None]


def _rules() -> list[nft.Rule]:
    rejection = [*nft.of_protocol(socket.IPPROTO_ICMPV6), *nft.having(_KIND_AND_CODE, _REJECTED)]
    return [[*rejection, at_most(_PER_SECOND), *nft.log_to(GROUP)], [*rejection, *nft.drop()]]


def _datagram(logged: Logged) -> Datagram | None:
    """Return the message in a packet; None where that is malformed or cut."""
    octets = logged.octets
    if len(octets) < _HEADER.size:
        return None
    _, length, protocol, hops, source, destination = _HEADER.unpack_from(octets)
    octets = octets[: _HEADER.size + length]
    offset = _HEADER.size
    while protocol in _EXTENSIONS and offset + 2 <= len(octets):
        protocol, offset = octets[offset], offset + 8 * octets[offset + 1] + 8
    if protocol != socket.IPPROTO_ICMPV6 or len(octets) < _HEADER.size + length:
        return None
    ends = Address(source), Address(destination)
    return Datagram(octets[offset:], *ends, logged.interface, hops)
