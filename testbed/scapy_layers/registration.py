"""Tells scapy of the layers, so that packets are dissected into them."""

from __future__ import annotations

from typing import Any, cast

from scapy.layers import inet6

from agents.wire.layout import layout_of
from testbed.scapy_layers.messages import (
    DMIPV6_MESSAGES,
    MOBILITY_MESSAGES,
    AnyHomeProxyMessage,
    AnyMobilityMessage,
)
from testbed.scapy_layers.options import ANY_NEIGHBOR_OPTION, MOBILITY_OPTIONS, NEIGHBOR_OPTIONS

_LEAST = 8  # octets of a message of DMIPv6


def register() -> None:
    """Enter every declared type in scapy's tables, in place of what was there."""
    icmpv6: dict[int, Any] = cast(Any, inet6.icmp6typescls)
    neighbor: dict[int, Any] = cast(Any, inet6.icmp6ndoptscls)
    for cls in MOBILITY_MESSAGES:
        inet6._mip6_mhtype2cls[int(layout_of(cls).number)] = AnyMobilityMessage
    for cls, layer in MOBILITY_OPTIONS.items():
        inet6.moboptcls[int(layout_of(cls).number)] = layer
    for cls in DMIPV6_MESSAGES:
        number = int(layout_of(cls).number)
        icmpv6[number] = AnyHomeProxyMessage
        inet6.icmp6typesminhdrlen[number] = _LEAST
        inet6.icmp6types[number] = layout_of(cls).title
    for cls in NEIGHBOR_OPTIONS:
        neighbor[int(layout_of(cls).number)] = ANY_NEIGHBOR_OPTION
