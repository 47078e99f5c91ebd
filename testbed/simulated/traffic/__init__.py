"""Flows in virtual time: what applications on the nodes send and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from testbed.simulated.node import Node
from testbed.simulated.traffic.ping import Ping
from testbed.simulated.traffic.source import Source
from testbed.simulated.traffic.tcp import Transfer
from testbed.simulated.traffic.udp import Datagrams
from testbed.topology.network import Flow


def generators(flow: Flow, nodes: Mapping[str, Node], path_mtu: int) -> tuple[Source, ...]:
    """Return what sends the packets of ``flow``, a ping, UDP or TCP.

    ``path_mtu`` is what the links between its ends take, in octets.
    """
    source, destination = nodes[flow.source], nodes[flow.destination]
    if flow.kind == "ping":
        return (Ping(flow, source, destination),)
    make: Callable[..., Source] = Datagrams
    if flow.kind == "tcp":
        make = partial(_transfer, path_mtu=path_mtu)
    found: list[Source] = []
    if flow.direction in ("down", "both"):
        found.append(make(flow, source, destination, downward=True))
    if flow.direction in ("up", "both"):
        found.append(make(flow, destination, source, downward=False))
    return tuple(found)


def _transfer(
    flow: Flow, sender: Node, receiver: Node, *, downward: bool, path_mtu: int
) -> Transfer:
    """Return a transfer that the initiator begins, where agents are asked for addresses."""
    called = bool(flow.asks) and flow.initiator == receiver.name
    return Transfer(flow, sender, receiver, downward=downward, path_mtu=path_mtu, called=called)
