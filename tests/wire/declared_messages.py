"""Any message and option that is declared, with any values: what generic tests draw from."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from agents.wire.address import Address, Prefix
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import RouterAdvertisement, RouterSolicitation
from agents.wire.layout import Kind, Spec, items_of, layout_of, specs_of
from agents.wire.messages import MOBILITY_MESSAGES, BindingUpdate
from agents.wire.nd_options import ND_OPTIONS, UnknownNdOption
from agents.wire.options import MOBILITY_OPTIONS
from agents.wire.tlv import UnknownOption

UNASSIGNED = 200
"""A type of option that nobody has a name for."""

FAMILIES: dict[str, tuple[type, ...]] = {
    "mobility": MOBILITY_OPTIONS,
    "flow": FLOW_SUB_OPTIONS,
    "early flow": FLOW_SUB_OPTIONS,
    "nd": ND_OPTIONS,
}
MESSAGES: tuple[type, ...] = (*MOBILITY_MESSAGES, *DMIPV6_MESSAGES)

addresses = st.binary(min_size=16, max_size=16).map(Address)


def any_of(cls: type) -> st.SearchStrategy[Any]:
    """Return messages, options or records of ``cls`` with any values."""
    specs = specs_of(cls)
    return st.builds(
        cls,
        **{
            field.name: _field(cls, specs[field.name]) if field.name in specs else _octet()
            for field in fields(cls)  # type: ignore[arg-type]
        },
    )


def one_of_each_message() -> st.SearchStrategy[tuple[Any, ...]]:
    """Return a message of every class, and of every option one in a message that may hold it."""
    return st.tuples(
        *(any_of(cls) for cls in MESSAGES),
        *(_holding(BindingUpdate, any_of(cls)) for cls in MOBILITY_OPTIONS),
        *(_soliciting(any_of(cls)) for cls in ND_OPTIONS),
        st.builds(RouterAdvertisement, *map(st.integers, [0] * 5, [255, 255, 9, 9, 9])),
    )


def _holding(cls: Any, option: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    numbers = st.integers(0, 0xFFFF)
    return st.builds(cls, numbers, numbers, numbers, st.tuples(option))


def _soliciting(option: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(RouterSolicitation, st.tuples(option))


def _octet() -> st.SearchStrategy[int]:
    return st.integers(0, 0xFF)


def _field(cls: Any, spec: Spec) -> st.SearchStrategy[Any]:
    if spec.kind is Kind.UINT:
        return _number(cls, spec)
    if spec.kind is Kind.ADDRESS:
        return addresses
    if spec.kind is Kind.PREFIX:
        return st.builds(Prefix, addresses, st.integers(0, 128))
    if spec.kind is Kind.PRESENT:
        return st.none() | (addresses if spec.bits == 128 else st.integers(0, 2**spec.bits - 1))
    if spec.kind is Kind.OCTETS:
        return st.sampled_from(_sizes(cls, spec)).flatmap(
            lambda n: st.binary(min_size=n, max_size=n)
        )
    return _many(_elements(spec))


def _number(cls: Any, spec: Spec) -> st.SearchStrategy[int]:
    taken = sum(each.of for each in specs_of(cls).values() if each.kind is Kind.PRESENT)
    if taken and spec.bits == 32:  # the other bits of its flags say which fields follow
        return st.integers(0, 2**32 - 1).map(lambda bits: bits & ~taken)
    anything = st.integers(0, 2**spec.bits - 1)
    return (
        anything | st.sampled_from([int(each) for each in spec.values]) if spec.values else anything
    )


def _sizes(cls: Any, spec: Spec) -> list[int]:
    """Return how many octets the field may have."""
    if spec.bits:
        return [spec.bits // 8]
    layout = layout_of(cls)
    fixed = sum(item.spec.bits for item in items_of(cls)) // 8
    fixed += layout.selector.bits // 8 if layout.selector else 0
    if layout.lengths:
        return [length - fixed for length in layout.lengths]
    if cls in ND_OPTIONS:
        return [size for size in range(40) if (2 + fixed + size) % 8 == 0]
    return list(range(40)) if cls in MOBILITY_OPTIONS else list(range(2, 58, 8))


def _elements(spec: Spec) -> st.SearchStrategy[Any]:
    if spec.kind is Kind.NUMBERS:
        return st.integers(0, 0xFFFF)
    if spec.kind is Kind.ADDRESSES:
        return addresses
    if spec.kind is Kind.RECORDS:
        return any_of(spec.of)
    return st.one_of(*map(any_of, FAMILIES[spec.of]), _unknown(spec.of))


def _unknown(family: str) -> st.SearchStrategy[Any]:
    if family == "nd":
        return st.builds(UnknownNdOption, st.just(UNASSIGNED), st.binary(min_size=6, max_size=6))
    return st.builds(UnknownOption, st.just(UNASSIGNED), st.binary(max_size=20))


def _many(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(elements, max_size=2).map(tuple)
