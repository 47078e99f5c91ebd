"""Tells mobile nodes which interface a flow is to leave by (xia §6, upstream packets)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import FlowStrayed
from agents.core.flows import FlowSelector
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.flowbinding import selectors
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.steering import Steering, is_shared, own_address
from agents.pmipv6.binding_cache import Binding
from agents.wire import packet
from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.numbers import UnreachableCode

MOST_OCTETS = 1280 - 40 - 8
"""Octets of the packet in question that an error may hold (RFC 4443 §3.1, §2.4 (c))."""

_RATE, _BURST = 100.0, 200
_NODE_RATE, _NODE_BURST = 20.0, 40
_CODE = int(UnreachableCode.REJECT_ROUTE)
_TRANSPORT_OCTETS = 8


class Redirector:
    """Answers a flow that comes the wrong way by an error to the address of the right interface.

    The packets themselves are forwarded. Errors are bounded for all flows together (RFC 4443
    §2.4 (f)), and for those of each node, so that none uses up the others'; how often one flow is
    reported is the watch's to say.
    """

    def __init__(self, address: Address, table: FlowTable, steering: Steering) -> None:
        self._address = address
        self._table = table
        self._steering = steering
        self._bucket = TokenBucket(_RATE, _BURST)
        self._buckets: dict[bytes, TokenBucket] = {}

    def strayed(self, event: FlowStrayed, now: float) -> list[Action]:
        """Take a packet that came from another gateway than that of the flow's interface."""
        entry = self._table.get(event.selector.reverse())
        if entry is not None:
            if self._governing(entry, event.flow) is not entry:
                return []  # another one has this flow, with a watch of its own
            return self._redirect(event, entry, entry.target, now)
        returned = self._steering.returned(event.selector)
        if returned is None:
            return [Drop("stray packet of no flow", {"flow": selectors.text(event.flow)})]
        if self._governing(returned.entry, event.flow) is not None:
            return []
        return self._redirect(event, returned.entry, returned.home, now)

    def forget(self, identifier: bytes) -> None:
        """Remember nothing of a node that has gone."""
        self._buckets.pop(identifier, None)

    def _may_tell(self, identifier: bytes, now: float) -> bool:
        node = self._buckets.get(identifier)
        if node is None:
            node = self._buckets[identifier] = TokenBucket(_NODE_RATE, _NODE_BURST)
        return node.take(now) and self._bucket.take(now)

    def _governing(self, entry: FlowEntry, flow: FlowSelector) -> FlowEntry | None:
        """Return the entry that decides where a single flow goes (RFC 6089 §4.2)."""
        down = flow.reverse()
        found = [e for e in self._table.of(entry.serving) if selectors.covers(e.selector, down)]
        return min(found, key=lambda each: each.priority, default=None)

    def _redirect(
        self, event: FlowStrayed, entry: FlowEntry, where: Binding, now: float
    ) -> list[Action]:
        if not self._may_tell(where.identifier, now):
            return [Drop("too many redirects", {"flow": selectors.text(event.flow)})]
        own, shared = own_address(where), is_shared(entry)
        target = event.flow.source.network if shared or own is None else own
        message = DestinationUnreachable(_invoking(event), code=_CODE)
        outer = where.care_of if shared else None
        details = {
            "node": where.identifier.decode(errors="replace"),
            "flow": selectors.text(event.flow, entry.service),
            "target": spelled(target),
        }
        sent = SendMessage(message, self._address, target, outer_destination=outer)
        return [sent, Record("redirect_sent", details)]


def _invoking(event: FlowStrayed) -> bytes:
    """Return as much of the packet as fits, or its headers where the world has no octets."""
    return event.packet[:MOST_OCTETS] if event.packet else _headers(event.flow)


def _headers(flow: FlowSelector) -> bytes:
    ports = flow.source_ports[0], flow.destination_ports[0]
    transport = b"".join(port.to_bytes(2, "big") for port in ports).ljust(_TRANSPORT_OCTETS, b"\0")
    payload = packet.Opaque(flow.protocol, transport)
    return packet.emit(packet.Packet(flow.source.network, flow.destination.network, payload))
