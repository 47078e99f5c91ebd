"""Traffic selectors: fields that are there only if their flag is set (RFC 6088 §3)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from agents.wire.address import Address
from agents.wire.compiler import Compiled
from agents.wire.errors import WireError
from agents.wire.layout import Kind, layout_of, specs_of

_FIXED = struct.Struct("!BBI")  # format, reserved, flags


def compile_present(cls: Any, number: int) -> Compiled:
    """Return the functions of the traffic selector ``cls``, a sub-option of type ``number``."""
    layout = layout_of(cls)
    assert layout.selector is not None
    ts_format = layout.selector.value
    optional = [
        (name, spec.of, spec.bits // 8, _converter(spec.bits))
        for name, spec in specs_of(cls).items()
        if spec.kind is Kind.PRESENT
    ]

    def parse(data: bytes, start: int, end: int) -> Any:
        if end - start < _FIXED.size:
            raise WireError(f"{layout.title} of {end - start} octets")
        _, reserved, flags = _FIXED.unpack_from(data, start)
        values: dict[str, Any] = {"reserved": reserved}
        at = start + _FIXED.size
        for name, flag, size, convert in optional:
            if flags & flag:
                values[name] = convert(data[at : at + size])
                at += size
                flags &= ~flag
        if at != end:
            raise WireError(
                f"{layout.title}: its flags need {at - start} octets, not {end - start}"
            )
        return cls(flags=flags, **values)

    def emit(selector: Any) -> bytes:
        flags, body = selector.flags, b""
        for name, flag, size, _ in optional:
            value = getattr(selector, name)
            if value is not None:
                flags |= flag
                body += value.to_bytes(size, "big") if isinstance(value, int) else value
        length = _FIXED.size + len(body)
        return bytes((number, length)) + _FIXED.pack(ts_format, selector.reserved, flags) + body

    return Compiled(parse, emit, _FIXED.size)


def _converter(bits: int) -> Callable[[bytes], Any]:
    if bits == 128:
        return Address
    return lambda octets: int.from_bytes(octets, "big")
