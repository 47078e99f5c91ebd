"""From a declaration to two fast functions: ``parse(data, start, end)`` and ``emit(message)``.

The functions are written out as source, one ``struct`` call for all fields of fixed width, and
compiled once. ``header`` octets lie between the start of the structure and ``start``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from itertools import groupby
from typing import Any, NamedTuple

from agents.wire.address import Address, Prefix
from agents.wire.errors import WireError
from agents.wire.layout import Item, Kind, Layout, items_of, layout_of, specs_of, uint
from agents.wire.tlv import parse_unknown

_SELECTOR = "SELECTOR"
_MOBILITY_BODY = 6
_HEADER_LENGTH = 1  # what a Parameter Problem points at if a message is too short (RFC 6275 §9.2)
_CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Compiled(NamedTuple):
    """The two functions of a class, and the octets that its fixed part takes."""

    parse: Callable[[bytes, int, int], Any]
    emit: Callable[[Any], bytes]
    fixed: int


class _Source:
    """What is gathered while walking the fixed items: the struct format and the code around it."""

    def __init__(self, items: list[Item]) -> None:
        self.format = ""
        self.names: list[str] = []
        self.values: list[str] = []
        self.after: list[str] = []
        self.checks: list[str] = []
        for unsigned, run in groupby(items, lambda item: item.spec.kind is Kind.UINT):
            if not unsigned:
                for item in run:
                    self._add_octets(item)
                continue
            for word in _words(list(run)):
                self._add_word(word)

    def reading(self) -> list[str]:
        """Return the lines that unpack the fixed items into variables."""
        if not self.names:
            return []
        unpacking = f" {', '.join(self.names)}, = unpack_from(data, start)"
        return [unpacking, *(f" {line}" for line in self.after)]

    def checking(self) -> list[str]:
        """Return the lines that refuse what ``struct`` would cut off or fill up."""
        if not self.checks:
            return []
        condition = " or ".join(self.checks)
        return [f" if {condition}: raise WireError(f'a field of {{title}} has the wrong size')"]

    def _add_octets(self, item: Item) -> None:
        variable, size = _variable(item.path), item.spec.bits // 8
        self.format += f"{size}s"
        self.names.append(variable)
        self.values.append(_value(item))
        self.checks.append(f"len(m.{item.path}) != {size}")
        if item.spec.kind is Kind.ADDRESS:
            self.after.append(f"{variable} = Address({variable})")

    def _add_word(self, word: list[Item]) -> None:
        bits = sum(item.spec.bits for item in word)
        self.format += _CODES[bits]
        if len(word) == 1:
            self.names.append(_variable(word[0].path))
            self.values.append(_value(word[0]))
            return
        self.names.append(name := f"word{len(self.names)}")
        parts = []
        for item in word:
            bits -= item.spec.bits
            limit = (1 << item.spec.bits) - 1
            self.after.append(f"{_variable(item.path)} = {name} >> {bits} & {limit}")
            parts.append(f"{_value(item)} << {bits}")
            self.checks.append(f"not 0 <= {_value(item)} <= {limit}")
        self.values.append(" | ".join(parts))


def _words(run: list[Item]) -> list[list[Item]]:
    """Cut neighbouring numbers into words of a size that ``struct`` knows."""
    if not run:
        return []
    for cut in range(1, len(run) + 1):
        if sum(item.spec.bits for item in run[:cut]) in _CODES:
            try:
                return [run[:cut], *_words(run[cut:])]
            except ValueError:
                continue
    raise ValueError(f"no words for {[item.path for item in run]}")


class _Target(NamedTuple):
    """Where the structure lies: behind how many octets, and led by which option's type."""

    header: int
    prefix: str
    unit: int


def compile_class(
    cls: Any, families: Mapping[str, Any], header: int, prefix: str = "", unit: int = 1
) -> Compiled:
    """Return the functions of ``cls``.

    ``prefix`` is empty, or the option's type: then a type and a length octet lead the octets,
    the length in ``unit`` octets, counting only the data where ``unit`` is 1.
    """
    items, layout = items_of(cls), layout_of(cls)
    tail = items.pop() if items and not items[-1].spec.bits else None
    if layout.selector:
        items.insert(0, Item(_SELECTOR, uint(layout.selector.bits, layout.selector.name)))
    source, target = _Source(items), _Target(header, prefix, unit)
    fixed = struct.calcsize("!" + source.format)
    scope = _scope(cls, layout, source, target)
    reader, writer = _tail(tail, families, header, fixed, scope)
    lines = [
        "def parse(data, start, end):",
        *_length_check(fixed, tail, layout.lengths, unit),
        *source.reading(),
        *_prefix_checks(cls),
        *reader,
        f" return cls({', '.join(_arguments(cls))})",
        "def emit(m):",
        *source.checking(),
        *writer,
        *(_size_checks(fixed, layout.lengths, unit) if tail else []),
        f" return {_packing(source.values, fixed, target, tail is not None)}",
    ]
    exec(compile("\n".join(lines), f"<codec of {cls.__name__}>", "exec"), scope)
    return Compiled(scope["parse"], scope["emit"], fixed)


