"""The walk over Neighbor Discovery options: lengths in units of 8 octets, and no padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agents.wire.errors import WireError
from agents.wire.nd_options import UnknownNdOption
from agents.wire.tables import ByNumber, Compile, Lazy, declared, select


class NdFamily:
    """Neighbor Discovery options: ``parsers`` is by type, ``emitters`` by class."""

    def __init__(
        self,
        parsers: Mapping[int, Callable[[bytes, int, int], Any]],
        emitters: Mapping[type, Callable[[Any], bytes]],
    ) -> None:
        self.parsers = parsers
        self.emitters = emitters

    def parse(self, data: bytes, offset: int, end: int, base: int = 0) -> tuple[Any, ...]:
        """Return the options in ``data[offset:end]``."""
        options = []
        while offset < end:
            if offset + 1 >= end:
                raise WireError("a Neighbor Discovery option is cut off after its type")
            after = offset + 8 * data[offset + 1]
            if not offset < after <= end:
                raise WireError(f"Neighbor Discovery option {data[offset]} has a wrong length")
            options.append(self.parsers[data[offset]](data, offset + 2, after))
            offset = after
        return tuple(options)

    def emit(self, options: Iterable[Any], offset: int) -> bytes:
        """Return the octets of ``options``."""
        return b"".join([self.emitters[option.__class__](option) for option in options])


def nd_family(table: ByNumber, build: Compile) -> NdFamily:
    """Return the family of the options in ``table``."""
    compiled = Lazy(build)
    emitters: Lazy[type, Callable[[Any], bytes]] = Lazy(lambda cls: compiled[declared(cls)].emit)
    emitters[UnknownNdOption] = _emit_unknown
    return NdFamily(
        Lazy(lambda number: select(table.get(number, []), compiled, _parse_unknown)), emitters
    )


def _parse_unknown(data: bytes, start: int, end: int) -> UnknownNdOption:
    return UnknownNdOption(data[start - 2], data[start:end])


def _emit_unknown(option: UnknownNdOption) -> bytes:
    if (len(option.data) + 2) % 8:
        raise WireError("an unknown Neighbor Discovery option does not fill a multiple of 8 octets")
    return bytes((option.type, (len(option.data) + 2) // 8)) + option.data
