"""Whose address is it: the MAAR that assigned it, and the node that it was assigned to.

An assigned address is its link's prefix with the interface identifier of the node's EUI-48, so
that it is unique without a table of leases, is the same when the node comes again, and tells
every MAAR who may use it.
"""

from __future__ import annotations

from agents.pmipv6.forwarding import interface_address
from agents.romip.config import ACCESS_PREFIX_LENGTH, MaarConfig
from agents.wire.address import Address, Prefix


class Directory:
    """What all MAARs of a domain know of its addresses, from their configuration."""

    def __init__(self, config: MaarConfig) -> None:
        self._nodes = config.nodes
        self._owned = config.owned
        self._anchors: dict[int, dict[Prefix, Address]] = {}
        for maar, prefixes in config.maars.items():
            for prefix in prefixes:
                self._anchors.setdefault(prefix.length, {})[prefix] = maar

    def anchor_of(self, address: Address) -> Address | None:
        """Return the MAAR that ``address`` is routed to, if any."""
        for length in sorted(self._anchors, reverse=True):
            maar = self._anchors[length].get(Prefix.of(address, length))
            if maar is not None:
                return maar
        return None

    def node_of(self, link_layer: bytes) -> str | None:
        """Return the identifier of the node with this interface."""
        return self._nodes.get(link_layer)

    def owns(self, identifier: str, address: Address) -> bool:
        """Say whether some MAAR has assigned ``address`` to this node, or would."""
        link = Prefix.of(address, ACCESS_PREFIX_LENGTH)
        return self.anchor_of(address) is not None and any(
            interface_address(link, octets) == address for octets in self._owned.get(identifier, ())
        )


def assigned_address(prefix: Prefix, link_layer: bytes) -> Address:
    """Return the address that a MAAR assigns on a link to the node with this interface."""
    address = interface_address(prefix, link_layer)
    assert address is not None, "links have 64 bits, interfaces an EUI-48"
    return address
