"""What runs on a node, as the node sees it."""

from __future__ import annotations

from typing import Protocol

from agents.core.events import Event, MessageReceived
from testbed.simulated.packet import Packet
from testbed.simulated.ports import Port


class Process(Protocol):
    """The agent of a protocol."""

    @property
    def running(self) -> bool:
        """Whether somebody would hear of an event."""

    def handle(self, event: Event) -> None:
        """Take note of ``event``."""

    def divert(self, packet: Packet) -> None:
        """Take a data packet whose way only the agent knows."""

    def receive(self, packet: Packet, port: Port, neighbor: bytes) -> None:
        """Take a message from ``port``, sent by ``neighbor``."""

    def take(self, event: MessageReceived) -> None:
        """Take a message that has come by a shortcut."""
