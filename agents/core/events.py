"""What a core is told: past facts, each with everything the core needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from agents.wire.address import Address
from agents.wire.value import value


@value
class Started:
    """The agent has come up: the first event of every core, and of a restarted one."""


@value
class MessageReceived:
    """A message for this node was received and parsed.

    ``message`` is one of the dataclasses of ``agents.wire``; ``octets`` are the bytes it was
    parsed from (empty where the world carries objects, as the simulator does), which the
    authentication options need. ``interface`` and ``link_layer_source`` say where it came in.
    """

    message: Any
    source: Address
    destination: Address
    interface: str = ""
    link_layer_source: bytes = b""
    octets: bytes = b""


@value
class LinkUp:
    """A node has attached to this router's access link, as its access point reports it."""

    interface: str
    link_layer_address: bytes


@value
class LinkDown:
    """A node has left this router's access link, as its access point reports it."""

    interface: str
    link_layer_address: bytes


@value
class PacketArrived:
    """A packet was diverted to the core (see the action ``Divert``).

    ``packet`` is the driver's own and means nothing to a core, which can only keep it, give it
    back with ``Forward``, or let go of it: then it is lost. ``source`` and ``destination`` are
    those of its outermost header, ``length`` counts all its octets.
    """

    packet: Any
    source: Address
    destination: Address
    length: int


@value
class Command:
    """The user or the timeline asks something of this node's role."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


Event = Started | MessageReceived | LinkUp | LinkDown | PacketArrived | Command
