"""What the plugin knows of each message: the codec's own declarations as plain values.

Nothing is written down twice: names, offsets, widths, meanings and named values come from
``agents.wire``. Only what Wireshark itself knows, and the words of the Info column, are said here
and in ``summaries``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import Any

from agents.wire.dmipv6_messages import DMIPV6_MESSAGES
from agents.wire.draft_flags import IANA_SAFE, SEED_BITS, QueryFlags
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import ICMPV6_MESSAGES
from agents.wire.layout import Item, Kind, items_of, layout_of, specs_of
from agents.wire.messages import MOBILITY_MESSAGES
from agents.wire.nd_options import ND_OPTIONS
from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag, MobilityHeaderType
from agents.wire.options import MOBILITY_OPTIONS
from testbed.wireshark.summaries import SUMMARIES

Plain = dict[str, Any]


def _has_options(cls: Any) -> bool:
    return any(item.spec.kind is Kind.TLVS for item in items_of(cls))


FAMILIES: dict[str, tuple[type, ...]] = {
    "mobility header": MOBILITY_MESSAGES,
    "icmpv6": (*DMIPV6_MESSAGES, *filter(_has_options, ICMPV6_MESSAGES)),
    "mobility": MOBILITY_OPTIONS,
    "flow": FLOW_SUB_OPTIONS,
    "early flow": FLOW_SUB_OPTIONS,
    "nd": ND_OPTIONS,
}
"""The declared classes by the table of types that they stand in.

Of the other ICMPv6 messages Wireshark knows all that there is to know.
"""

UNKNOWN_TO_WIRESHARK = frozenset(
    {
        MobilityHeaderType.UPDATE_NOTIFICATION,
        MobilityHeaderType.UPDATE_NOTIFICATION_ACKNOWLEDGEMENT,
    }
)
"""Assigned types of the Mobility Header of which Wireshark 4.0 shows octets alone."""

_DRAFT_FLAGS = frozenset({BindingUpdateFlag.QUERY, BindingAckFlag.QUERY})
"""Flags whose place is a preference of the plugin, so that no field has their mask."""


def declarations() -> Plain:
    """Return all that the Lua code needs, as numbers, texts, lists and dicts."""
    classes = list(dict.fromkeys(cls for members in FAMILIES.values() for cls in members))
    records = [item.spec.of for cls in classes for item in _records(cls)]
    described = [*classes, *dict.fromkeys(records)]
    return {
        "classes": {key(cls): _class(cls) for cls in described},
        "families": {name: _members(name, members) for name, members in FAMILIES.items()},
        "codes": codes(),
        "values": _registries(described, IntEnum),
        "flags": _registries(described, IntFlag),
        "query": QueryFlags()._asdict(),
        "sessions": {"iana_safe": IANA_SAFE._asdict(), "seed_bits": SEED_BITS._asdict()},
        "masks": _masks(),
    }


def codes() -> list[Plain]:
    """Return the private numbers, each a preference: what a draft left open."""
    found: dict[tuple[str, int], Plain] = {}
    for family, members in FAMILIES.items():
        for cls in members:
            layout = layout_of(cls)
            if layout.draft:
                place = (family, int(layout.number))
                title = f"Number of {layout.title} ({family})"
                entry = found.setdefault(
                    place, {"name": f"number_{key(cls)}", "title": title, "draft": layout.draft}
                )
                entry["default"] = int(layout.number)
    return list(found.values())


def key(cls: Any) -> str:
    """Return the name of ``cls`` in filters: ``BindingUpdate`` is ``binding_update``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def _records(cls: Any) -> Iterable[Item]:
    return (item for item in items_of(cls) if item.spec.kind is Kind.RECORDS)


