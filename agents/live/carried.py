"""Packets with a Home Address option or a type 2 routing header, kept from the kernel.

A kernel without Mobile IPv6 answers them with Parameter Problem and one with it drops them, for
it has been told of no binding. So rules at the place where packets are delivered to this node,
which those that it forwards never reach, copy them to the agent and drop them. What is no such
header by RFC 6275 §6.3 and §6.4, and any other option, is left to the kernel.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from agents.live.netlink import NetlinkError
from agents.live.nft import Header, Hook, Octets, Rule, drop, log_to, with_header
from agents.live.nftables import replace_table
from agents.live.packet_log import Logged, PacketLog
from agents.wire.address import Address

_TABLE, GROUP = "dmm-carried", 6275
_HOP_BY_HOP, _FRAGMENT = 0, 44
_HOME_ADDRESS, _PAD_1 = 201, 0
OPTION = bytes([_HOME_ADDRESS, 16])
OPTION_AT = (6, 14, 22, 2)  # 8n+6 (RFC 6275 §6.3); the last from a sender that does not align
TYPE_2 = bytes([2, 2, 1])  # 24 octets, type 2, one segment left (RFC 6275 §6.4.1)
_FIXED_HEADER = struct.Struct("!IHBB16s16s")


class Carried(NamedTuple):
    """A whole packet and what its headers say; ``octets[payload:]`` is what it carries.

    ``source`` and ``destination`` are those of the IPv6 header, ``home_address`` and
    ``routed_to`` None where there is no such header; ``interface`` is an index.
    """

    octets: bytes
    source: Address
    destination: Address
    home_address: Address | None
    routed_to: Address | None
    protocol: int
    payload: int
    hop_limit: int
    interface: int


class CarriedPackets:
    """Receives them in the order in which they came; NetlinkError where the kernel cannot."""

    def __init__(self) -> None:
        try:
            self._log = PacketLog(GROUP)
            replace_table(_TABLE, Hook.DELIVERY, _rules())
        except NetlinkError as error:
            what = "nftables, which must give us packets with a Home Address option"
            raise NetlinkError(error.errno, f"{what}: {error.strerror}") from error
        self.fileno = self._log.fileno

    @property
    def lost(self) -> int:
        """How often packets came faster than they were read."""
        return self._log.lost

    def receive(self) -> Logged | None:
        """Return the next packet, which ``split`` takes apart; None where none is waiting."""
        return self._log.receive()


def split(packet: Logged) -> Carried | None:
    """Return what the headers of ``packet`` say, None where they are malformed."""
    octets = packet.octets
    if len(octets) < _FIXED_HEADER.size:
        return None
    _, length, protocol, hops, source, destination = _FIXED_HEADER.unpack_from(octets)
    octets = octets[: _FIXED_HEADER.size + length]
    routed_to = None
    home_addresses: list[Address] = []
    offset = _FIXED_HEADER.size
    while protocol in (_HOP_BY_HOP, Header.ROUTING, Header.DESTINATION_OPTIONS):
        end = offset + 8 * octets[offset + 1] + 8 if offset + 2 <= len(octets) else offset
        if end == offset or end > len(octets):
            return None
        if protocol == Header.ROUTING and octets[offset + 1 : offset + 4] == TYPE_2:
            routed_to = Address(octets[offset + 8 : end])
        elif protocol == Header.DESTINATION_OPTIONS:
            home_addresses += _home_addresses(octets[offset + 2 : end])
        protocol, offset = octets[offset], end
    if protocol == _FRAGMENT or len(home_addresses) > 1 or not (home_addresses or routed_to):
        return None  # a home address stands there once at most (RFC 6275 §6.3)
    home_address = home_addresses[0] if home_addresses else None
    return Carried(
        *(octets, Address(source), Address(destination), home_address, routed_to),
        *(protocol, offset, hops, packet.interface),
    )


def _home_addresses(options: bytes) -> list[Address]:
    found = []
    offset = 0
    while offset + 2 <= len(options):
        if options[offset] == _PAD_1:
            offset += 1
            continue
        end = offset + 2 + options[offset + 1]
        if options[offset : offset + 2] == OPTION and end <= len(options):
            found.append(Address(options[offset + 2 : end]))
        offset = end
    return found


def _rules() -> list[Rule]:
    away = [*log_to(GROUP), *drop()]
    lengthy = with_header(Header.ROUTING, Octets(1, 3), TYPE_2)
    options = (with_header(Header.DESTINATION_OPTIONS, Octets(at, 2), OPTION) for at in OPTION_AT)
    return [[*lengthy, *away], *([*option, *away] for option in options)]
