"""The reference page of all messages, made from their declarations.

``python -m agents.wire.reference`` prints it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from enum import IntFlag
from typing import Any

from agents.wire import numbers
from agents.wire.codec import HEADER_BODY, ICMPV6_BODY, MOBILITY_BODY
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES, DhpRecord
from agents.wire.extension_headers import EXTENSION_HEADERS
from agents.wire.extension_options import DESTINATION_OPTIONS
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import ICMPV6_MESSAGES
from agents.wire.layout import Item, Kind, Layout, items_of, layout_of
from agents.wire.messages import MOBILITY_MESSAGES
from agents.wire.nd_options import ND_OPTIONS, HomeAddressPair
from agents.wire.options import MOBILITY_OPTIONS

_HEAD = """# Messages on the wire

Made by `python -m agents.wire.reference > docs/wire.md` from the declarations in `agents/wire`,
which the codec is made from too. Offsets count octets from the start of the header or option, and
bits within an octet from its highest. Everything is big-endian. A number that is marked *private*
was left open by its draft and can be changed: `Codec({SessionHomeAddress: 244})`.

"""

SECTIONS: tuple[tuple[str, str, int, Iterable[Any]], ...] = (
    ("Mobility Header", "type", MOBILITY_BODY, MOBILITY_MESSAGES),
    ("Mobility options", "type", HEADER_BODY, MOBILITY_OPTIONS),
    ("Sub-options of flow identification", "type", HEADER_BODY, FLOW_SUB_OPTIONS),
    ("ICMPv6", "type", ICMPV6_BODY, ICMPV6_MESSAGES),
    ("ICMPv6 of DMIPv6", "type", ICMPV6_BODY, DMIPV6_MESSAGES),
    ("Neighbor Discovery options", "type", HEADER_BODY, ND_OPTIONS),
    ("Extension headers", "next header", HEADER_BODY, EXTENSION_HEADERS),
    ("Destination options", "type", HEADER_BODY, DESTINATION_OPTIONS),
    ("Records", "", 0, (DhpRecord, HomeAddressPair)),
)


def page() -> str:
    """Return the page as Markdown."""
    lines: list[str] = []
    for title, number, body, classes in SECTIONS:
        lines += [f"## {title}", ""]
        for cls in classes:
            lines += [*_declaration(cls, number, body), ""]
    lines += ["## Named values", ""]
    for registry in _registries():
        lines += [*_registry(registry), ""]
    return _HEAD + "\n".join(lines)


def _declaration(cls: Any, number: str, body: int) -> Iterator[str]:
    layout = layout_of(cls)
    yield f"### {layout.title}"
    yield ""
    yield inspect.cleandoc(f"{cls.__doc__}")
    yield ""
    yield f"`{cls.__name__}`{_number(layout, number)}. Source: {layout.source}.{_align(layout)}"
    yield ""
    items = items_of(cls)
    if not items and not layout.selector:
        yield "No fields."
        return
    yield "| offset | bits | field | meaning |"
    yield "|---|---|---|---|"
    at = 8 * body
    if layout.selector:
        name, bits, value = layout.selector
        yield f"| {_offset(at)} | {bits} | {name} | always {value} |"
        at += bits
    for item in items:
        offset = "..." if item.spec.kind is Kind.PRESENT else _offset(at)
        yield f"| {offset} | {item.spec.bits or 'rest'} | {item.path} | {_meaning(item)} |"
        at += item.spec.bits


def _number(layout: Layout, name: str) -> str:
    private = f", *private, for {layout.draft}*" if layout.draft else ""
    return f", {name} {int(layout.number)}{private}" if name else ""


def _align(layout: Layout) -> str:
    if layout.align == (1, 0):
        return ""
    if isinstance(layout.align, tuple):
        return f" Alignment {_congruence(*layout.align)}."
    each = (f"{_congruence(*pair)} with {size} octets" for size, pair in layout.align.items())
    return f" Alignment {', '.join(each)}."


def _congruence(modulus: int, remainder: int) -> str:
    return f"{modulus}n+{remainder}" if remainder else f"{modulus}n"


def _offset(bits: int) -> str:
    octets, rest = divmod(bits, 8)
    return f"{octets}, bit {rest}" if rest else str(octets)


def _meaning(item: Item) -> str:
    spec = item.spec
    words = spec.meaning
    if spec.kind is Kind.PRESENT:
        words += f"; there if flag {spec.of:#010x} is set"
    if spec.kind is Kind.RECORDS:
        words += f", each a {layout_of(spec.of).title}"
    if spec.unit:
        words += f"; in {spec.unit}"
    if spec.values:
        words += f"; [{spec.values.__name__}](#{spec.values.__name__.lower()})"
    return words


def _registries() -> list[Any]:
    used = [
        item.spec.values
        for _, _, _, classes in SECTIONS
        for cls in classes
        for item in items_of(cls)
        if item.spec.values
    ]
    return [numbers.MobilityHeaderType, *dict.fromkeys(used), numbers.UnreachableCode]


def _registry(registry: Any) -> Iterator[str]:
    yield f"### {registry.__name__}"
    yield ""
    yield inspect.cleandoc(f"{registry.__doc__}")
    yield ""
    yield "| value | name |"
    yield "|---|---|"
    for member in registry:
        value = f"{int(member):#x}" if issubclass(registry, IntFlag) else int(member)
        yield f"| {value} | {member.name} |"


if __name__ == "__main__":
    sys.stdout.write(page())
