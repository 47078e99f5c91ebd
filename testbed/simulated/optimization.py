"""Route optimization: data that goes directly, with extension headers (RFC 6275 §9.3, §11.3)."""

from __future__ import annotations

from typing import NamedTuple

from agents.wire.address import Address
from testbed.simulated.packet import Homes, Packet


class CareOf(NamedTuple):
    """The care-of addresses of both ends of an optimized route; None for an end without one."""

    local: Address | None
    peer: Address | None


class Optimization:
    """The optimized routes of one node: its own and the peer's address -> care-of addresses."""

    __slots__ = ("_routes",)

    def __init__(self) -> None:
        self._routes: dict[tuple[Address, Address], CareOf] = {}

    def __bool__(self) -> bool:
        return bool(self._routes)

    def add(self, local: Address, peer: Address, care_of: CareOf) -> None:
        """Send what goes from ``local`` to ``peer`` by ``care_of``, and take what comes so."""
        self._routes[local, peer] = care_of

    def remove(self, local: Address, peer: Address) -> None:
        """Let packets between ``local`` and ``peer`` be as they are."""
        self._routes.pop((local, peer), None)

    def clear(self) -> None:
        """Forget all routes."""
        self._routes.clear()

    def room(self, local: Address, peer: Address) -> int:
        """Return how many octets of extension headers packets to ``peer`` get."""
        care_of = self._routes.get((local, peer), CareOf(None, None))
        return Homes(*care_of).length

    def apply(self, packet: Packet) -> None:
        """Send ``packet`` by the optimized route of its ends, if there is one."""
        care_of = self._routes.get((packet.source, packet.destination))
        if care_of is None or packet.tunnels:
            return
        local, peer = care_of
        homes = Homes(packet.source if local else None, packet.destination if peer else None)
        if homes.length:
            packet.carry(homes)
            packet.source = local or packet.source
            packet.destination = peer or packet.destination

    def accepts(self, packet: Packet, homes: Homes) -> bool:
        """Say whether a packet with ``homes`` comes as the peer's binding has it (§9.3.1)."""
        local = homes.routed_to or packet.destination
        peer = homes.home_address or packet.source
        care_of = self._routes.get((local, peer))
        if care_of is None:
            return False
        return homes.home_address is None or care_of.peer == packet.source
