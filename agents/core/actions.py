"""What a core asks for: imperatives that a driver carries out in order.

Both drivers, live and simulated, implement every action. Prefixes that are routed "on link"
(``interface`` without ``next_hop``) are those of attached mobile nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from agents.core.flow_actions import (
    FlowAction,
    MeterFlows,
    SteerFlow,
    StopSteering,
    StopWatching,
    TakeRejections,
    WatchFlow,
)
from agents.core.host_actions import (
    AddAddress,
    Confine,
    ForgetPeer,
    HostAction,
    Optimize,
    PreferSource,
    ProxyNeighbor,
    Refuse,
    Release,
    RemoveAddress,
    Reply,
    Resolve,
    StopOptimizing,
    StopPreferring,
    StopProxying,
    StopRefusing,
    WatchPeers,
)
from agents.wire.address import Address, Prefix
from agents.wire.value import value

__all__ = [
    "AcceptTunnels",
    "Action",
    "AddAddress",
    "AddNeighbor",
    "AddRoute",
    "AddTunnel",
    "Confine",
    "Delivery",
    "Divert",
    "Drop",
    "FlowAction",
    "ForgetPeer",
    "Forward",
    "HostAction",
    "JoinGroup",
    "Listen",
    "MeterFlows",
    "Optimize",
    "PreferSource",
    "ProxyNeighbor",
    "Record",
    "Refuse",
    "Release",
    "RemoveAddress",
    "RemoveNeighbor",
    "RemoveRoute",
    "RemoveTunnel",
    "Reply",
    "Resolve",
    "SendMessage",
    "SteerFlow",
    "StopDiverting",
    "StopOptimizing",
    "StopPreferring",
    "StopProxying",
    "StopRefusing",
    "StopSteering",
    "StopWatching",
    "TakeRejections",
    "WatchFlow",
    "WatchPeers",
]


@value
class SendMessage:
    """Send ``message`` (a dataclass of ``agents.wire``) from ``source`` to ``destination``.

    With ``interface`` it leaves there, and only there; ``link_layer_destination`` spares the
    neighbour exchange. Messages of Neighbour Discovery and of DMIPv6 (160 to 167) leave with hop
    limit 255. With ``outer_destination`` the packet travels in one more IPv6 header, from
    ``source`` to there (RFC 2473), which may be a multicast group; no ``AddTunnel`` is needed.

    With ``home_address`` it carries that in a Home Address option and ``source`` is the care-of
    address; with ``route_to`` a type 2 routing header leads it on from ``destination``, a care-of
    address, to that home address (RFC 6275 §6.3, §6.4). Messages take no route of ``Optimize``;
    one whose source is a home address takes the route of that source (a tunnel).
    """

    message: Any
    source: Address
    destination: Address
    interface: str = ""
    link_layer_destination: bytes = b""
    outer_destination: Address | None = None
    home_address: Address | None = None
    route_to: Address | None = None


class Delivery(StrEnum):
    """Where packets go that a tunnel endpoint has taken out of a tunnel."""

    ROUTED = "routed"  # as any packet that this router forwards (LMA, home agent)
    ATTACHED = "attached"  # to attached nodes, by tunnel routes, diverted, else dropped (MAG)
    LOCAL = "local"  # to this node itself (a mobile node that owns the inner address)


@value
class AcceptTunnels:
    """Become a tunnel exit point at ``local``; what comes out is delivered as ``delivery`` says.

    Only packets of peers that were named by ``AddTunnel`` are taken out (RFC 6275 §5.5). With
    ``reverse_path``, only those whose inner source lies in a prefix that is routed into the tunnel
    they came out of (RFC 6275 §10.4.5: a mobile node sends from its own home address alone).
    """

    local: Address
    delivery: Delivery
    reverse_path: bool = False


@value
class AddTunnel:
    """Make ``remote`` a peer of the bidirectional IPv6-in-IPv6 tunnel at ``local`` (RFC 2473).

    With ``inner``, what comes out must have its inner source in one of these prefixes, and such a
    tunnel may itself come in a tunnel: it is taken out of both. Asking again replaces ``inner``.
    """

    local: Address
    remote: Address
    inner: tuple[Prefix, ...] = ()


@value
class RemoveTunnel:
    """``remote`` is a tunnel peer no longer: what it still sends is dropped."""

    local: Address
    remote: Address


@value
class AddRoute:
    """Route ``prefix``, replacing the route of the same ``prefix`` and ``source``.

    At most one of: ``interface`` alone (on link), ``interface`` with ``next_hop``, or ``tunnel``
    (the remote end of a tunnel of this node). With ``source``, only packets that attached nodes
    send from that prefix take the route.

    With ``source`` and none of the three, those packets go "as routed": the ingress filter lets
    them pass, and they take the routes that have no ``source``, in this order: of attached
    nodes, into tunnels, diverted (see ``Divert``), then the node's ordinary ones.
    """

    prefix: Prefix
    interface: str = ""
    next_hop: Address | None = None
    tunnel: Address | None = None
    source: Prefix | None = None
    preferred_source: Address | None = None


@value
class RemoveRoute:
    """Take back the route of ``prefix`` (and ``source``)."""

    prefix: Prefix
    source: Prefix | None = None


@value
class Divert:
    """Hand the core, as ``PacketArrived``, the packets to ``prefix`` that nothing else takes.

    These are the packets that this node would forward, whether an attached node or any other
    neighbour sent them or a tunnel ends here with ``Delivery.ATTACHED``, and for which there is
    no route of an attached node and no tunnel route. The node's ordinary routes come later.
    """

    prefix: Prefix


@value
class StopDiverting:
    """Let packets to ``prefix`` take the node's ordinary routes again."""

    prefix: Prefix


