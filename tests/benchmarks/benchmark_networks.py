"""Networks of any size for the benchmarks of the emulated backend."""

from __future__ import annotations

from pathlib import Path

import yaml

from testbed.protocols import load
from testbed.topology.network import Network


def large(folder: Path, size: int) -> Network:
    """A PMIPv6 domain of ``size`` nodes: two in five are access routers, two in five mobiles.

    Core routers form a chain of chains from the anchor; each mobile has an access link.
    """
    gateways = size * 2 // 5
    cores = size - 2 - 2 * gateways
    nodes = {
        "lma": {"place": "anchor", "domain": "home"},
        "cn": {"place": "correspondent", "domain": "home"},
        **{f"core{n}": {"place": "router", "domain": "edge"} for n in range(cores)},
        **{f"mag{n}": {"place": "access-router", "domain": "edge"} for n in range(gateways)},
        **{f"mn{n}": {"place": "mobile", "anchor": "lma"} for n in range(gateways)},
    }
    links = [
        ["cn", "lma"],
        *([f"core{(n - 1) // 2}" if n else "lma", f"core{n}"] for n in range(cores)),
        *([f"core{n % cores}", f"mag{n}"] for n in range(gateways)),
    ]
    written = {
        "name": f"large-{size}",
        "protocol": "pmipv6",
        "domains": {
            "home": {"prefix": "2001:db8:1::/48"},
            "edge": {"prefix": "2001:db8:2::/48"},
        },
        "nodes": nodes,
        "links": [{"ends": ends} for ends in links],
        "access": {f"wlan{n}": {"router": f"mag{n}"} for n in range(gateways)},
        "timeline": [{"at": 0, "attach": f"mn{n}", "to": f"wlan{n}"} for n in range(gateways)],
    }
    path = folder / f"large-{size}.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    return load(path)


def edges(network: Network) -> list[tuple[str, str]]:
    """The pairs of nodes that a cable joins, mobiles and the router they attach to included."""
    owner = {each.name: node.name for node in network.nodes.values() for each in node.interfaces}
    wired = [(owner[link.ends[0]], owner[link.ends[1]]) for link in network.links.values()]
    routers = {access.name: access.router for access in network.accesses.values()}
    return wired + [(step.node, routers[step.target]) for step in network.timeline]
