"""The tables of one codec: which number is which class, and the compiled functions of each.

A function is compiled when it is first needed, so that a process pays for what it speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

from agents.wire.compiler import Compiled, compile_class
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES, ServerDhpQuery, ServerDhpRequirements
from agents.wire.errors import WireError
from agents.wire.extension_headers import EXTENSION_HEADERS
from agents.wire.extension_options import DESTINATION_OPTIONS
from agents.wire.flow_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import ICMPV6_MESSAGES, UnknownIcmpv6Message
from agents.wire.layout import Alignment, Kind, layout_of, specs_of
from agents.wire.messages import MOBILITY_MESSAGES, UnknownMobilityMessage
from agents.wire.nd_family import NdFamily, emit_unknown_nd, parse_unknown_nd
from agents.wire.nd_options import ND_OPTIONS, UnknownNdOption
from agents.wire.options import MOBILITY_OPTIONS
from agents.wire.presence import compile_present
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
K = TypeVar("K")
V = TypeVar("V")

MOBILITY_BODY = 6
"""Offset of what is declared of a message of the Mobility Header."""

ICMPV6_BODY = 4
"""Offset of what is declared of an ICMPv6 message."""

HEADER_BODY = 2
"""Offset of what is declared of an extension header."""


class Lazy(dict[K, V]):
    """A table whose entries are made when they are first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self[key] = self._make(key)
        return value


class Codec:
    """Everything that may be configured about the wire.

    ``numbers`` gives classes other numbers than their layouts do: what a draft left open.
    """

    def __init__(self, numbers: Mapping[type, int] | None = None) -> None:
        self._numbers = dict(numbers or {})
        self._families: dict[str, Any] = {}
        self._families["flow"] = self._tlvs(FLOW_SUB_OPTIONS, 1)
        self._families["early flow"] = self._tlvs(FLOW_SUB_OPTIONS, 8)
        self._families["mobility"] = self._tlvs(MOBILITY_OPTIONS, 8)
        self._families["destination"] = self._tlvs(DESTINATION_OPTIONS, 8)
        self._families["nd"] = self._nd()
        self.mobility_parsers = self._messages(MOBILITY_MESSAGES, MOBILITY_BODY, _unknown_mobility)
        self.mobility_emitters = self._bodies(MOBILITY_BODY)
        icmpv6 = (*ICMPV6_MESSAGES, *DMIPV6_MESSAGES)
        self.icmpv6_parsers = self._messages(icmpv6, ICMPV6_BODY, _unknown_icmpv6)
        self.icmpv6_emitters = self._bodies(ICMPV6_BODY)
        self.header_parsers = self._messages(EXTENSION_HEADERS, HEADER_BODY, _no_header)
        self.header_emitters = self._bodies(HEADER_BODY)

    def number(self, cls: Any) -> int:
        """Return the number of ``cls`` in this codec."""
        return self._numbers.get(cls, int(layout_of(cls).number))

    def _by_number(self, classes: Iterable[type]) -> dict[int, list[type]]:
        table: dict[int, list[type]] = {}
        for cls in classes:
            table.setdefault(self.number(cls), []).append(cls)
        return table

    def _tlvs(self, classes: Iterable[type], multiple: int) -> Family:
        table = self._by_number(classes)
        compiled = Lazy(self._compile_option)

        def parser(number: int) -> Parser:
            if number not in table:
                return parse_unknown, 1, 0
            modulus, remainder = _alignment(table[number][0])
            return _select(table[number], compiled, parse_unknown), modulus, remainder

        def emitter(cls: type) -> Emitter:
            return compiled[cls].emit, *_alignment(cls)

        emitters: Lazy[type, Emitter] = Lazy(emitter)
        emitters[UnknownOption] = emit_unknown, 1, 0
        emitters[Padding] = emit_unknown, VARIABLE, 0
        align = {number: partial(_align, classes[0]) for number, classes in table.items()}
        return Family(Lazy(parser), emitters, align, multiple)

    def _nd(self) -> NdFamily:
        table = self._by_number(ND_OPTIONS)
        compiled: Lazy[type, Compiled] = Lazy(
            lambda cls: compile_class(cls, {}, 2, str(self.number(cls)), 8)
        )
        emitters: Lazy[type, Callable[[Any], bytes]] = Lazy(lambda cls: compiled[cls].emit)
        emitters[UnknownNdOption] = emit_unknown_nd
        return NdFamily(
            Lazy(lambda number: _select(table.get(number, []), compiled, parse_unknown_nd)),
            emitters,
        )

    def _compile_option(self, cls: Any) -> Compiled:
        if any(spec.kind is Kind.PRESENT for spec in specs_of(_declared(cls)).values()):
            return compile_present(cls, self.number(cls))
        return compile_class(cls, self._families, 2, str(self.number(cls)))

    def _messages(self, classes: Iterable[type], body: int, unknown: Parse) -> Lazy[int, Parse]:
        table = self._by_number(classes)
        compiled: Lazy[type, Compiled] = Lazy(lambda c: compile_class(c, self._families, body))

        def parser(number: int) -> Parse:
            candidates = table.get(number, [])
            if candidates == [ServerDhpQuery, ServerDhpRequirements]:
                return _by_length(*(compiled[cls].parse for cls in candidates))
            return _select(candidates, compiled, unknown)

        return Lazy(parser)

    def _bodies(self, body: int) -> Lazy[type, tuple[int, Callable[[Any], bytes]]]:
        return Lazy(
            lambda cls: (
                self.number(_declared(cls)),
                compile_class(cls, self._families, body).emit,
            )
        )


def _declared(cls: Any) -> Any:
    if not hasattr(cls, "LAYOUT"):
        raise WireError(f"{cls.__name__} is not a message or option of this codec")
    return cls


def _alignment(cls: type) -> Alignment:
    align = layout_of(cls).align
    return align if isinstance(align, tuple) else (VARIABLE, 0)


def _align(cls: type, length: int) -> Alignment:
    align = layout_of(cls).align
    return align if isinstance(align, tuple) else align.get(length, (1, 0))


def _select(classes: list[type], compiled: Lazy[type, Compiled], unknown: Parse) -> Parse:
    """Return the parser of ``classes``, which share a number and differ in their selector.

    A class without a selector takes what the others do not, else ``unknown`` does.
    """
    parsers: dict[int, Parse] = {}
    octets = 0
    for cls in classes:
        selector = layout_of(cls).selector
        if selector is None:
            unknown = compiled[cls].parse
        else:
            parsers[selector.value], octets = compiled[cls].parse, selector.bits // 8
    if not parsers:
        return unknown

    def parse(data: bytes, start: int, end: int) -> Any:
        value = int.from_bytes(data[start : min(start + octets, end)], "big")
        return parsers.get(value, unknown)(data, start, end)

    return parse


def _by_length(short: Parse, long: Parse) -> Parse:
    # liu §4.3.3: active and passive queries share their type and code; only the length differs.
    def parse(data: bytes, start: int, end: int) -> Any:
        return (long if end - start >= 12 else short)(data, start, end)

    return parse


def _unknown_mobility(data: bytes, start: int, end: int) -> UnknownMobilityMessage:
    return UnknownMobilityMessage(data[2], data[start:end])


def _unknown_icmpv6(data: bytes, start: int, end: int) -> UnknownIcmpv6Message:
    return UnknownIcmpv6Message(data[0], data[start:end])


def _no_header(data: bytes, start: int, end: int) -> None:
    raise WireError(f"no extension header: {data[start:end].hex()}")


DEFAULT = Codec()
