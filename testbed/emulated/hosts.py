"""What makes a namespace a host: kernel settings that its interfaces inherit, names of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from testbed.emulated import kernel
from testbed.topology.network import Network, Node

NAMES = Path("/etc/hosts")
_FIRST = "net/ipv6/conf/default/"
_NO_DETECTION = (f"{_FIRST}accept_dad", 0)

_DETECTION = {
    "off": (_NO_DETECTION,),
    "optimistic": ((f"{_FIRST}optimistic_dad", 1), (f"{_FIRST}use_optimistic", 1)),
    "standard": (),
}


# What a protocol core on a mobile does itself: it solicits routers, makes addresses of what they
# advertise and chooses the first hop; the kernel has its link-local address ready at once.
_LEFT_TO_AGENT = (
    _NO_DETECTION,
    *((f"{_FIRST}{name}", 0) for name in ("accept_ra", "autoconf", "router_solicitations")),
    (f"{_FIRST}accept_redirects", 0),
)


# Routers take note of hosts that announce new addresses (RFC 9131 §6.1.2), since Linux 5.18.
_KNOW_NEWCOMERS = f"{_FIRST}accept_untracked_na"


def settings_of(node: Node, hosts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Return the sysctl settings of ``node``; ``hosts`` is what the scenario asks of mobiles.

    Addresses of fixed nodes are known to be unique, so these need no duplicate address detection
    and work at once; mobiles stay ordinary hosts, but for what an agent of theirs does instead.
    """
    if node.mobile is not None:
        yield from _LEFT_TO_AGENT if node.role else _DETECTION[hosts.get("dad", "optimistic")]
        return
    yield _NO_DETECTION
    yield f"{_FIRST}accept_ra", 0
    yield f"{_FIRST}addr_gen_mode", 1
    if node.forwarding:
        yield "net/ipv6/conf/all/forwarding", 1
        yield _KNOW_NEWCOMERS, 1


def settle(node: Node, hosts: Mapping[str, Any]) -> None:
    """Apply the settings of ``node`` to the current namespace."""
    for name, value in settings_of(node, hosts):
        if name != _KNOW_NEWCOMERS or kernel.has_setting(name):
            kernel.write_setting(name, value)


def settle_bridges() -> None:
    """Keep the namespace of the bridges out of the traffic that it carries.

    With IPv6 on, each bridge would solicit and run DAD on its access link as if it were a host.
    """
    kernel.write_setting("net/ipv6/conf/all/disable_ipv6", 1)
    kernel.write_setting("net/ipv6/conf/default/disable_ipv6", 1)
    for family in ("iptables", "ip6tables", "arptables"):
        name = f"net/bridge/bridge-nf-call-{family}"
        if kernel.has_setting(name):
            kernel.write_setting(name, 0)


def name_nodes(network: Network, place: Path) -> None:
    """Let programs on all nodes know the nodes by name; ``place`` holds the file of names."""
    if not NAMES.exists():
        return
    lines = [f"{node.address} {node.name}\n" for node in network.nodes.values()]
    place.write_text(f"{NAMES.read_text()}\n{''.join(lines)}")
    kernel.mount(str(place), str(NAMES), "none", kernel.MS_BIND)
