"""Options of flow binding (draft-xia-netext-flow-binding-00): services, policies, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from testbed.protocols.gateways import TECHNOLOGIES
from testbed.protocols.options import RegistrationOptions
from testbed.protocols.protocol import Options
from testbed.topology.choice import refuse
from testbed.topology.errors import suggest
from testbed.topology.model import Name
from testbed.topology.traffic import TrafficClass
from testbed.topology.units import Duration, Interval, Rate, Share

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Ports = tuple[int, int]

PROTOCOLS: Mapping[str, int] = {"icmpv6": 58, "tcp": 6, "udp": 17, "sctp": 132}
WITH_PORTS = ("tcp", "udp", "sctp")
EVERYTHING = "all"  # the service that every packet belongs to
FAMILIES: Mapping[str, tuple[str, ...]] = {"3gpp": ("lte", "utran", "geran", "nb-iot")}
_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
_HIGHEST = 0xFFFF


def _range(given: Any) -> Any:
    """Return the first and the last port that ``5060`` or ``"5000-5010"`` names."""
    found = None if isinstance(given, bool) else _RANGE.fullmatch(str(given))
    if not found:
        raise ValueError(f'{given!r} is no port: write 5060, or "5000-5010"')
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= _HIGHEST:
        raise ValueError(f"{given!r} is no range of ports between 1 and {_HIGHEST}")
    return first, last


PortRange = Annotated[Ports, BeforeValidator(_range, json_schema_input_type=int | str)]


class FlowService(Options):
    """Which packets a service is, besides those of the flows that name it.

    ``ports`` are those of the correspondent, ``mobile_ports`` those of the mobile. ``rate`` is
    what one flow of it is expected to take.
    """

    protocol: Literal["icmpv6", "tcp", "udp", "sctp"] | None = None
    ports: list[PortRange] = Field(default=[])
    mobile_ports: list[PortRange] = Field(default=[])
    traffic_class: TrafficClass | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _has_ports(self) -> FlowService:
        for key in ("ports", "mobile_ports"):
            if getattr(self, key) and self.protocol not in WITH_PORTS:
                raise refuse(f"ports need a `protocol`, one of: {', '.join(WITH_PORTS)}", key)
        return self

    @property
    def says_nothing(self) -> bool:
        """Whether its packets are only those of the flows that name it."""
        return self.protocol is None and self.traffic_class is None


def _known(technology: str) -> str:
    if technology not in TECHNOLOGIES:
        said = suggest(technology, TECHNOLOGIES)
        raise ValueError(f"unknown technology {technology!r}: {said}")
    return technology


def _each_once(technologies: list[str]) -> list[str]:
    for index, each in enumerate(technologies):
        if each in technologies[:index]:
            raise ValueError(f"{each} stands there twice")
    return technologies


Technology = Annotated[str, AfterValidator(_known)]


class FlowRule(Options):
    """Where the flows of a service go: technologies, the best first; on others it may not be.

    With ``min_rate`` only flows that are measured to have it are bound, one by one, until nothing
    was seen of them for ``idle_timeout``. In a congested network those with the lowest ``shed``
    go first, those without one stay.
    """

    service: str
    prefer: Annotated[list[Technology], Field(min_length=1), AfterValidator(_each_once)]
    min_rate: Rate | None = None
    shed: Annotated[int, Field(ge=0, le=255)] | None = None
    idle_timeout: Interval = 10.0


# A rule takes two of the priorities that a Flow Identification option has one octet for.
Rules = Annotated[list[FlowRule], Field(max_length=127)]


class Congestion(Options):
    """When an access link is congested: ``consecutive`` times in a row, ``threshold`` of its rate.

    It is measured every ``interval``; a flow that was sent away is not asked back for
    ``hold_down``.
    """

    threshold: Share = 0.9
    interval: Interval = 1.0
    consecutive: Annotated[int, Field(ge=1, le=100)] = 2
    hold_down: Duration = 30.0


class FlowBindingOptions(RegistrationOptions):
    """The options of flow binding, besides those of PMIPv6.

    ``carrier`` is what notifications are sent in, ``layout`` that of the Flow Identification
    option. With ``known_capacity`` LMAs know the rates of access links. An LMA binds ``max_flows``
    of one mobile, and takes ``max_requests`` from one MAG a second. What an interface that is
    out of service served stays bound for ``out_of_service_lifetime``.
    """

    carrier: Literal["generic", "rfc7077"] = "generic"
    layout: Literal["early", "rfc6089"] = "early"
    inquire: Literal["unknown", "always", "never"] = "unknown"
    shared_address: bool = False
    services: dict[Name, FlowService] = Field(default={})
    policy: Rules = Field(default=[])
    profiles: dict[Name, Rules] = Field(default={})
    congestion: Congestion = Congestion()
    known_capacity: bool = True
    out_of_service_lifetime: Interval = 60.0
    max_flows: Count = 64
    max_requests: Count = 1000
