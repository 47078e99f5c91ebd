"""The addresses of a domain, handed out in the order in which a file names what needs them.

<domain>:0000::/64         loopback addresses of its routers, ::1 onwards
<domain>:0001::/64 ...     links to hosts, then access links
<domain>:8000::/(n+1)      upper half: home prefixes, an equal share for each anchor
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

SUBNET = 64


class Exhausted(Exception):
    """A domain's prefix is too small for what is asked of it."""


class Domain:
    """The address plan of one domain."""

    def __init__(self, name: str, network: IPv6Network, taken: set[IPv6Address]) -> None:
        self.name = name
        self.network = network
        self._taken = taken
        self._taken_subnets = {int(address) >> SUBNET for address in taken}
        self._first = int(network.network_address) >> SUBNET
        self._half = (1 << max(0, SUBNET - network.prefixlen)) >> 1
        self._loopbacks = 0
        self._subnets = 0

    def loopback(self) -> IPv6Address:
        """Return the next free loopback address."""
        while True:
            self._loopbacks += 1
            address = self.network[self._loopbacks]
            if address not in self._taken:
                return address

    def subnet(self) -> IPv6Network:
        """Return the next free /64 of the lower half; Exhausted where there is none."""
        while True:
            self._subnets += 1
            if self._subnets >= self._half:
                raise Exhausted(f"has {max(0, self._half - 1)} networks for links, and needs more")
            if (self._first + self._subnets) not in self._taken_subnets:
                return _subnet(self._first + self._subnets)

    def pools(self, count: int) -> list[IPv6Network]:
        """Share the upper half among ``count`` anchors; Exhausted where a share is below a /64."""
        bits = (count - 1).bit_length()
        length = self.network.prefixlen + 1 + bits
        if length > SUBNET:
            owners = f"{count} router{'s'[: count > 1]}"
            raise Exhausted(f"has no pools of home addresses for {owners}")
        upper = IPv6Network(((self._first + self._half) << SUBNET, length))
        size = upper.num_addresses
        start = int(upper.network_address)
        return [IPv6Network((start + index * size, length)) for index in range(count)]

    def is_pool(self, address: IPv6Address) -> bool:
        """Say whether ``address`` lies in the half that home prefixes come from."""
        return 0 < self._half <= (int(address) >> SUBNET) - self._first


class HomePrefixes:
    """The lower half of a pool, a /64 after the other (the upper is for the anchor to lease)."""

    def __init__(self, pool: IPv6Network, taken: set[IPv6Network]) -> None:
        self._next = int(pool.network_address) >> SUBNET
        self._end = self._next + max(1, (1 << (SUBNET - pool.prefixlen)) // 2)
        self._taken = taken

    def take(self) -> IPv6Network:
        """Return the next free home prefix; Exhausted where there is none."""
        while self._next < self._end:
            prefix = _subnet(self._next)
            self._next += 1
            if prefix not in self._taken:
                return prefix
        raise Exhausted("has too few home prefixes for the mobiles of its anchors")


def leased(pool: IPv6Network) -> IPv6Network | None:
    """Return the part of a pool that an anchor leases at run time; None of a single /64."""
    return list(pool.subnets())[1] if pool.prefixlen < SUBNET else None


def _subnet(number: int) -> IPv6Network:
    return IPv6Network((number << SUBNET, SUBNET))
