"""What the data path asks of the two ways in which a kernel can tunnel IPv6 in IPv6."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from agents.core.actions import Delivery
from agents.live.netlink import Request
from agents.wire.address import Address


class Entry(NamedTuple):
    """How a route leads into a tunnel: an interface's index and a route's encapsulation."""

    interface: int
    tail: bytes


class Tunnels(Protocol):
    """Bidirectional IPv6-in-IPv6 tunnels (RFC 2473) between this node and its peers."""

    name: str

    def accept(self, local: Address, delivery: Delivery) -> None:
        """Become a tunnel exit point at ``local``; NetlinkError where the kernel cannot."""
        ...

    def add(self, local: Address, remote: Address) -> list[Request]:
        """Return the requests that let ``remote`` send through the tunnel."""
        ...

    def remove(self, local: Address, remote: Address) -> list[Request]:
        """Return the requests that let it no longer."""
        ...

    def find(self, remote: Address) -> Entry | None:
        """Return how a route leads to ``remote``, None where no tunnel does."""
        ...

    def way(self, local: Address, remote: Address) -> Entry:
        """Return how a route leads into the tunnel from ``local``; OSError where it cannot."""
        ...

    def look_anew(self) -> list[Request]:
        """Return the requests that have all rules asked about what comes out of tunnels.

        That is what is routed then; marks that nftables has put on the outer packet count, and
        what is itself in a tunnel that ends here is taken out of that, too.
        """
        ...


class Place(NamedTuple):
    """What the data path must know of its node: its access links, and who routes between them."""

    access: tuple[str, ...] = ()
    local_routing: bool = False


def own_addresses() -> list[Address]:
    """Return the global addresses of this node."""
    rows = (line.split() for line in Path("/proc/net/if_inet6").read_text().splitlines())
    return [Address.fromhex(row[0]) for row in rows if row[3] == "00"]
