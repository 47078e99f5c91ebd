"""Sub-options of flow identification: what a flow is tied to, and which packets it is.

A traffic selector (RFC 6088) says source for the correspondent and destination for the mobile
node, as in packets that travel to the mobile node.
"""

from typing import Annotated, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, Selector, numbers, present, uint, zero
from agents.wire.value import value


@value
class BindingReference:
    """The bindings that a flow is tied to."""

    identifiers: Annotated[tuple[int, ...], numbers("binding identifiers")]
    LAYOUT: ClassVar = Layout("Binding Reference", 2, "RFC 6089 §4.2.1.3")


@value
class Ipv4TrafficSelector:
    """Which IPv4 packets belong to a flow; what is None matches everything."""

    start_source_address: Annotated[int | None, present(1 << 31, 32, "source, from")] = None
    end_source_address: Annotated[int | None, present(1 << 30, 32, "source, to")] = None
    start_destination_address: Annotated[int | None, present(1 << 29, 32, "destination, from")] = (
        None
    )
    end_destination_address: Annotated[int | None, present(1 << 28, 32, "destination, to")] = None
    start_spi: Annotated[int | None, present(1 << 27, 32, "IPsec SPI, from")] = None
    end_spi: Annotated[int | None, present(1 << 26, 32, "IPsec SPI, to")] = None
    start_source_port: Annotated[int | None, present(1 << 25, 16, "source port, from")] = None
    end_source_port: Annotated[int | None, present(1 << 24, 16, "source port, to")] = None
    start_destination_port: Annotated[int | None, present(1 << 23, 16, "dest. port, from")] = None
    end_destination_port: Annotated[int | None, present(1 << 22, 16, "dest. port, to")] = None
    start_ds: Annotated[int | None, present(1 << 21, 8, "6 high bits of DS, from")] = None
    end_ds: Annotated[int | None, present(1 << 20, 8, "6 high bits of DS, to")] = None
    start_protocol: Annotated[int | None, present(1 << 19, 8, "protocol, from")] = None
    end_protocol: Annotated[int | None, present(1 << 18, 8, "protocol, to")] = None
    reserved: Annotated[int, zero(8)] = 0
    flags: Annotated[int, uint(32, "unassigned bits; the others follow from the fields")] = 0
    LAYOUT: ClassVar = Layout(
        "Traffic Selector, binary IPv4",
        3,
        "RFC 6088 §3.1",
        "reserved flags *",
        selector=Selector("ts_format", 8, 1),
    )


@value
class Ipv6TrafficSelector:
    """Which IPv6 packets belong to a flow; what is None matches everything."""

    start_source_address: Annotated[Address | None, present(1 << 31, 128, "source, from")] = None
    end_source_address: Annotated[Address | None, present(1 << 30, 128, "source, to")] = None
    start_destination_address: Annotated[
        Address | None, present(1 << 29, 128, "destination, from")
    ] = None
    end_destination_address: Annotated[Address | None, present(1 << 28, 128, "destination, to")] = (
        None
    )
    start_spi: Annotated[int | None, present(1 << 27, 32, "IPsec SPI, from")] = None
    end_spi: Annotated[int | None, present(1 << 26, 32, "IPsec SPI, to")] = None
    start_flow_label: Annotated[int | None, present(1 << 25, 32, "flow label, from")] = None
    end_flow_label: Annotated[int | None, present(1 << 24, 32, "flow label, to")] = None
    start_source_port: Annotated[int | None, present(1 << 23, 16, "source port, from")] = None
    end_source_port: Annotated[int | None, present(1 << 22, 16, "source port, to")] = None
    start_destination_port: Annotated[int | None, present(1 << 21, 16, "dest. port, from")] = None
    end_destination_port: Annotated[int | None, present(1 << 20, 16, "dest. port, to")] = None
    start_traffic_class: Annotated[int | None, present(1 << 19, 8, "6 high bits, from")] = None
    end_traffic_class: Annotated[int | None, present(1 << 18, 8, "6 high bits, to")] = None
    start_next_header: Annotated[int | None, present(1 << 17, 8, "next header, from")] = None
    end_next_header: Annotated[int | None, present(1 << 16, 8, "next header, to")] = None
    reserved: Annotated[int, zero(8)] = 0
    flags: Annotated[int, uint(32, "unassigned bits; the others follow from the fields")] = 0
    LAYOUT: ClassVar = Layout(
        "Traffic Selector, binary IPv6",
        3,
        "RFC 6088 §3.2",
        "reserved flags *",
        selector=Selector("ts_format", 8, 2),
    )


FLOW_SUB_OPTIONS: tuple[type, ...] = (BindingReference, Ipv4TrafficSelector, Ipv6TrafficSelector)