@value
class Forward:
    """Put the ``packet`` of a ``PacketArrived`` back on its way, which a route has opened.

    It is looked up as any other packet, unchanged. Packets leave in the order of their actions,
    and before those that arrive later for the same destination. One that still finds no route
    is diverted once more.
    """

    packet: Any


@value
class JoinGroup:
    """Receive the messages that are sent to the multicast ``group``.

    Each comes as ``MessageReceived`` with ``group`` as its destination. If ``tunnelled``, they
    come inside an IPv6 header, and one whose outer source is not the inner one is dropped; else
    as they are. This node's own messages to the group do not come back.
    """

    group: Address
    tunnelled: bool = True


@value
class AddNeighbor:
    """Know ``address`` on ``interface`` by its link-layer address, sparing the first exchange."""

    interface: str
    address: Address
    link_layer_address: bytes


@value
class RemoveNeighbor:
    """Forget ``address`` on ``interface``."""

    interface: str
    address: Address


@value
class Listen:
    """Receive the ICMPv6 messages of these ``types`` too, besides Router Solicitations.

    Neighbour Discovery comes with its interface and was checked for hop limit 255.
    """

    types: frozenset[int]


@value
class Store:
    """Keep ``state``, of plain JSON values, beyond the end of this agent, in place of the last.

    A later agent of the node is told of it by ``Restored``. It is safe once the action is done.
    """

    state: Mapping[str, Any]


@value
class Drop:
    """A peer's message was not acted upon: counted by ``reason`` and logged with its details."""

    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)


@value
class Record:
    """Something that the run's event log must know, such as a binding that changed."""

    event: str
    details: Mapping[str, Any] = field(default_factory=dict)


Action = (
    SendMessage
    | AcceptTunnels
    | AddTunnel
    | RemoveTunnel
    | AddRoute
    | RemoveRoute
    | Divert
    | StopDiverting
    | Forward
    | JoinGroup
    | AddNeighbor
    | RemoveNeighbor
    | Listen
    | Store
    | Drop
    | Record
    | HostAction
    | FlowAction
)
