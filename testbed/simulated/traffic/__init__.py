"""Flows in virtual time: what applications on the nodes send and answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


_Maker = Callable[..., Generator]
_MAKERS: dict[str, _Maker] = {"udp": Datagrams, "tcp": Transfer}


def generators(flow: Flow, nodes: Mapping[str, Node]) -> tuple[Generator, ...]:
    """Return what sends the packets of ``flow``; KeyError for a kind that is not modelled."""
    source, destination = nodes[flow.source], nodes[flow.destination]
    if flow.kind == "ping":
        return (Ping(flow, source, destination),)
    make = _MAKERS[flow.kind]
    found: list[Generator] = []
    if flow.direction in ("down", "both"):
        found.append(make(flow, source, destination, downward=True))
    if flow.direction in ("up", "both"):
        found.append(make(flow, destination, source, downward=False))
    return tuple(found)
