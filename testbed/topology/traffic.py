"""Flows as they are written in a topology file."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

from testbed.topology.choice import mapping, refuse, tag
from testbed.topology.errors import suggest
from testbed.topology.units import Rate, Spacing

Direction = Literal["up", "down", "both"]


def _regular(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern


_NOT_COMPARED = 0x03  # the bits of a traffic class that are for congestion (RFC 3168 §5)


def _traffic_class(given: Any) -> Any:
    """Return the number of a mark such as 0xb8, which YAML 1.2 has as text."""
    number = given
    if isinstance(given, str):
        with suppress(ValueError):
            number = int(given, 0)
    if not isinstance(number, int) or not 0 <= number <= 0xFF or number & _NOT_COMPARED:
        said = "is no traffic class: 0 to 252 whose 2 low bits are 0, such as 0xb8"
        raise ValueError(f"{given!r} {said}")
    return number


TrafficClass = Annotated[int, BeforeValidator(_traffic_class, json_schema_input_type=int | str)]


class FlowModel(BaseModel):
    """What every flow has; `interface` picks one of a mobile with several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(alias="from")
    interface: str | None = None
    service: str | None = None


class MarkedFlow(FlowModel):
    """A flow whose packets bear the traffic class that it is given."""

    traffic_class: TrafficClass = 0


class PingFlow(MarkedFlow):
    """Echo requests of `from`, answered by `to`."""

    kind: Literal["ping"]
    destination: str = Field(alias="to")
    interval: Spacing = 0.1
    size: Annotated[int, Field(ge=16, le=1400)] = 56


class UdpFlow(MarkedFlow):
    """Datagrams of `size` octets every `interval`, or at `rate`."""

    kind: Literal["udp"]
    destination: str = Field(alias="to")
    direction: Direction | None = None
    interval: Spacing | None = None
    rate: Rate | None = None
    size: Annotated[int, Field(ge=16, le=1400)] = 160


class TcpFlow(MarkedFlow):
    """A bulk transfer by iperf3, as fast as it goes unless bounded by `rate`."""

    kind: Literal["tcp"]
    destination: str = Field(alias="to")
    direction: Literal["up", "down"] | None = None
    rate: Rate | None = None


class CommandFlow(FlowModel):
    """A command of the user's, run on `from`.

    It succeeds if its output matches `success`, or without that if its exit status is 0.
    """

    kind: Literal["command"]
    destination: str | None = Field(default=None, alias="to")
    command: Annotated[str, Field(min_length=1)]
    success: Annotated[str, AfterValidator(_regular)] | None = None


_KINDS = ("ping", "udp", "tcp", "command")


def _with_kind(value: Any) -> Any:
    kind = mapping(value, "a flow such as {kind: ping, from: cn, to: mn1}").get("kind")
    if kind is None:
        raise refuse(f"a flow needs a kind: {', '.join(_KINDS)}")
    if kind not in _KINDS:
        raise refuse(f"unknown kind of flow {kind!r}: {suggest(str(kind), _KINDS)}", "kind")
    return value


AnyFlow = Annotated[
    Annotated[PingFlow, Tag(tag("ping"))]
    | Annotated[UdpFlow, Tag(tag("udp"))]
    | Annotated[TcpFlow, Tag(tag("tcp"))]
    | Annotated[CommandFlow, Tag(tag("command"))],
    Discriminator(lambda flow: tag(flow["kind"])),
    BeforeValidator(_with_kind),
]
