"""Declared fields as fields of scapy, called as in ``docs/wire.md``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from enum import IntFlag
from typing import Any

from scapy.fields import (
    BitEnumField,
    BitField,
    ConditionalField,
    Field,
    FieldListField,
    FlagsField,
    IP6Field,
    PacketListField,
    ShortField,
    StrFixedLenField,
    StrLenField,
)
from scapy.layers.inet6 import IP6ListField, Pad1, PadN
from scapy.packet import Packet

from agents.wire.layout import Item, Kind, Spec, items_of, layout_of
from agents.wire.tlv import PADS

Fields = list[Any]
LengthFrom = Callable[[Packet], int]
Families = Callable[[str], type[Packet]]


class OptionsField(PacketListField):
    """Options, padded as they need it; where padding is listed, they are left where they are.

    ``start`` is their offset in the header, ``multiple`` what its length is padded to.
    """

    __slots__ = ("multiple", "start")

    def __init__(
        self, name: str, of: type[Packet], start: int, multiple: int, length_from: LengthFrom
    ) -> None:
        super().__init__(name, [], of, length_from=length_from)
        self.start = start
        self.multiple = multiple

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        """Return ``s`` followed by the octets of the options in ``val``."""
        out, explicit = b"", any(isinstance(option, Pad1 | PadN) for option in val)
        for option in val:
            if not explicit:
                out += PADS[option.alignment_delta(self.start + len(out))]
            out += bytes(option)
        return bytes(s) + out + PADS[-(self.start + len(out)) % self.multiple]


def fields_of(cls: Any, header: int, length_from: LengthFrom, family: Families) -> Fields:
    """Return the fields of ``cls`` behind ``header`` octets; ``length_from`` tells all octets."""
    layout, at = layout_of(cls), 8 * header
    made: Fields = []
    if layout.selector:
        name, bits, value = layout.selector
        made.append(BitField(name, value, bits))
        at += bits
    defaults = _defaults(cls)
    for item in items_of(cls):
        default = defaults.get(item.path.partition(".")[0])
        made.append(_field(item, default, at // 8, length_from, family))
        at += 0 if item.spec.kind is Kind.PRESENT else item.spec.bits
    return made


def name_of(item: Item) -> str:
    """Return the name of a field in scapy, where names have no dots."""
    return item.path.replace(".", "_")


def _defaults(cls: Any) -> dict[str, Any]:
    return {
        field.name: field.default for field in dataclass_fields(cls) if field.default is not MISSING
    }


def _field(item: Item, default: Any, at: int, length_from: LengthFrom, family: Families) -> Any:
    spec, name = item.spec, name_of(item)
    if spec.kind is Kind.PRESENT:
        return ConditionalField(_present(name, spec), lambda pkt: bool(pkt.flags & spec.of))
    if spec.bits:
        return _fixed(name, spec, default)
    return _rest(name, spec, at, lambda pkt: length_from(pkt) - at, family)


def _fixed(name: str, spec: Spec, default: Any) -> Any:
    if spec.kind is Kind.ADDRESS:
        return IP6Field(name, "::")
    if spec.kind is Kind.OCTETS:
        return StrFixedLenField(name, bytes(spec.bits // 8), spec.bits // 8)
    if spec.values and issubclass(spec.values, IntFlag):
        return FlagsField(name, int(default or 0), spec.bits, _flag_names(spec))
    if spec.values:
        names = {int(member): str(member.name) for member in spec.values}
        return BitEnumField(name, int(default or 0), spec.bits, names)
    return BitField(name, _whole(default), spec.bits)


def _whole(default: Any) -> int:
    return default if isinstance(default, int) else 0


def _flag_names(spec: Spec) -> list[str]:
    """Return a name for each bit, the lowest first."""
    assert spec.values is not None
    names = {int(flag): str(flag.name).lower() for flag in spec.values}
    return [names.get(1 << bit, f"bit{bit}") for bit in range(spec.bits)]


def _present(name: str, spec: Spec) -> Field[Any, Any]:
    return IP6Field(name, "::") if spec.bits == 128 else BitField(name, 0, spec.bits)


def _rest(name: str, spec: Spec, at: int, length_from: LengthFrom, family: Families) -> Any:
    if spec.kind is Kind.OCTETS:
        return StrLenField(name, b"", length_from=length_from)
    if spec.kind is Kind.NUMBERS:
        return FieldListField(name, [], ShortField("", 0), length_from=length_from)
    if spec.kind is Kind.ADDRESSES:
        return IP6ListField(name, [], length_from=length_from)  # type: ignore[no-untyped-call]
    if spec.kind is Kind.RECORDS:
        return PacketListField(name, [], family(spec.of.__name__), length_from=length_from)
    multiple = 1 if spec.of == "flow" else 8
    return OptionsField(name, family(spec.of), at, multiple, length_from)


def prefixes_of(cls: Any) -> Iterator[str]:
    """Yield the names of the fields of ``cls`` that are prefixes."""
    for item in items_of(cls):
        name, _, part = item.path.partition(".")
        if part == "length":
            yield name
