"""The walk over Neighbor Discovery options: lengths in units of 8 octets, and no padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agents.wire.errors import WireError
from agents.wire.nd_options import UnknownNdOption


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


def parse_unknown_nd(data: bytes, start: int, end: int) -> UnknownNdOption:
    """Return what is kept of the option whose data are ``data[start:end]``."""
    return UnknownNdOption(data[start - 2], data[start:end])


def emit_unknown_nd(option: UnknownNdOption) -> bytes:
    """Return the octets of an option that is carried as it came."""
    if (len(option.data) + 2) % 8:
        raise WireError("an unknown Neighbor Discovery option does not fill a multiple of 8 octets")
    return bytes((option.type, (len(option.data) + 2) // 8)) + option.data
