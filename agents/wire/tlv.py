"""Options as type, length, value: the walk, the padding between them, and what is kept of it.

Padding that a canonical sender would have put is not shown. Any other padding is: then the
options hold ``Padding`` elements, all of them, and are emitted exactly as listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agents.wire.errors import WireError
from agents.wire.value import value

PADS = (b"", b"\0", *(bytes((1, n - 2)) + bytes(n - 2) for n in range(2, 9)))
"""Canonical padding of 0 to 8 octets: Pad1 or PadN (RFC 6275 §6.2.2, §6.2.3)."""

VARIABLE = 0
"""In place of a modulus: the alignment depends on the option itself."""

Parser = tuple[Callable[[bytes, int, int], Any], int, int]
Emitter = tuple[Callable[[Any], bytes], int, int]


@value
class Padding:
    """Padding octets as received (Pad1, PadN); with one of these nothing is padded by itself."""

    octets: bytes


@value
class UnknownOption:
    """An option of a type that is not in the table, or of a length that its type cannot have."""

    type: int
    data: bytes


class Family:
    """The options of one kind of header.

    ``parsers`` is by type, ``emitters`` by class: each a function with the alignment x n + y.
    ``align`` gives the alignment of an option of variable alignment from its octets of data.
    ``multiple`` is what the header's length is padded to. The length of options in ``wide``
    counts units of 8 octets, type and length included.
    """

    def __init__(
        self,
        parsers: dict[int, Parser],
        emitters: dict[type, Emitter],
        align: Mapping[int, Callable[[int], tuple[int, int]]],
        multiple: int,
        wide: frozenset[int] = frozenset(),
    ) -> None:
        self.parsers = parsers
        self.emitters = emitters
        self.align = align
        self.multiple = multiple
        self.wide = wide

    def parse(self, data: bytes, offset: int, end: int, base: int = 0) -> tuple[Any, ...]:
        """Return the options in ``data[offset:end]`` of a header that starts at ``base``."""
        parsers = self.parsers
        options = []
        start, last = offset, offset
        try:
            while offset < end:
                kind = data[offset]
                if kind == 0:
                    offset += 1
                    continue
                body = offset + 2
                after = body + data[offset + 1]
                if kind in self.wide:
                    after = offset + 8 * data[offset + 1]
                if not body <= after <= end:
                    raise WireError(f"option {kind} runs past the end by {after - end} octets")
                if kind == 1:
                    offset = after
                    continue
                parse, modulus, remainder = parsers[kind]
                if modulus == VARIABLE:
                    modulus, remainder = self.align[kind](after - body)
                if data[last:offset] != PADS[(remainder + base - last) % modulus]:
                    return self._parse_padded(data, start, end)
                options.append(parse(data, body, after))
                offset = last = after
        except IndexError:
            raise WireError("an option is cut off after its type") from None
        if data[last:end] != PADS[(base - last) % self.multiple]:
            return self._parse_padded(data, start, end)
        return tuple(options)

    def _parse_padded(self, data: bytes, offset: int, end: int) -> tuple[Any, ...]:
        options: list[Any] = []
        while offset < end:
            kind = data[offset]
            if kind == 0:
                options.append(Padding(b"\0"))
                offset += 1
                continue
            if offset + 1 >= end:
                raise WireError("an option is cut off after its type")
            after = offset + 2 + data[offset + 1]
            if kind in self.wide:
                after = offset + 8 * data[offset + 1]
            if not offset + 2 <= after <= end:
                raise WireError(f"option {kind} runs past the end by {after - end} octets")
            if kind == 1:
                options.append(Padding(data[offset:after]))
            else:
                options.append(self.parsers[kind][0](data, offset + 2, after))
            offset = after
        if not any(option.__class__ is Padding for option in options):
            options.append(Padding(b""))
        return tuple(options)

    def emit(self, options: Iterable[Any], offset: int) -> bytes:
        """Return the octets of ``options`` from ``offset`` of their header on, padded."""
        start, emitters, parts = offset, self.emitters, []
        for option in options:
            emit, modulus, remainder = emitters[option.__class__]
            if modulus != 1:
                if modulus == VARIABLE:
                    return self._emit_varied(tuple(options), start)
                pad = (remainder - offset) % modulus
                if pad:
                    parts.append(PADS[pad])
                    offset += pad
            octets = emit(option)
            parts.append(octets)
            offset += len(octets)
        parts.append(PADS[-offset % self.multiple])
        return b"".join(parts)

    def _emit_varied(self, options: tuple[Any, ...], offset: int) -> bytes:
        if any(option.__class__ is Padding for option in options):
            octets = b"".join(self._emit_one(option) for option in options)
            if (offset + len(octets)) % self.multiple:
                raise WireError(f"explicit padding does not fill a multiple of {self.multiple}")
            return octets
        out = b""
        for option in options:
            octets = self._emit_one(option)
            _, modulus, remainder = self.emitters[option.__class__]
            if modulus == VARIABLE:
                modulus, remainder = self.align[octets[0]](len(octets) - 2)
            out += PADS[(remainder - offset - len(out)) % modulus] + octets
        return out + PADS[-(offset + len(out)) % self.multiple]

    def _emit_one(self, option: Any) -> bytes:
        if isinstance(option, Padding):
            return option.octets
        return self.emitters[option.__class__][0](option)


def parse_unknown(data: bytes, start: int, end: int) -> UnknownOption:
    """Return what is kept of the option whose data are ``data[start:end]``."""
    return UnknownOption(data[start - 2], data[start:end])


def emit_unknown(option: UnknownOption) -> bytes:
    """Return the octets of an option that is carried as it came."""
    return bytes((option.type, len(option.data))) + option.data
