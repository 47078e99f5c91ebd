"""Flows as the traffic selectors of messages, as text, and one inside another (RFC 6088)."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from agents.core.flows import ANY_PORT, FlowSelector, Metered
from agents.core.text import spelled
from agents.flowbinding.statuses import Outcome
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.flow_sub_options import Ipv6TrafficSelector

_HOST = 128
_CLASS_BITS = 0xFC
_PROTOCOLS = {6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp"}
_WITH_PORTS = (6, 17, 132)

Range = tuple[int, int]


class Unreadable(ValueError):
    """A traffic selector that stands for no flow that this implementation can tell apart."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


def host(address: Address) -> Prefix:
    """Return the prefix that is this one address."""
    return Prefix(address, _HOST)


def to_wire(selector: FlowSelector) -> Ipv6TrafficSelector:
    """Return the traffic selector of what travels to the mobile node; what is any is left out."""
    first_source, last_source = _span(selector.source)
    first_destination, last_destination = _span(selector.destination)
    source_from, source_to = _ports(selector.source_ports)
    destination_from, destination_to = _ports(selector.destination_ports)
    return Ipv6TrafficSelector(
        start_source_address=first_source,
        end_source_address=last_source,
        start_destination_address=first_destination,
        end_destination_address=last_destination,
        start_source_port=source_from,
        end_source_port=source_to,
        start_destination_port=destination_from,
        end_destination_port=destination_to,
        start_traffic_class=selector.traffic_class,
        start_next_header=selector.protocol or None,
    )


def from_wire(wire: Ipv6TrafficSelector) -> FlowSelector:
    """Return the flow that ``wire`` stands for; Unreadable where there is none."""
    if wire.start_spi is not None:
        raise Unreadable(Outcome.SPI_UNSUPPORTED)
    if wire.start_flow_label is not None:
        raise Unreadable(Outcome.FLOW_LABEL_UNSUPPORTED)
    protocol = _single(wire.start_next_header, wire.end_next_header)
    traffic_class = _single(wire.start_traffic_class, wire.end_traffic_class)
    selector = FlowSelector(
        _prefix(wire.start_source_address, wire.end_source_address),
        _prefix(wire.start_destination_address, wire.end_destination_address),
        protocol or 0,
        _range(wire.start_source_port, wire.end_source_port),
        _range(wire.start_destination_port, wire.end_destination_port),
        None if traffic_class is None else traffic_class & _CLASS_BITS,
    )
    ported = (selector.source_ports, selector.destination_ports) != (ANY_PORT, ANY_PORT)
    if ported and selector.protocol not in _WITH_PORTS:
        raise Unreadable(Outcome.PORTS_UNSUPPORTED)
    return selector


def covers(wide: FlowSelector, narrow: FlowSelector) -> bool:
    """Say whether all packets of ``narrow`` are packets of ``wide``."""
    return (
        _contains(wide.source, narrow.source)
        and _contains(wide.destination, narrow.destination)
        and wide.protocol in (0, narrow.protocol)
        and _inside(narrow.source_ports, wide.source_ports)
        and _inside(narrow.destination_ports, wide.destination_ports)
        and wide.traffic_class in (None, narrow.traffic_class)
    )


def overlap(one: FlowSelector, other: FlowSelector) -> bool:
    """Say whether a packet can belong to both."""
    return (
        _meet(one.source, other.source)
        and _meet(one.destination, other.destination)
        and (one.protocol == other.protocol or not (one.protocol and other.protocol))
        and _touch(one.source_ports, other.source_ports)
        and _touch(one.destination_ports, other.destination_ports)
        and (one.traffic_class == other.traffic_class or None in _classes(one, other))
    )


def is_whole(selector: FlowSelector, prefixes: Container[Prefix]) -> bool:
    """Say whether this is all that is sent to one of the ``prefixes`` of an interface."""
    everything = selector == FlowSelector(destination=selector.destination)
    return everything and selector.destination in prefixes


def exact(flow: Metered) -> FlowSelector:
    """Return the selector of one single flow that a meter has seen."""
    return single(
        flow.source, flow.destination, flow.protocol, flow.source_port, flow.destination_port
    )


