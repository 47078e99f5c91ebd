"""What a core asks for: imperatives that a driver carries out in order.

Both drivers, live and simulated, implement every action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
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
from agents.core.forwarding_actions import (
    AcceptTunnels,
    AddNeighbor,
    AddRoute,
    AddTunnel,
    Delivery,
    Divert,
    Forward,
    ForwardingAction,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
    StopDiverting,
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
from agents.wire.address import Address
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
    "ForwardingAction",
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
    | JoinGroup
    | Listen
    | Store
    | Drop
    | Record
    | ForwardingAction
    | HostAction
    | FlowAction
)
