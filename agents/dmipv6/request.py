"""What a user asks for with ``open_flow``, read from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.core.configuration import ConfigurationError
from agents.core.events import Command
from agents.dmipv6.flow import Flow, Opening
from agents.dmipv6.seeker_config import SeekerConfig
from agents.mipv6.reachability import is_routable
from agents.wire.address import Address

_OCTET = 0xFF
_PORT = 0xFFFF
_USER = 0xFFFFFFFF


def read_flow(command: Command, config: SeekerConfig, now: float) -> Flow:
    """Return the flow that ``command`` asks for; ConfigurationError says why it cannot be."""
    arguments = command.arguments
    name = arguments.get("flow")
    if not isinstance(name, str) or not name:
        raise ConfigurationError(f"open_flow: 'flow' is {name!r}: give the flow a name")
    service = arguments.get("service") or config.default_service
    if service not in config.services:
        known = ", ".join(config.services)
        raise ConfigurationError(f"open_flow: unknown service {service!r}: give one of {known}")
    return Flow(
        name=name,
        service=config.services[service],
        destination=_destination(arguments),
        protocol=_number(arguments, "protocol", _OCTET) or 0,
        port=_number(arguments, "port", _PORT) or 0,
        user=_number(arguments, "user", _USER),
        incoming=bool(arguments.get("incoming", False)),
        token=command.token,
        state=Opening(now + config.open_timeout),
    )


def _destination(arguments: Mapping[str, Any]) -> Address:
    text = arguments.get("destination")
    try:
        address = Address.parse(str(text))
    except ValueError:
        address = None
    if address is None or not is_routable(address):
        raise ConfigurationError(
            f"open_flow: 'destination' is {text!r}: give the IPv6 address of a node"
        )
    return address


def _number(arguments: Mapping[str, Any], key: str, most: int) -> int | None:
    number = arguments.get(key)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= most:
        raise ConfigurationError(
            f"open_flow: {key!r} is {number!r}: give a whole number of 0 to {most}"
        )
    return number
