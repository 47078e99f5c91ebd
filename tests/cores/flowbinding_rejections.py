"""Rejections of the anchor, and those that are forged."""

from __future__ import annotations

from typing import Any

from flowbinding_nodes import (
    CN,
    IF1,
    IF2,
    VIDEO,
)
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.events import MessageReceived
from agents.wire import packet
from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable

# --- the mobile node ---

STRANGER = Address.parse("2001:db8:66::1")


def rejection(
    world: FlowWorld, *, source: Any = None, protocol: int = 17, port: int = VIDEO, **changes: Any
) -> DestinationUnreachable:
    """What the anchor says to IF2's address of a flow of IF1's."""
    ports = (40000).to_bytes(2, "big") + port.to_bytes(2, "big")
    inner = packet.Packet(
        source or world.address(IF1), CN, packet.Opaque(protocol, ports + bytes(4))
    )
    return DestinationUnreachable(packet.emit(inner), **{"code": 6, **changes})


def reject(
    world: FlowWorld,
    message: DestinationUnreachable,
    source: Address = LMA,
    destination: Address | None = None,
    interface: str = IF2,
) -> list[Any]:
    where = destination or world.address(IF2)
    return world.give(world.node(), MessageReceived(message, source, where, interface))


def steered(world: FlowWorld) -> int:
    return len(world.kernels[world.node()].steered)
