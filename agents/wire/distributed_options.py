"""Mobility options of distributed mobility anchors (RFC 8885)."""

from typing import Annotated, ClassVar

from agents.wire.address import Address, Prefix
from agents.wire.layout import Layout, address, octets, prefix, zero
from agents.wire.value import value


@value
class AnchoredPrefix:
    """A prefix that an earlier router still anchors."""

    prefix: Annotated[Prefix, prefix("anchored prefix")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Anchored Prefix", 65, "RFC 8885 §4.3", "reserved prefix", align=(8, 4)
    )


@value
class LocalPrefix:
    """A prefix that the serving router delegates."""

    prefix: Annotated[Prefix, prefix("local prefix")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout("Local Prefix", 66, "RFC 8885 §4.4", "reserved prefix", align=(8, 4))


@value
class PreviousMaar:
    """An earlier mobility anchor and access router, and the prefix it anchors."""

    address: Annotated[Address, address("previous MAAR")]
    prefix: Annotated[Prefix, prefix("prefix it anchors")]
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Previous MAAR",
        67,
        "RFC 8885 §4.5",
        "reserved prefix.length address prefix.network",
        align=(8, 4),
    )


@value
class ServingMaar:
    """The mobility anchor and access router that serves a node."""

    address: Annotated[Address, address("serving MAAR")]
    LAYOUT: ClassVar = Layout("Serving MAAR", 68, "RFC 8885 §4.6", align=(8, 6))


@value
class DlifLinkLocalAddress:
    """Link-local address of a distributed logical interface."""

    address: Annotated[Address, address("link-local address")]
    LAYOUT: ClassVar = Layout("DLIF Link-Local Address", 69, "RFC 8885 §4.7", align=(8, 6))


@value
class DlifLinkLayerAddress:
    """Link-layer address of a distributed logical interface."""

    identifier: Annotated[bytes, octets("link-layer address")]
    reserved: Annotated[int, zero(16)] = 0
    LAYOUT: ClassVar = Layout(
        "DLIF Link-Layer Address", 70, "RFC 8885 §4.8", "reserved identifier", align=(2, 0)
    )
