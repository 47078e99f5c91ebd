"""A mobile node's policy profile, as its anchor and its gateways know it (RFC 5213 §6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.wire.address import Address, Prefix


@dataclass(frozen=True, slots=True)
class HomeProfile:
    """What the anchor knows: may the node have the service, and which prefixes are its own.

    ``prefixes`` maps the link-layer identifier of each known interface to the prefixes that it
    has for good; an interface with none is given prefixes from the anchor's pool.
    """

    prefixes: Mapping[bytes, tuple[Prefix, ...]]
    enabled: bool = True

    def prefixes_of(self, link_layer: bytes) -> tuple[Prefix, ...]:
        """Return the static prefixes of an interface; of the only one where none is named."""
        if not link_layer and len(self.prefixes) == 1:
            return next(iter(self.prefixes.values()))
        return self.prefixes.get(link_layer, ())


@dataclass(frozen=True, slots=True, eq=False)
class VisitorProfile:
    """What the gateway knows of one interface: whose it is and which anchor serves that node.

    ``shared`` is the interface that the node's addresses are made of where all of its interfaces
    have the same, else empty.
    """

    identifier: str
    anchor: Address
    link_layer: bytes
    shared: bytes = b""

    @property
    def maker(self) -> bytes:
        """Return the link-layer address that the addresses of this interface are made of."""
        return self.shared or self.link_layer