def _scope(cls: Any, layout: Layout, source: _Source, target: _Target) -> dict[str, Any]:
    """Return the names that the functions of ``cls`` use."""
    return {
        "cls": cls,
        "Address": Address,
        "Prefix": Prefix,
        "WireError": WireError,
        "parse_unknown": parse_unknown,
        "unpack_from": struct.Struct("!" + source.format).unpack_from,
        "pack": struct.Struct("!" + ("BB" if target.prefix else "") + source.format).pack,
        "title": layout.title,
        "lengths": layout.lengths,
        "pointer": _HEADER_LENGTH if target.header == _MOBILITY_BODY else None,
        _SELECTOR: layout.selector.value if layout.selector else None,
    }


def _value(item: Item) -> str:
    return _SELECTOR if item.path == _SELECTOR else f"m.{item.path}"


def _variable(path: str) -> str:
    return path.replace(".", "_") + "_"


def _length_check(fixed: int, tail: Item | None, lengths: tuple[int, ...], unit: int) -> list[str]:
    if lengths and unit == 1:
        # xia §8.1: an option of another length is skipped, so it is kept as it came.
        return [" if end - start not in lengths: return parse_unknown(data, start, end)"]
    wrong = f"end - start {'<' if tail else '!='} {fixed}"
    if lengths:
        wrong = "end - start not in lengths"
    return [f" if {wrong}: raise WireError(f'{{title}} of {{end - start}} octets', pointer)"]


def _prefix_checks(cls: Any) -> list[str]:
    return [
        f" if {name}_length_ > 128: raise WireError(f'{{title}}: length {{{name}_length_}} > 128')"
        for name, spec in specs_of(cls).items()
        if spec.kind is Kind.PREFIX
    ]


def _size_checks(fixed: int, lengths: tuple[int, ...], unit: int) -> list[str]:
    checks = []
    if lengths:
        checks.append(
            f" if {fixed} + len(tail) not in lengths:"
            f" raise WireError(f'{{title}} of {{{fixed} + len(tail)}} octets')"
        )
    if unit > 1:
        checks.append(
            f" if ({fixed} + 2 + len(tail)) % {unit}:"
            f" raise WireError(f'{{title}} does not fill a multiple of {unit} octets')"
        )
    return checks


def _packing(values: list[str], fixed: int, target: _Target, tail: bool) -> str:
    size = f"{fixed} + len(tail)" if tail else str(fixed)
    if target.unit > 1:
        size = f"({size} + 2) // {target.unit}"
    leading = [target.prefix, size] if target.prefix else []
    packed = f"pack({', '.join(leading + values)})"
    return f"{packed} + tail" if tail else packed


def _arguments(cls: Any) -> list[str]:
    specs = specs_of(cls)
    out = []
    for field in fields(cls):
        if field.name not in specs:
            continue
        if specs[field.name].kind is Kind.PREFIX:
            value = f"Prefix({field.name}_network_, {field.name}_length_)"
        else:
            value = _variable(field.name)
        out.append(f"{field.name}={value}" if field.kw_only else value)
    return out


def _tail(
    tail: Item | None,
    families: Mapping[str, Any],
    header: int,
    fixed: int,
    scope: dict[str, Any],
) -> tuple[list[str], list[str]]:
    if tail is None:
        return [], []
    into, value, at = _variable(tail.path), f"m.{tail.path}", f"start + {fixed}"
    if tail.spec.kind is Kind.OCTETS:
        return [f" {into} = data[{at}:end]"], [f" tail = {value}"]
    if tail.spec.kind is Kind.TLVS:
        family = families[tail.spec.of]
        scope.update(parse_options=family.parse, emit_options=family.emit)
        return (
            [f" {into} = parse_options(data, {at}, end, start - {header})"],
            [f" tail = emit_options({value}, {header + fixed})"],
        )
    size, unpack, pack = _elements(tail, families)
    scope.update(unpack_element=unpack, pack_element=pack)
    return (
        [
            f" if (end - start - {fixed}) % {size}:",
            "  raise WireError(f'{title} ends within an element')",
            f" {into} = tuple(unpack_element(data, i, i + {size})"
            f" for i in range({at}, end, {size}))",
        ],
        [f" tail = b''.join(map(pack_element, {value}))"],
    )


def _elements(
    tail: Item, families: Mapping[str, Any]
) -> tuple[int, Callable[[bytes, int, int], Any], Callable[[Any], bytes]]:
    if tail.spec.kind is Kind.NUMBERS:
        return 2, lambda data, i, j: int.from_bytes(data[i:j], "big"), struct.Struct("!H").pack
    if tail.spec.kind is Kind.ADDRESSES:
        return 16, lambda data, i, j: Address(data[i:j]), bytes
    record = compile_class(tail.spec.of, families, 0)
    return record.fixed, record.parse, record.emit
