"""A small network in which access links have prefixes and a mobile has an agent to itself.

It needs no protocol: the agents that would run are left out, so that a test sees what the testbed
alone makes of such hosts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import emulated_runs as runs

from testbed.protocols import load
from testbed.topology.network import Network, Node

PREFIXES = {"mag1": "2001:db8:2:a::", "mag2": "2001:db8:2:b::"}
RATED = """
access:
  wlan1: {router: mag1, rate: 20Mbit/s}
  wlan2: {router: mag2}
"""


def host_network(
    folder: Path,
    names: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
    mobiles: Sequence[str] = ("mn1",),
) -> Network:
    """Return the network with ``mobiles``; ``names`` are those that its nodes serve."""
    topology, _, _ = runs.TOPOLOGY.partition("access:")
    lines = [f"  {name}: {{place: mobile, anchor: lma}}\n" for name in mobiles]
    topology = topology.replace("  mn1: {place: mobile, anchor: lma}\n", "".join(lines))
    network = load(runs.write(folder, topology, RATED))
    access = {each.interface for each in network.accesses.values()}
    nodes = {name: _with_agent(node, access) for name, node in network.nodes.items()}
    return replace(network, nodes=nodes, agents={}, names=names or {})


def _with_agent(node: Node, access: set[str]) -> Node:
    role = "mn" if node.mobile else None
    interfaces = tuple(
        replace(each, addresses=(f"{PREFIXES[node.name]}1/64",)) if each.name in access else each
        for each in node.interfaces
    )
    return replace(node, role=role, interfaces=interfaces)
