"""What a core has done with packets: tunnels, routes, neighbours, and what it looks at itself.

They are ``Action``s like those of ``actions.py``, which hands them on. Prefixes that are routed
"on link" (``interface`` without ``next_hop``) are those of attached mobile nodes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from agents.wire.address import Address, Prefix
from agents.wire.value import value


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


ForwardingAction = (
    AcceptTunnels
    | AddTunnel
    | RemoveTunnel
    | AddRoute
    | RemoveRoute
    | Divert
    | StopDiverting
    | Forward
    | AddNeighbor
    | RemoveNeighbor
)
