"""How a message is declared, once: its fields in words, from which everything else is made.

A message is a ``value``. Each field is annotated with a ``Spec`` (width, meaning, unit,
named values), and the class carries a ``Layout`` (title, number, source, alignment). The codec,
the reference page and the tools for people are all derived from these two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag, StrEnum
from inspect import get_annotations
from typing import Any, NamedTuple


class Kind(StrEnum):
    """What a field is on the wire."""

    UINT = "unsigned"  # of any width in bits; neighbours share a word
    ADDRESS = "address"  # an IPv6 address
    PREFIX = "prefix"  # ``.length`` (8 bits) and ``.network`` (128 bits)
    OCTETS = "octets"  # a fixed number, or (bits 0) all that is left
    NUMBERS = "numbers"  # 16-bit numbers up to the end
    ADDRESSES = "addresses"  # IPv6 addresses up to the end
    RECORDS = "records"  # a fixed structure, repeated up to the end
    TLVS = "options"  # type, length, value up to the end
    PRESENT = "present"  # there only if its flag is set


class Spec(NamedTuple):
    """One field: ``bits`` wide (0: up to the end), with its meaning, unit and named values."""

    kind: Kind
    bits: int
    meaning: str
    unit: str = ""
    values: type[IntEnum] | type[IntFlag] | None = None
    of: Any = None  # the family of options, the class of records, or the flag of presence


class Selector(NamedTuple):
    """A constant first field that tells messages of one number apart."""

    name: str
    bits: int
    value: int


Alignment = tuple[int, int]
"""(x, y): the first octet lies at x n + y from the start of the header (RFC 6275 §6.2.1)."""


class Layout(NamedTuple):
    """What is said of a message or option as a whole.

    ``number`` is its type, ``wire`` the order of its fields on the wire where the class has
    another ("*": the rest), ``lengths`` the octets of data that are legal where several are,
    ``align`` may depend on that length, ``draft`` names the document that a privately chosen
    number belongs to.
    """

    title: str
    number: int
    source: str
    wire: str = ""
    align: Alignment | Mapping[int, Alignment] = (1, 0)
    lengths: tuple[int, ...] = ()
    selector: Selector | None = None
    draft: str = ""


def uint(
    bits: int,
    meaning: str,
    unit: str = "",
    values: type[IntEnum] | type[IntFlag] | None = None,
) -> Spec:
    """An unsigned number of ``bits`` bits."""
    return Spec(Kind.UINT, bits, meaning, unit, values)


def zero(bits: int) -> Spec:
    """Bits that are sent as 0 and ignored, but kept as they came."""
    return Spec(Kind.UINT, bits, "reserved")


def address(meaning: str) -> Spec:
    """An IPv6 address."""
    return Spec(Kind.ADDRESS, 128, meaning)


def prefix(meaning: str) -> Spec:
    """A prefix length and an IPv6 prefix."""
    return Spec(Kind.PREFIX, 136, meaning)


def octets(meaning: str, bits: int = 0, unit: str = "") -> Spec:
    """Opaque octets: ``bits`` wide, or all that is left."""
    return Spec(Kind.OCTETS, bits, meaning, unit)


def numbers(meaning: str) -> Spec:
    """16-bit numbers up to the end."""
    return Spec(Kind.NUMBERS, 0, meaning)


def addresses(meaning: str) -> Spec:
    """IPv6 addresses up to the end."""
    return Spec(Kind.ADDRESSES, 0, meaning)


def records(of: type, meaning: str) -> Spec:
    """The structure ``of``, repeated up to the end."""
    return Spec(Kind.RECORDS, 0, meaning, of=of)


def options(family: str, meaning: str = "options") -> Spec:
    """Options of ``family`` up to the end."""
    return Spec(Kind.TLVS, 0, meaning, of=family)


def present(flag: int, bits: int, meaning: str) -> Spec:
    """A field that is there only if ``flag`` is set in the word before."""
    return Spec(Kind.PRESENT, bits, meaning, of=flag)


class Item(NamedTuple):
    """One field on the wire: ``path`` is its attribute, such as ``prefix.length``."""

    path: str
    spec: Spec


def specs_of(cls: type) -> dict[str, Spec]:
    """Return the declared fields of ``cls`` in the class's order."""
    return {
        name: annotation.__metadata__[0]
        for ancestor in reversed(cls.__mro__)
        for name, annotation in get_annotations(ancestor).items()
        if hasattr(annotation, "__metadata__")
    }


def items_of(cls: type) -> list[Item]:
    """Return the fields of ``cls`` in the order of the wire."""
    specs = specs_of(cls)
    order = layout_of(cls).wire.split() or list(specs)
    if order[-1] == "*":
        order[-1:] = [name for name in specs if name not in order]
    return [item for path in order for item in _items(path, specs)]


def layout_of(cls: Any) -> Layout:
    """Return the layout that ``cls`` was declared with."""
    layout: Layout = cls.LAYOUT
    return layout


def _items(path: str, specs: dict[str, Spec]) -> list[Item]:
    name, _, part = path.partition(".")
    spec = specs[name]
    if spec.kind is not Kind.PREFIX:
        return [Item(path, spec)]
    parts = {
        "length": Item(f"{name}.length", uint(8, f"prefix length of: {spec.meaning}", "bits")),
        "network": Item(f"{name}.network", address(spec.meaning)),
    }
    return [parts[part]] if part else list(parts.values())
