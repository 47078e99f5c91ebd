"""What may be configured about the wire, and the tables that follow from it.

A function is compiled, and a module of declarations imported, when it is first needed, so that a
process pays for what it speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from agents.wire.compiler import Compiled, compile_class
from agents.wire.errors import WireError
from agents.wire.flow_options import EarlyFlowIdentification
from agents.wire.layout import Kind, layout_of, specs_of
from agents.wire.messages import MOBILITY_MESSAGES, UnknownMobilityMessage
from agents.wire.options import MOBILITY_OPTIONS
from agents.wire.presence import compile_present
from agents.wire.tables import Lazy, Messages, by_number, declared, messages, option_family

MOBILITY_BODY = 6
"""Offset of what is declared of a message of the Mobility Header."""

ICMPV6_BODY = 4
"""Offset of what is declared of an ICMPv6 message."""

HEADER_BODY = 2
"""Offset of what is declared of an extension header, or of an option."""

_ND_UNIT = 8


class Codec:
    """Everything that may be configured about the wire.

    ``numbers`` gives classes other numbers than their layouts do: what a draft left open.
    ``wide_flows`` counts the length of the Flow Identification option of 2009 in units of 8
    octets, as its draft says and no receiver that does not know the option can follow.
    """

    def __init__(self, numbers: Mapping[type, int] | None = None, wide_flows: bool = False) -> None:
        self._numbers = dict(numbers or {})
        self._wide = frozenset({EarlyFlowIdentification} if wide_flows else ())
        self.families: Lazy[str, Any] = Lazy(self._family)
        self.mobility = messages(
            by_number(MOBILITY_MESSAGES, self.number),
            self.number,
            lambda cls: compile_class(cls, self.families, MOBILITY_BODY),
            _unknown_mobility,
        )

    @cached_property
    def icmpv6(self) -> Messages:
        """The tables of ICMPv6."""
        from agents.wire.dmipv6_messages import DMIPV6_MESSAGES
        from agents.wire.icmpv6_messages import ICMPV6_MESSAGES, UnknownIcmpv6Message

        return messages(
            by_number((*ICMPV6_MESSAGES, *DMIPV6_MESSAGES), self.number),
            self.number,
            lambda cls: compile_class(cls, self.families, ICMPV6_BODY),
            lambda data, start, end: UnknownIcmpv6Message(data[0], data[start:end]),
        )

    @cached_property
    def headers(self) -> Messages:
        """The tables of the extension headers."""
        from agents.wire.extension_headers import EXTENSION_HEADERS

        return messages(
            by_number(EXTENSION_HEADERS, self.number),
            self.number,
            lambda cls: compile_class(cls, self.families, HEADER_BODY),
            _no_header,
        )

    def number(self, cls: Any) -> int:
        """Return the number of ``cls`` in this codec."""
        return self._numbers.get(cls, int(layout_of(cls).number))

    def _family(self, name: str) -> Any:
        if name == "nd":
            return self._nd_family()
        if name == "mobility":
            classes, multiple = MOBILITY_OPTIONS, 8
        elif name == "destination":
            from agents.wire.extension_options import DESTINATION_OPTIONS

            classes, multiple = DESTINATION_OPTIONS, 8
        else:
            from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS

            classes, multiple = FLOW_SUB_OPTIONS, 8 if name == "early flow" else 1
        wide = frozenset(self.number(cls) for cls in self._wide)
        table = by_number(classes, self.number)
        return option_family(table, self._compile_option, multiple, wide)

    def _nd_family(self) -> Any:
        from agents.wire.nd_family import nd_family
        from agents.wire.nd_options import ND_OPTIONS

        return nd_family(
            by_number(ND_OPTIONS, self.number),
            lambda cls: compile_class(cls, {}, HEADER_BODY, str(self.number(cls)), _ND_UNIT),
        )

    def _compile_option(self, cls: Any) -> Compiled:
        number = self.number(declared(cls))
        if any(spec.kind is Kind.PRESENT for spec in specs_of(cls).values()):
            return compile_present(cls, number)
        unit = 8 if cls in self._wide else 1
        return compile_class(cls, self.families, HEADER_BODY, str(number), unit)


def _unknown_mobility(data: bytes, start: int, end: int) -> UnknownMobilityMessage:
    return UnknownMobilityMessage(data[2], data[start:end])


def _no_header(data: bytes, start: int, end: int) -> None:
    raise WireError(f"no extension header: {data[start:end].hex()}")


DEFAULT = Codec()
