"""Flows as they are written in a topology file."""

from __future__ import annotations

import re
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


class FlowModel(BaseModel):
    """What every flow has; `interface` picks one of a mobile with several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(alias="from")
    interface: str | None = None
    service: str | None = None


class PingFlow(FlowModel):
    """Echo requests of `from`, answered by `to`."""

    kind: Literal["ping"]
    destination: str = Field(alias="to")
    interval: Spacing = 0.1
    size: Annotated[int, Field(ge=16, le=1400)] = 56


class UdpFlow(FlowModel):
    """Datagrams of `size` octets every `interval`, or at `rate`."""

    kind: Literal["udp"]
    destination: str = Field(alias="to")
    direction: Direction | None = None
    interval: Spacing | None = None
    rate: Rate | None = None
    size: Annotated[int, Field(ge=16, le=1400)] = 160


class TcpFlow(FlowModel):
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
