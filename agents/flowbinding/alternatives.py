"""The other interfaces of a mobile node, as the indicator names them (xia §8.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from agents.wire.address import Address
from agents.wire.options import AlternativeInterfaceIndicator

_MAPPED = bytes(10) + b"\xff\xff"
_IPV4_OCTETS = 4


class Alternative(NamedTuple):
    """The gateway that serves an interface, and the access technology type of it.

    An IPv4 address of a gateway is kept as an IPv4-mapped one (RFC 4291 §2.5.5.2).
    """

    gateway: Address
    technology: int


def indicator(alternative: Alternative) -> AlternativeInterfaceIndicator:
    """Return the option that names ``alternative``."""
    octets = bytes(alternative.gateway)
    if octets.startswith(_MAPPED):
        octets = octets[len(_MAPPED) :]
    return AlternativeInterfaceIndicator(alternative.technology, octets)


def indicated(options: Iterable[Any]) -> tuple[Alternative, ...]:
    """Return what the indicators among ``options`` name."""
    return tuple(
        Alternative(_address(option.proxy_care_of_address), option.access_technology)
        for option in options
        if type(option) is AlternativeInterfaceIndicator
    )


def _address(octets: bytes) -> Address:
    return Address(_MAPPED + octets if len(octets) == _IPV4_OCTETS else octets)
