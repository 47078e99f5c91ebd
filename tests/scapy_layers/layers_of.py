"""Messages of the codec as layers of scapy, field by field, and back from dissected octets."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from scapy.fields import ConditionalField
from scapy.layers.inet6 import ICMPv6ND_RS, ICMPv6NDOptUnknown, IPv6, MIP6OptUnknown
from scapy.packet import Packet as Layer

import testbed.scapy_layers as layers
from agents.wire.icmpv6_messages import RouterSolicitation
from agents.wire.layout import Kind, specs_of
from agents.wire.nd_options import UnknownNdOption
from agents.wire.tlv import UnknownOption

OF_SCAPY: dict[str, dict[str, str]] = {
    "BindingRefreshRequest": {"reserved": "res2"},
    "HomeTest": {"nonce_index": "index"},
    "CareOfTest": {"nonce_index": "index"},
    "BindingError": {"home_address": "ha"},
    "BindingRefreshAdvice": {"interval": "rinter"},
    "AlternateCareOfAddress": {"address": "acoa"},
    "NonceIndices": {"home": "hni", "care_of": "coni"},
    "MobileNodeIdentifier": {"identifier": "id"},
    "MobilityMessageAuthentication": {"spi": "mspi", "data": "authdata"},
    "MobileNetworkPrefix": {"prefix_length": "plen", "prefix_network": "prefix"},
}
"""What scapy calls the fields of its own layers."""


def layer_of(value: Any) -> Layer:
    """Return the layer of a declared message, option or record."""
    if isinstance(value, UnknownOption):
        return MIP6OptUnknown(otype=value.type, odata=value.data)
    if isinstance(value, UnknownNdOption):
        return ICMPv6NDOptUnknown(type=value.type, data=value.data)
    if isinstance(value, RouterSolicitation):
        return _chained(ICMPv6ND_RS(res=value.reserved), value.options)
    name = type(value).__name__
    made = {OF_SCAPY.get(name, {}).get(field, field): to for field, to in _values(value).items()}
    if name in ("HomeTestInit", "CareOfTestInit"):
        made["reserved"] = value.reserved.to_bytes(2)
    elif name == "BindingAuthorizationData":
        made["authenticator"] = int.from_bytes(value.authenticator)
    return getattr(layers, name)(**made)


def _chained(message: Layer, options: tuple[Any, ...]) -> Layer:
    for option in options:
        message = message / layer_of(option)
    return message


def _values(value: Any) -> dict[str, Any]:
    specs, values = specs_of(type(value)), {}
    for field in fields(value):
        of = getattr(value, field.name)
        spec = specs.get(field.name)
        if field.name == "header_reserved":
            values["res"] = of
        elif spec and spec.kind is Kind.PREFIX:
            values[f"{field.name}_length"] = of.length
            values[f"{field.name}_network"] = str(of.network)
        elif of is not None:
            values[field.name] = _plain(of, spec.kind if spec else None)
    return values


def _plain(value: Any, kind: Kind | None) -> Any:
    if kind in (Kind.TLVS, Kind.RECORDS):
        return [layer_of(each) for each in value]
    if kind is Kind.ADDRESSES or kind is Kind.NUMBERS:
        return [each if isinstance(each, int) else str(each) for each in value]
    if isinstance(value, bytes) and type(value) is not bytes:
        return str(value)
    return value


def made_anew(layer: Layer) -> Layer:
    """Return ``layer`` built from the values of its fields alone, with lengths left to it."""
    values = {}
    for field in layer.fields_desc:
        if isinstance(field, ConditionalField) and not field._evalcond(layer):
            continue
        value = layer.getfieldval(field.name)
        if field.name in ("len", "olen", "optlen", "plen", "cksum") and not _is_prefix(
            layer, field
        ):
            value = None
        elif isinstance(value, list):
            value = [made_anew(each) if isinstance(each, Layer) else each for each in value]
        values[field.name] = value
    anew = type(layer)(**{name: value for name, value in values.items() if value is not None})
    below = layer.payload
    return anew / made_anew(below) if below else anew


def _is_prefix(layer: Layer, field: Any) -> bool:
    return field.name == "plen" and not isinstance(layer, IPv6)
