"""Flows in virtual time: what applications on the nodes send and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from testbed.simulated.node import Node
from testbed.simulated.traffic.ping import Ping
from testbed.simulated.traffic.tcp import Transfer
from testbed.simulated.traffic.udp import Datagrams
from testbed.topology.network import Flow


class Generator(Protocol):
    """Traffic of one flow in one direction."""

    def start(self) -> None:
        """Begin to send."""
        ...

    def stop(self) -> None:
        """Send no more."""
        ...


def generators(flow: Flow, nodes: Mapping[str, Node], path_mtu: int) -> tuple[Generator, ...]:
    """Return what sends the packets of ``flow``, a ping, UDP or TCP.

    ``path_mtu`` is what the links between its ends take, in octets.
    """
    source, destination = nodes[flow.source], nodes[flow.destination]
    if flow.kind == "ping":
        return (Ping(flow, source, destination),)
    make: Callable[..., Generator] = Datagrams
    if flow.kind == "tcp":
        make = partial(Transfer, path_mtu=path_mtu)
    found: list[Generator] = []
    if flow.direction in ("down", "both"):
        found.append(make(flow, source, destination, downward=True))
    if flow.direction in ("up", "both"):
        found.append(make(flow, destination, source, downward=False))
    return tuple(found)
