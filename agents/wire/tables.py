"""Tables of parsers by number and of emitters by class, whose entries are made when needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from agents.wire.compiler import Compiled
from agents.wire.errors import WireError
from agents.wire.layout import Alignment, layout_of
from agents.wire.tlv import (
    VARIABLE,
    Emitter,
    Family,
    Padding,
    Parser,
    UnknownOption,
    emit_unknown,
    parse_unknown,
)

Parse = Callable[[bytes, int, int], Any]
ByNumber = Mapping[int, list[type]]
Compile = Callable[[Any], Compiled]
K = TypeVar("K")
V = TypeVar("V")


class Lazy(dict[K, V]):
    """A table whose entries are made when they are first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self[key] = self._make(key)
        return value


class Messages(NamedTuple):
    """The messages of one kind of header: parsers by number, (number, emitter) by class."""

    parsers: Mapping[int, Parse]
    emitters: Mapping[type, tuple[int, Callable[[Any], bytes]]]


def by_number(classes: Iterable[type], number: Callable[[Any], int]) -> ByNumber:
    """Return ``classes`` by their ``number``; several may share one."""
    table: dict[int, list[type]] = {}
    for cls in classes:
        table.setdefault(number(cls), []).append(cls)
    return table


def messages(
    table: ByNumber, number: Callable[[Any], int], build: Compile, unknown: Parse
) -> Messages:
    """Return the tables of the messages in ``table``; ``unknown`` keeps what is not in it."""
    compiled = Lazy(build)
    return Messages(
        Lazy(lambda kind: select(table.get(kind, []), compiled, unknown)),
        Lazy(lambda cls: (number(declared(cls)), compiled[cls].emit)),
    )


def option_family(
    table: ByNumber, build: Compile, multiple: int, wide: frozenset[int] = frozenset()
) -> Family:
    """Return the family of the options in ``table``, padded to ``multiple`` octets."""
    compiled = Lazy(build)

    def parser(number: int) -> Parser:
        if number not in table:
            return parse_unknown, 1, 0
        modulus, remainder = _alignment(table[number][0])
        return select(table[number], compiled, parse_unknown), modulus, remainder

    def emitter(cls: type) -> Emitter:
        modulus, remainder = _alignment(declared(cls))
        return compiled[cls].emit, modulus, remainder

    emitters: Lazy[type, Emitter] = Lazy(emitter)
    emitters[UnknownOption] = emit_unknown, 1, 0
    emitters[Padding] = emit_unknown, VARIABLE, 0
    align = {number: partial(_align, classes[0]) for number, classes in table.items()}
    return Family(Lazy(parser), emitters, align, multiple, wide)


def select(classes: list[type], compiled: Mapping[type, Compiled], unknown: Parse) -> Parse:
    """Return the parser of ``classes``, which share a number.

    They are told apart by their selector or, having none, by the length that they need (as liu
    §4.3.3 has it); ``unknown`` takes what no selector fits.
    """
    if not classes:
        return unknown
    selectors = {cls: selector for cls in classes if (selector := layout_of(cls).selector)}
    plain = [compiled[cls] for cls in classes if cls not in selectors]
    rest = _by_length(plain) if plain else unknown
    if not selectors:
        return rest
    octets = next(iter(selectors.values())).bits // 8
    parsers = {selector.value: compiled[cls].parse for cls, selector in selectors.items()}

    def parse(data: bytes, start: int, end: int) -> Any:
        value = int.from_bytes(data[start : min(start + octets, end)], "big")
        return parsers.get(value, rest)(data, start, end)

    return parse


def declared(cls: Any) -> Any:
    """Return ``cls`` if it was declared with a layout; WireError otherwise."""
    if not hasattr(cls, "LAYOUT"):
        raise WireError(f"{cls.__name__} is not a message or option of this codec")
    return cls


def _by_length(candidates: list[Compiled]) -> Parse:
    if len(candidates) == 1:
        return candidates[0].parse
    longest_first = sorted(candidates, key=lambda compiled: -compiled.fixed)

    def parse(data: bytes, start: int, end: int) -> Any:
        fitting = [one for one in longest_first if one.fixed <= end - start]
        return (fitting or longest_first)[0].parse(data, start, end)

    return parse


def _alignment(cls: type) -> Alignment:
    align = layout_of(cls).align
    return align if isinstance(align, tuple) else (VARIABLE, 0)


def _align(cls: type, length: int) -> Alignment:
    align = layout_of(cls).align
    return align if isinstance(align, tuple) else align.get(length, (1, 0))
