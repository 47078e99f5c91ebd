"""Distributed home addresses out of a home proxy's pool: unguessable, and never the same twice.

draft-liu-dmm-flows-distribution-and-handoff-01 §4.4 asks for an "address generation algorithm"
and leaves it open. This one is RFC 7217 §5 with a counter in the place of an interface::

    address = pool | last bits of HMAC-SHA256(secret, pool | care-of address | counter)

The secret is drawn at random when the home proxy starts. Who does not know it can neither guess
the addresses of others nor tell from an address whom it was given to.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from agents.wire.address import Address, Prefix

SECRET_SIZE = 32
"""Octets of the secret: as many as the hash function returns."""

LONGEST_POOL = 64
"""Bits of the longest pool: what is left must be too much to try out."""

_ADDRESS_BITS = 128
_COUNTER_SIZE = 8
_IDENTIFIER_MASK = (1 << 64) - 1
_RESERVED = (
    range(1),  # subnet-router anycast (RFC 4291 §2.6.1)
    range(0x02005EFFFE000000, 0x02005EFFFF000000),  # of IANA's own link-layer addresses (RFC 5453)
    range(0xFDFFFFFFFFFFFF80, 0xFE00000000000000),  # subnet anycast (RFC 2526)
)


class AddressGenerator:
    """Makes addresses of ``pool``; ``secret`` is this home proxy's own and random."""

    def __init__(self, pool: Prefix, secret: bytes) -> None:
        self._pool = pool
        self._secret = secret
        self._counter = 0

    def generate(self, care_of: Address, taken: Callable[[Address], bool]) -> Address:
        """Return an address for the mobile node at ``care_of`` that is not ``taken``.

        Each call tries other addresses: one that was given back is not given to the next node.
        """
        while True:
            address = self._next(care_of)
            identifier = int.from_bytes(address, "big") & _IDENTIFIER_MASK
            if not taken(address) and not any(identifier in those for those in _RESERVED):
                return address

    def _next(self, care_of: Address) -> Address:
        self._counter += 1
        counter = self._counter.to_bytes(_COUNTER_SIZE, "big")
        pool = self._pool.network + bytes((self._pool.length,))
        digest = hmac.digest(self._secret, pool + care_of + counter, "sha256")
        free = (1 << _ADDRESS_BITS - self._pool.length) - 1
        number = int.from_bytes(self._pool.network, "big")
        number |= int.from_bytes(digest, "big") & free
        return Address(number.to_bytes(16, "big"))
