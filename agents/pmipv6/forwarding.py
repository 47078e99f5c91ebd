"""Routes of a gateway for one attached interface (RFC 5213 §6.10.5)."""

from __future__ import annotations

from functools import lru_cache

from agents.core.actions import (
    Action,
    AddNeighbor,
    AddRoute,
    RemoveNeighbor,
    RemoveRoute,
)
from agents.pmipv6.binding_update_list import Visit
from agents.wire.address import ALL_ZERO, Address, Prefix

_REMEMBERED = 1 << 16


def open_forwarding(visit: Visit, uplink: Address | None) -> list[Action]:
    """Return what makes the served prefixes reachable, downwards first: a packet may be waiting.

    Up, all that the node sends from its prefixes goes into the tunnel to ``uplink``, or, where
    that is None, wherever it is addressed.
    """
    profile, interface = visit.profile, visit.interface
    actions: list[Action] = [AddRoute(prefix, interface) for prefix in visit.served]
    for prefix in visit.served:
        address = interface_address(prefix, profile.maker)
        if address is not None:
            actions.append(AddNeighbor(interface, address, profile.link_layer))
        actions.append(AddRoute(ALL_ZERO, tunnel=uplink, source=prefix))
    return actions


def close_forwarding(visit: Visit) -> list[Action]:
    """Return what takes all of that back."""
    actions: list[Action] = []
    for prefix in visit.served:
        actions.append(RemoveRoute(prefix))
        actions.append(RemoveRoute(ALL_ZERO, prefix))
        address = interface_address(prefix, visit.profile.maker)
        if address is not None:
            actions.append(RemoveNeighbor(visit.interface, address))
    return actions


@lru_cache(_REMEMBERED)
def interface_address(prefix: Prefix, link_layer: bytes) -> Address | None:
    """Return the address that autoconfiguration makes of an EUI-48 (RFC 4291, appendix A)."""
    if prefix.length != 64 or len(link_layer) != 6:
        return None
    universal = bytes((link_layer[0] ^ 0x02,))
    return Address(prefix.network[:8] + universal + link_layer[1:3] + b"\xff\xfe" + link_layer[3:])
