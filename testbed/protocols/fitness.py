"""What a node must be to play a role that the topology gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from testbed.protocols.protocol import Refused
from testbed.topology.network import Network, Node


class Fitness(NamedTuple):
    """Which nodes fit, and what they are called."""

    name: str
    fits: Callable[[Node], bool]


MOBILE = Fitness("a mobile", lambda node: node.mobile is not None)
ROUTER = Fitness("a router", lambda node: node.forwarding)
POOL_OWNER = Fitness("a router that owns a pool", lambda node: node.pool is not None)
FIXED_HOST = Fitness(
    "a host that does not move", lambda node: not node.forwarding and node.mobile is None
)


def check_roles(network: Network, needed: Mapping[str, Fitness]) -> None:
    """Raise Refused for a node that cannot play the role it was given; ``needed`` has each role."""
    for node in network.nodes.values():
        if node.role and not needed[node.role].fits(node):
            said = f"only {needed[node.role].name} can play the role {node.role}"
            raise Refused(("nodes", node.name, "role"), f"{said}, and {node.name} is none")
