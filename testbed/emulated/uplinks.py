"""Which way a host with several interfaces sends: each home prefix by the interface it belongs to.

A Linux host with a default router on each interface takes any of them, whatever the source of the
packet, and a gateway drops what comes from a prefix that it does not serve (RFC 5213 §6.10.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from testbed.emulated import rtnetlink
from testbed.topology.network import Network, Node

_FIRST_TABLE = 1000
_FIRST_PREFERENCE = 1000
_EVERYTHING = "::/0"


def requests(
    network: Network, node: Node, indexes: Mapping[str, int]
) -> Iterator[rtnetlink.Request]:
    """Return the rules and routes of ``node``; none unless it is a mobile that needs them.

    It needs them where it has several interfaces and no agent to route for it, and the access
    routers all have one link-local address (RFC 6543), so that the way stays when it moves.
    """
    routers = _routers(network)
    if node.mobile is None or len(node.interfaces) < 2 or node.role or len(routers) != 1:
        return
    for position, interface in enumerate(node.interfaces):
        name, table = interface.name, _FIRST_TABLE + position
        yield rtnetlink.route(indexes[name], _EVERYTHING, routers[0], name, table)
        for prefix in node.mobile.home_prefixes.get(name, ()):
            yield rtnetlink.rule(_FIRST_PREFERENCE + position, prefix, table, name)


def _routers(network: Network) -> list[str]:
    """Return the link-local addresses that access routers have on their access links."""
    interfaces = {each.name: each for node in network.nodes.values() for each in node.interfaces}
    return sorted({interfaces[each.interface].link_local for each in network.accesses.values()})
