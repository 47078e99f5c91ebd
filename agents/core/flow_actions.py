"""What a core asks about single flows: their ways, who sends them elsewhere, how much they are.

They are ``Action``s like those of ``actions.py``, which hands them on.
"""

from __future__ import annotations

from agents.core.flows import FlowSelector
from agents.wire.address import Address
from agents.wire.value import value


@value
class SteerFlow:
    """Send the packets of ``selector`` into the tunnel from ``local`` to ``remote``.

    It comes before all routes, for packets that this node forwards and for those that its own
    programs send, and replaces what was asked for the same selector. The outer packet takes the
    routes of ``remote`` (which may lead into another tunnel). Where selectors overlap, the one
    with the lower ``priority`` has the packet (RFC 6089 §4.2).

    With ``interface`` there is no tunnel: the packets leave there, to ``next_hop``, as they are,
    and ``local`` and ``remote`` say nothing.

    With ``idle_timeout``, ``FlowIdle`` tells once that no packet came for that many seconds.
    """

    selector: FlowSelector
    local: Address
    remote: Address
    priority: int = 0
    idle_timeout: float = 0.0
    interface: str = ""
    next_hop: Address | None = None


@value
class StopSteering:
    """Let the packets of ``selector`` take the routes again."""

    selector: FlowSelector


@value
class WatchFlow:
    """Report as ``FlowStrayed`` the packets of ``selector`` that come out of another tunnel.

    The right one is that whose outer source is ``through``. Each single flow (addresses, protocol
    and ports) is reported at most once in ``interval`` seconds; its packets go on unchanged.
    Asking again for the same selector replaces the rest.
    """

    selector: FlowSelector
    through: Address
    interval: float


@value
class StopWatching:
    """Report the packets of ``selector`` no longer."""

    selector: FlowSelector


@value
class MeterFlows:
    """Report every ``interval`` seconds what ``interface`` carried towards mobile nodes.

    It comes as ``FlowsMetered``. A flow inside one more IPv6 header counts as the flow it is.
    """

    interface: str
    interval: float


@value
class TakeRejections:
    """Receive ICMPv6 Destination Unreachable with code 6 in place of this host's programs.

    They come as ``MessageReceived`` with their interface (RFC 4443 §3.1).
    """


FlowAction = SteerFlow | StopSteering | WatchFlow | StopWatching | MeterFlows | TakeRejections
