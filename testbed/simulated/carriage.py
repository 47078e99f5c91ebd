"""How messages travel: as the objects they are, or as the octets that a real wire would carry."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from agents.wire import icmpv6, mobility
from agents.wire.address import Address
from agents.wire.icmpv6 import Icmpv6Message
from testbed.simulated.packet import HEADER, Packet

Carriage = Callable[[Any, Address, Address], Packet]
"""``carriage(message, source, destination)`` is the packet that carries the message."""


def as_object(message: Any, source: Address, destination: Address) -> Packet:
    """Carry the object, in a packet of the length that its octets would have."""
    length = HEADER + _codec_of(message).length(message)
    return Packet(source, destination, length, message=message)


def as_bare_object(message: Any, source: Address, destination: Address) -> Packet:
    """Carry the object where no capture and no limited link asks for its length."""
    return Packet(source, destination, HEADER, message=message)


def as_octets(message: Any, source: Address, destination: Address) -> Packet:
    """Encode the message and carry what a receiver decodes from the octets.

    Raises WireError where the codec cannot encode it, or cannot read what it has written.
    """
    codec = _codec_of(message)
    octets = codec.emit(message, source, destination)
    decoded = codec.parse(octets)
    return Packet(source, destination, HEADER + len(octets), message=decoded, octets=octets)


def _codec_of(message: Any) -> ModuleType:
    return icmpv6 if isinstance(message, Icmpv6Message) else mobility
