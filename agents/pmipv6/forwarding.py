"""Routes of a gateway for one attached interface (RFC 5213 §6.10.5)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from agents.core.actions import (
    Action,
    AddNeighbor,
    AddRoute,
    RemoveNeighbor,
    RemoveRoute,
)
from agents.pmipv6.binding_update_list import Visit
from agents.pmipv6.profile import VisitorProfile
from agents.wire.address import ALL_ZERO, Address, Prefix

_REMEMBERED = 1 << 16


def open_forwarding(visit: Visit) -> tuple[Action, ...]:
    """Return what makes the served prefixes reachable, downwards first: a packet may be waiting.

    Up, all that the node sends from its prefixes goes to its anchor.
    """
    return _opening(visit.interface, visit.profile, visit.served)


def close_forwarding(visit: Visit) -> tuple[Action, ...]:
    """Return what takes all of that back."""
    return _closing(visit.interface, visit.profile, visit.served)


def interface_address(prefix: Prefix, link_layer: bytes) -> Address | None:
    """Return the address that autoconfiguration makes of an EUI-48 (RFC 4291, appendix A)."""
    if prefix.length != 64 or len(link_layer) != 6:
        return None
    universal = bytes((link_layer[0] ^ 0x02,))
    return Address(prefix.network[:8] + universal + link_layer[1:3] + b"\xff\xfe" + link_layer[3:])


@lru_cache(_REMEMBERED)
def _opening(
    interface: str, profile: VisitorProfile, prefixes: tuple[Prefix, ...]
) -> tuple[Action, ...]:
    downward = [AddRoute(prefix, interface=interface) for prefix in prefixes]
    neighbors = [
        AddNeighbor(interface, address, profile.link_layer)
        for address in _addresses(prefixes, profile.link_layer)
    ]
    upward = [AddRoute(ALL_ZERO, tunnel=profile.anchor, source=prefix) for prefix in prefixes]
    return (*downward, *neighbors, *upward)


@lru_cache(_REMEMBERED)
def _closing(
    interface: str, profile: VisitorProfile, prefixes: tuple[Prefix, ...]
) -> tuple[Action, ...]:
    downward = [RemoveRoute(prefix) for prefix in prefixes]
    upward = [RemoveRoute(ALL_ZERO, source=prefix) for prefix in prefixes]
    neighbors = [
        RemoveNeighbor(interface, address) for address in _addresses(prefixes, profile.link_layer)
    ]
    return (*downward, *upward, *neighbors)


def _addresses(prefixes: tuple[Prefix, ...], link_layer: bytes) -> Iterator[Address]:
    for prefix in prefixes:
        address = interface_address(prefix, link_layer)
        if address is not None:
            yield address
