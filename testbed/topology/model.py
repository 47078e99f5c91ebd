"""A topology file as it is written: the pydantic models behind its validation and its schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from testbed.topology.steps import AnyStep
from testbed.topology.traffic import AnyFlow
from testbed.topology.units import Delay, Duration, Fraction, Rate

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=32)]


LONGEST_IDENTIFIER = 253  # octets (RFC 4282 §2.2)


def _identifier(text: str) -> str:
    octets = len(text.encode())
    if not 1 <= octets <= LONGEST_IDENTIFIER:
        raise ValueError(f"has {octets} octets as UTF-8: 1 to {LONGEST_IDENTIFIER} can be sent")
    if not text.isprintable() or " " in text:
        raise ValueError(f"{text!r} is no identifier: write it like mn1@home, without spaces")
    return text


class Strict(BaseModel):
    """A mapping that takes the keys it names and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkKeys(Strict):
    """How a link treats packets, in each direction alike; `delay` and `jitter` are one way."""

    delay: Delay | None = None
    jitter: Delay | None = None
    loss: Fraction | None = None
    rate: Rate | None = None
    mtu: Annotated[int, Field(ge=1280, le=65535)] | None = None


class LinkModel(LinkKeys):
    """A point-to-point link; its name is `<end>-<end>` unless given."""

    ends: Annotated[list[str], Field(min_length=2, max_length=2)]
    name: Name | None = None


class AccessModel(LinkKeys):
    """An access link of a router; the settings hold between the router and each mobile."""

    router: str
    technology: str = "ethernet"


class DomainModel(Strict):
    """An administrative domain; all addresses of its nodes come from its prefix."""

    prefix: str


class InterfaceModel(Strict):
    """An interface of a mobile; without a technology it fits every access link."""

    technology: str | None = None
    prefixes: list[str] | None = None


class NodeModel(Strict):
    """A node; `domain` may be left out where only one is possible.

    `anchor`, `identifier`, `prefixes` (how many home prefixes each interface gets) and
    `interfaces` are for mobiles.
    """

    place: str
    domain: str | None = None
    address: str | None = None
    role: str | dict[str, str] | None = None
    anchor: str | None = None
    identifier: Annotated[str, AfterValidator(_identifier)] | None = None
    prefixes: Annotated[int, Field(ge=1, le=16)] = 1
    interfaces: dict[Name, InterfaceModel] | None = None


class HostsModel(Strict):
    """What the mobiles' own systems do: duplicate address detection, soliciting after link-up."""

    dad: Literal["off", "optimistic", "standard"] = "optimistic"
    solicit: bool = False


class PlayModel(Strict):
    """What is played on a network: a scenario file holds these keys and no others."""

    seed: int | None = None
    duration: Duration | None = None
    flows: dict[Name, AnyFlow] = {}
    timeline: list[AnyStep] = []
    expect: list[str] = []


class TopologyModel(PlayModel):
    """A topology file."""

    name: Name | None = None
    protocol: str
    protocols: dict[str, Any] = {}
    domains: Annotated[dict[Name, DomainModel], Field(min_length=1)]
    nodes: Annotated[dict[Name, NodeModel], Field(min_length=1)]
    links: list[LinkModel] = []
    access: dict[Name, AccessModel] = {}
    hosts: HostsModel = HostsModel()