def single(
    source: Address, destination: Address, protocol: int, source_port: int, destination_port: int
) -> FlowSelector:
    """Return the selector of one single flow by its addresses, protocol and ports."""
    return FlowSelector(
        host(source),
        host(destination),
        protocol,
        _one_port(protocol, source_port),
        _one_port(protocol, destination_port),
    )


def text(selector: FlowSelector, service: str = "") -> str:
    """Return ``selector`` as people read it, its service first."""
    protocol = _PROTOCOLS.get(selector.protocol, str(selector.protocol or "any"))
    parts = [service] if service else []
    parts.append(protocol)
    parts.append(_end(selector.source, selector.source_ports))
    parts.append(">")
    parts.append(_end(selector.destination, selector.destination_ports))
    if selector.traffic_class is not None:
        parts.append(f"class {selector.traffic_class}")
    return " ".join(parts)


def values(selector: FlowSelector) -> dict[str, Any]:
    """Return ``selector`` as plain values for the log."""
    return {
        "source": spelled(selector.source),
        "destination": spelled(selector.destination),
        "protocol": selector.protocol,
        "source_ports": list(selector.source_ports),
        "destination_ports": list(selector.destination_ports),
        "traffic_class": selector.traffic_class,
    }


def _span(prefix: Prefix) -> tuple[Address | None, Address | None]:
    if prefix == ALL_ZERO:
        return None, None
    if prefix.length == _HOST:
        return prefix.network, None
    last = int.from_bytes(prefix.network, "big") | (1 << (_HOST - prefix.length)) - 1
    return prefix.network, Address(last.to_bytes(16, "big"))


def _prefix(first: Address | None, last: Address | None) -> Prefix:
    if first is None:
        if last is not None:
            raise Unreadable(Outcome.MALFORMED)
        return ALL_ZERO
    low = int.from_bytes(first, "big")
    high = low if last is None else int.from_bytes(last, "big")
    if high < low:
        raise Unreadable(Outcome.MALFORMED)
    length = _HOST - (low ^ high).bit_length()
    found = Prefix.of(first, length)
    if _span(found) not in ((first, last), (first, None)):
        raise Unreadable(Outcome.RANGE_UNSUPPORTED)
    return found


def _ports(ports: Range) -> tuple[int | None, int | None]:
    if ports == ANY_PORT:
        return None, None
    return (ports[0], None) if ports[0] == ports[1] else ports


def _range(first: int | None, last: int | None) -> Range:
    if first is None:
        if last is not None:
            raise Unreadable(Outcome.MALFORMED)
        return ANY_PORT
    if last is not None and last < first:
        raise Unreadable(Outcome.MALFORMED)
    return first, first if last is None else last


def _single(first: int | None, last: int | None) -> int | None:
    if first is None and last is not None:
        raise Unreadable(Outcome.MALFORMED)
    if last is not None and last != first:
        raise Unreadable(Outcome.RANGE_UNSUPPORTED)
    return first


def _contains(wide: Prefix, narrow: Prefix) -> bool:
    return wide.length <= narrow.length and wide.contains(narrow.network)


def _meet(one: Prefix, other: Prefix) -> bool:
    return _contains(one, other) or _contains(other, one)


def _touch(one: Range, other: Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _classes(one: FlowSelector, other: FlowSelector) -> tuple[int | None, int | None]:
    return one.traffic_class, other.traffic_class


def _inside(narrow: Range, wide: Range) -> bool:
    return wide[0] <= narrow[0] and narrow[1] <= wide[1]


def _one_port(protocol: int, port: int) -> Range:
    return (port, port) if protocol in _WITH_PORTS else ANY_PORT


def _end(prefix: Prefix, ports: Range) -> str:
    where = spelled(prefix.network if prefix.length == _HOST else prefix)
    if prefix == ALL_ZERO:
        where = "any"
    if ports == ANY_PORT:
        return where
    return f"{where} {ports[0]}" if ports[0] == ports[1] else f"{where} {ports[0]}-{ports[1]}"
