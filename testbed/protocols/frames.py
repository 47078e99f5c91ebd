"""How long the frames of a network may be."""

from __future__ import annotations

from testbed.topology.network import Network

ETHERNET = 14  # octets of a frame's header


def longest(network: Network) -> int:
    """Return the octets of the longest frame that any link or access link takes."""
    settings = [each.settings for each in network.links.values()]
    settings += [each.settings for each in network.accesses.values()]
    return max((each.mtu for each in settings), default=0) + ETHERNET