def _members(family: str, members: tuple[type, ...]) -> list[Plain]:
    preferences = {(code["name"]): code["default"] for code in codes()}
    entries = []
    for cls in members:
        layout = layout_of(cls)
        named = f"number_{_first(members, cls)}"
        entries.append(
            {
                "key": key(cls),
                "number": int(layout.number),
                "preference": named if named in preferences else None,
                "wireshark": not layout.draft and layout.number not in UNKNOWN_TO_WIRESHARK,
            }
        )
    return entries


def _first(members: tuple[type, ...], cls: Any) -> str:
    """Return the key of the first of ``members`` that has the number of ``cls``."""
    number = layout_of(cls).number
    return next(key(member) for member in members if layout_of(member).number == number)


def _class(cls: Any) -> Plain:
    layout = layout_of(cls)
    at = layout.selector.bits if layout.selector else 0
    fields = []
    for item in items_of(cls):
        fields.append(_field(item, at))
        at += 0 if item.spec.kind is Kind.PRESENT else item.spec.bits
    return {
        "key": key(cls),
        "name": cls.__name__,
        "title": layout.title,
        "source": layout.source,
        "meaning": (cls.__doc__ or "").strip().partition("\n")[0],
        "fixed": at // 8,
        "open": any(not item.spec.bits or item.spec.kind is Kind.PRESENT for item in items_of(cls)),
        "lengths": list(layout.lengths) or None,
        "selector": layout.selector._asdict() if layout.selector else None,
        "fields": fields,
        "summary": SUMMARIES.get(cls, ""),
    }


def _field(item: Item, at: int) -> Plain:
    spec = item.spec
    of = key(spec.of) if spec.kind is Kind.RECORDS else spec.of
    factor, unit = _unit(spec.unit)
    return {
        **_place(at, spec.bits),
        "path": item.path,
        "abbreviation": item.path.replace(".", "_"),
        "label": item.path.replace(".", " ").replace("_", " ").capitalize(),
        "kind": str(spec.kind),
        "meaning": spec.meaning,
        "factor": factor,
        "unit": unit,
        "values": spec.values.__name__ if spec.values else None,
        "of": of,
    }


def _place(at: int, bits: int) -> Plain:
    """Return which octets of its structure a field lies in, and which of their bits it takes."""
    first, last = at // 8, (at + bits + 7) // 8
    octets = last - first
    is_part = octets * 8 != bits
    below = last * 8 - at - bits
    return {
        "first": first,
        "octets": octets,
        "bit": at % 8,
        "bits": bits,
        "mask": ((1 << bits) - 1) << below if is_part else None,
    }


def _unit(unit: str) -> tuple[str | None, str | None]:
    """Return what a number counts and of which unit: ``2^-16 s`` is 2^-16 of s."""
    number, _, name = unit.partition(" ")
    return (number, name) if name else (None, unit or None)


def _registries(classes: list[Any], kind: type) -> Plain:
    """Return the named values of all fields: flags in their order, numbers by number."""
    used = {
        spec.values
        for cls in classes
        for spec in specs_of(cls).values()
        if spec.values and issubclass(spec.values, kind)
    }
    ordered = sorted(used, key=lambda registry: registry.__name__)
    if kind is IntFlag:
        return {registry.__name__: _flags(registry) for registry in ordered}
    return {
        registry.__name__: {int(member): member.name for member in registry} for registry in ordered
    }


def _flags(registry: Any) -> list[Plain]:
    return [
        {"name": str(flag.name).lower(), "mask": int(flag)}
        for flag in registry
        if flag not in _DRAFT_FLAGS or registry not in (BindingUpdateFlag, BindingAckFlag)
    ]


def _masks() -> Plain:
    """Return the flags by which a message is called (see ``agents.wire.names``)."""
    return {
        "update_proxy": int(BindingUpdateFlag.PROXY),
        "update_distributed": int(BindingUpdateFlag.DISTRIBUTED),
        "acknowledgement_proxy": int(BindingAckFlag.PROXY),
        "acknowledgement_distributed": int(BindingAckFlag.DISTRIBUTED),
    }
