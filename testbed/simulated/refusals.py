"""Flows that a host refuses, and what tells one flow from another in virtual time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agents.wire.address import Address
from agents.wire.numbers import PROTOCOL_ICMPV6
from testbed.topology.network import Flow

TCP, UDP = 6, 17
PROTOCOLS = {"tcp": TCP, "udp": UDP, "ping": int(PROTOCOL_ICMPV6)}
ANY = 0


class Selector(NamedTuple):
    """The protocol and the port of a flow; a ping has its identifier for a port."""

    protocol: int
    port: int


class Refusal(NamedTuple):
    """What is refused between two addresses; ``ANY`` protocol or port stands for all."""

    local: Address
    peer: Address
    protocol: int
    port: int


class Refusals:
    """What one host refuses."""

    __slots__ = ("_refused", "_selectors")

    def __init__(self, selectors: Mapping[str, Selector]) -> None:
        self._selectors = selectors
        self._refused: set[Refusal] = set()

    def __bool__(self) -> bool:
        return bool(self._refused)

    def add(self, refusal: Refusal) -> None:
        """Refuse what ``refusal`` names."""
        self._refused.add(refusal)

    def remove(self, refusal: Refusal) -> None:
        """Let pass what ``refusal`` names."""
        self._refused.discard(refusal)

    def clear(self) -> None:
        """Let everything pass."""
        self._refused.clear()

    def protocol(self, flow: str) -> int:
        """Return the protocol of ``flow``."""
        return self._selectors[flow].protocol

    def cover(self, flow: str, local: Address, peer: Address) -> bool:
        """Say whether a packet of ``flow`` between ``local`` and ``peer`` is refused."""
        selector = self._selectors.get(flow)
        if selector is None:
            return False
        return any(
            Refusal(local, peer, protocol, port) in self._refused
            for protocol in (selector.protocol, ANY)
            for port in (selector.port, ANY)
        )


def selectors(flows: Mapping[str, Flow]) -> Mapping[str, Selector]:
    """Return how the packets of each of ``flows`` can be told apart."""
    return {
        name: Selector(PROTOCOLS[flow.kind], flow.identifier)
        for name, flow in flows.items()
        if flow.kind in PROTOCOLS
    }
