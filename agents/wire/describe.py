"""Messages for people and for programs: in words, and as plain values, from the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import IntFlag
from typing import Any

from agents.wire.address import Address, Prefix
from agents.wire.layout import Kind, Spec, layout_of, specs_of
from agents.wire.names import message_name
from agents.wire.packet import Opaque, Packet

_IPV6_HEADER = 40  # octets


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it: octets in hexadecimal, a message with its type."""
    if is_dataclass(value):
        body = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        return {"name": message_name(value), **body}
    if isinstance(value, tuple) and not isinstance(value, Prefix):
        return [plain(element) for element in value]
    if isinstance(value, Prefix):
        return str(value)
    if isinstance(value, bytes):
        return value.hex() if type(value) is bytes else str(value)
    return value


def words(message: Any, checksum: str | None = None) -> list[str]:
    """Return lines about ``message`` or packet: what it is, then what is in it, indented.

    ``checksum`` is what to say of the message's checksum, which a packet says itself.
    """
    if isinstance(message, Packet):
        return _packet(message)
    about = [f"checksum: {checksum}"] if checksum else []
    return [_title(message), *(f"  {line}" for line in (*about, *_body(message)))]


def checksum_words(packet: Packet) -> str | None:
    """Say whether the checksum of the message in ``packet`` is right; None if it holds none."""
    if isinstance(packet.payload, (Opaque, Packet)):
        return None
    return "correct" if packet.checksum is None else f"wrong: {packet.checksum:#06x}"


def _packet(packet: Packet) -> list[str]:
    lines = [f"IPv6 {packet.source} -> {packet.destination}, hop limit {packet.hop_limit}"]
    for header in packet.headers:
        lines += words(header)
    if isinstance(packet.payload, Opaque):
        inner = [f"protocol {packet.payload.protocol}, {len(packet.payload.data)} octets"]
    else:
        inner = words(packet.payload, checksum_words(packet))
    if packet.trailing:
        inner.append(f"followed by {len(packet.trailing)} octets: {packet.trailing.hex()}")
    return lines + [f"  {line}" for line in inner]


def _title(message: Any) -> str:
    if not hasattr(message, "LAYOUT"):
        return _spaced(type(message).__name__)
    layout = layout_of(message)
    name = _spaced(message_name(message))
    title = name if name.startswith("Proxy ") else layout.title
    return f"{title} ({layout.source}{', private number' if layout.draft else ''})"


def _spaced(name: str) -> str:
    parted = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip()
    return parted.replace("Icmpv6", "ICMPv6").replace(" Nd ", " Neighbor Discovery ")


def _body(message: Any) -> Iterator[str]:
    specs = specs_of(type(message))
    for field in fields(message):
        value, spec = getattr(message, field.name), specs.get(field.name)
        if spec is None:
            if value != field.default:
                yield f"{_label(field.name)}: {_value(value)}"
        elif spec.kind in (Kind.TLVS, Kind.RECORDS):
            for element in value:
                yield from words(element)
        elif field.name == "invoking" and len(value) >= _IPV6_HEADER:
            yield f"invoking: {len(value)} octets of a packet: {_start_of(value)}"
        elif not _is_silent(value, spec, field.name):
            yield f"{_label(field.name)}: {_in_words(value, spec)}"


def _start_of(octets: bytes) -> str:
    source, destination = Address(octets[8:24]), Address(octets[24:40])
    return f"IPv6 {source} -> {destination}, next header {octets[6]}"


def _is_silent(value: Any, spec: Spec, name: str) -> bool:
    return value is None or (not value and (spec.meaning == "reserved" or name == "reserved"))


def _label(name: str) -> str:
    return name.replace("_", " ")


def _in_words(value: Any, spec: Spec) -> str:
    if spec.values and issubclass(spec.values, IntFlag):
        return _flags(value, spec.values)
    if spec.values:
        names = {int(member): member.name for member in spec.values}
        return f"{names.get(value, 'unassigned')} ({value})"
    return f"{_value(value)}{_quantity(value, spec.unit)}"


def _flags(value: int, flags: type[IntFlag]) -> str:
    names = [str(flag.name) for flag in flags if value & flag]
    rest = value & ~sum(int(flag) for flag in flags)
    if rest:
        names.append(hex(rest))
    return f"{' | '.join(names) or 'none'} ({value:#x})"


def _quantity(value: int, unit: str) -> str:
    number, _, name = unit.partition(" ")
    if not name:
        return f" {unit}" if unit else ""
    base, _, exponent = number.partition("^")
    return f" ({value * float(base) ** float(exponent or 1):.16g} {name})"


def _value(value: Any) -> str:
    if isinstance(value, tuple) and not isinstance(value, Prefix):
        return ", ".join(str(element) for element in value)
    if type(value) is bytes:
        text = value.decode("ascii", "replace")
        return text if value and text.isprintable() and text.isascii() else value.hex() or "none"
    return str(value)
