"""What routers take from hosts: no packet with a source that is not of their link (BCP 38).

A protocol that trusts the addresses of its gateways relies on it, wherever signalling is not
authenticated: no correspondent can pass for a gateway or an anchor. A mobile on an access link
that has a prefix sends from there alone, which is why its home address must travel in a tunnel or
in an option (RFC 6275 §6.3). Where access links have none, the router's agent is their filter, and
where its agent knows the addresses of the mobiles one by one.

Nor does a router redirect mobiles to each other on an access link, where they are isolated.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from testbed.emulated.nodes import Node
from testbed.topology import network as resolved
from testbed.topology.network import Network

_TABLE = """table ip6 hosts {{
  chain sources {{
    type filter hook prerouting priority raw;
{sources}
  }}
  chain redirects {{
    type filter hook output priority raw;
{redirects}
  }}
}}
"""


def guard(network: Network, nodes: dict[str, Node]) -> bool:
    """Have every router filter what its hosts send; False where nftables cannot be used."""
    tables = {name: _table(network, name) for name in network.nodes}
    return all(_load(nodes[name], table) for name, table in tables.items() if table)


def _table(network: Network, router: str) -> str:
    """Return the rules of a router, "" for a node that has none."""
    sources = "\n".join(_sources(network, network.nodes[router]))
    redirects = "\n".join(_redirects(network, router))
    return _TABLE.format(sources=sources, redirects=redirects) if sources or redirects else ""


def _redirects(network: Network, router: str) -> Iterator[str]:
    for access in network.accesses.values():
        if access.router == router:
            yield f'    oifname "{access.interface}" icmpv6 type nd-redirect drop'


def _sources(network: Network, router: resolved.Node) -> Iterator[str]:
    hosts = {
        interface.link
        for node in network.nodes.values()
        if not node.forwarding and node.mobile is None
        for interface in node.interfaces
    }
    access = {each.interface for each in network.accesses.values()}
    filtered = _filtered(network, router.name)
    for interface in router.interfaces:
        of_hosts = interface.link in hosts or interface.name in access
        if router.forwarding and of_hosts and interface.addresses:
            own = ", ".join(each.partition("/")[0] for each in interface.addresses)
            linked = ", ".join(("::", "fe80::/10", *interface.addresses))
            yield f'    iifname "{interface.name}" ip6 saddr {{ {own} }} drop'
            if interface.name not in filtered:
                yield f'    iifname "{interface.name}" ip6 saddr != {{ {linked} }} drop'


def _filtered(network: Network, router: str) -> set[str]:
    """Return the access interfaces at which nothing passes the router's agent unbound."""
    if router not in network.agents:
        return set()
    return {each["interface"] for each in network.agents[router].config.get("access", ())}


def _load(node: Node, rules: str) -> bool:
    with node.entered():
        try:
            done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True)
        except FileNotFoundError:
            return False
    return done.returncode == 0
