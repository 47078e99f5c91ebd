"""What a core is told: past facts, each with everything the core needs to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from agents.core.flows import FlowSelector, Metered
from agents.wire.address import Address
from agents.wire.value import value


@value
class Started:
    """The agent has come up: the first event of every core, and of a restarted one."""


@value
class Restored:
    """What an earlier agent of this node has kept by ``Store``; it comes before ``Started``."""

    state: Mapping[str, Any]


@value
class MessageReceived:
    """A message for this node was received and parsed.

    ``message`` is one of the dataclasses of ``agents.wire``; ``octets`` are the bytes it was
    parsed from (empty where the world carries objects, as the simulator does), which the
    authentication options need. ``interface`` and ``link_layer_source`` say where it came in.
    ``home_address`` is that of a Home Address option (then ``source`` is the care-of address on
    the wire), ``routed_to`` that of a type 2 routing header (then ``destination`` is a care-of
    address of this node); RFC 6275 §6.3, §6.4. A driver has verified the checksum with them.
    """

    message: Any
    source: Address
    destination: Address
    interface: str = ""
    link_layer_source: bytes = b""
    octets: bytes = b""
    home_address: Address | None = None
    routed_to: Address | None = None


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
class CarrierUp:
    """This node's own ``interface`` has gained its link."""

    interface: str


@value
class CarrierDown:
    """This node's own ``interface`` has lost its link."""

    interface: str


@value
class LinkQuality:
    """The driver of ``interface`` reports what its link is capable of, in bit/s (None: unknown)."""

    interface: str
    rate: float | None


@value
class HomeAddressUnknown:
    """A packet with a Home Address option came for which no ``Optimize`` stands; it was dropped.

    ``source`` and ``destination`` are those of its IPv6 header (RFC 6275 §9.3.1). Messages of the
    Mobility Header are not meant: they come as ``MessageReceived``.
    """

    home_address: Address
    source: Address
    destination: Address


@value
class PeerHeard:
    """A packet of ``peer`` to this node's ``home`` address has come out of a tunnel.

    Reported once after ``WatchPeers`` named the home address, and again only after
    ``ForgetPeer`` (RFC 6275 §11.7.2 asks for route optimization on such a packet).
    """

    home: Address
    peer: Address


@value
class Resolved:
    """What a name server answered to a ``Resolve``; no addresses where the name has none.

    ``answered`` is False where no answer came in time.
    """

    name: str
    addresses: tuple[Address, ...]
    answered: bool = True


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
class FlowStrayed:
    """A packet of a flow under ``WatchFlow`` came out of the tunnel of another peer.

    ``packet`` is its beginning, up to 1232 octets from its IPv6 header on (empty where the world
    carries objects); ``flow`` is the single flow that it belongs to, in its own direction.
    """

    selector: FlowSelector
    through: Address
    flow: FlowSelector
    packet: bytes = b""


@value
class FlowIdle:
    """No packet of a steered flow came for the ``idle_timeout`` of its ``SteerFlow``."""

    selector: FlowSelector


@value
class FlowsMetered:
    """What ``interface`` carried towards mobile nodes in the last ``interval`` seconds.

    ``octets`` counts all IPv6 packets, tunnels included; ``flows`` are those of which packets
    came.
    """

    interface: str
    interval: float
    octets: int
    flows: tuple[Metered, ...]


@value
class Command:
    """The user or the timeline asks something of this node's role.

    Where ``token`` is not empty, somebody waits for the action ``Reply`` with the same token.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    token: str = ""


Event = (
    Started
    | Restored
    | MessageReceived
    | LinkUp
    | LinkDown
    | CarrierUp
    | CarrierDown
    | LinkQuality
    | HomeAddressUnknown
    | PeerHeard
    | Resolved
    | PacketArrived
    | FlowStrayed
    | FlowIdle
    | FlowsMetered
    | Command
)
