"""IPv6 addresses and prefixes as 16 octets: hashed and compared at C speed."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple


class Address(bytes):
    """An IPv6 address: 16 octets that print as RFC 5952 text."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that ``text`` spells; ValueError where it spells none."""
        return cls(ipaddress.IPv6Address(text).packed)

    def __str__(self) -> str:
        return str(ipaddress.IPv6Address(bytes(self)))

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


class Prefix(NamedTuple):
    """An IPv6 prefix: the network's first address and the length in bits."""

    network: Address
    length: int

    @classmethod
    def parse(cls, text: str) -> Prefix:
        """Return the prefix that ``text`` spells, a bare address as a /128; else ValueError."""
        network = ipaddress.IPv6Network(text)
        return cls(Address(network.network_address.packed), network.prefixlen)

    @classmethod
    def of(cls, address: Address, length: int) -> Prefix:
        """Return the prefix of ``length`` bits that ``address`` lies in."""
        shift = 128 - length
        network = int.from_bytes(address, "big") >> shift << shift
        return cls(Address(network.to_bytes(16, "big")), length)

    def contains(self, address: Address) -> bool:
        """Say whether ``address`` lies inside this prefix."""
        shift = 128 - self.length
        return (
            int.from_bytes(address, "big") >> shift == int.from_bytes(self.network, "big") >> shift
        )

    def __str__(self) -> str:
        return f"{self.network}/{self.length}"


UNSPECIFIED = Address(bytes(16))
ALL_ZERO = Prefix(UNSPECIFIED, 0)
