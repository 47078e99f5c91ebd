"""Options of DMIPv6 (draft-liu-dmm-flows-distribution-and-handoff-01); times in seconds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from testbed.protocols.host_options import HostOptions
from testbed.protocols.options import Lifetime
from testbed.protocols.protocol import Options
from testbed.topology.choice import refuse, tag
from testbed.topology.errors import suggest
from testbed.topology.model import Name
from testbed.topology.units import Delay, Duration, Fraction, Interval, Rate

Octet = Annotated[int, Field(ge=0, le=255)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
PerSecond = Annotated[float, Field(gt=0, le=1_000_000)]
Criterion = Literal["security", "load", "distance", "capability"]
Business = Literal["unspecified", "conversational", "streaming", "interactive", "background"]

# The types of business in a query to a management server, which the draft leaves open.
BUSINESS: dict[Business, int] = {
    "unspecified": 0,
    "conversational": 1,
    "streaming": 2,
    "interactive": 3,
    "background": 4,
}


def _each_once(criteria: list[Criterion]) -> list[Criterion]:
    if len(set(criteria)) < len(criteria):
        raise ValueError("a criterion stands there twice")
    return criteria


Weight = Annotated[float, Field(gt=0, le=1_000_000)]
Order = Annotated[list[Criterion], Field(min_length=1), AfterValidator(_each_once)]
Weights = Annotated[dict[Criterion, Weight], Field(min_length=1)]


def _kind_of_policy(policy: Any) -> str:
    return tag("weights" if isinstance(policy, dict) else "order")


# Told apart before they are read, so that errors are about what the user meant.
Policy = Annotated[
    Annotated[Order, Tag(tag("order"))] | Annotated[Weights, Tag(tag("weights"))],
    Discriminator(_kind_of_policy),
]

_CAREFUL: Policy = ["security", "load", "distance", "capability"]


class Service(Options):
    """What flows of one service need (§5.1.1, §5.2.1).

    Without ``mobility`` they begin from the care-of address. ``rate``, ``max_delay`` and
    ``max_loss`` are what an access network must offer for them to go on after a move; the others
    are asked of home proxies.
    """

    mobility: bool = True
    business: Business = "unspecified"
    rate: Rate | None = None
    max_delay: Delay | None = None
    max_loss: Fraction | None = None
    min_security: Octet = 0
    min_capability: Octet = 0
    max_load: Octet = 255
    max_distance: Octet = 255


class ProxyStatus(Options):
    """What a home proxy says of itself, and how many addresses it can give.

    Its ``load`` is measured and its ``distance`` from the correspondents of its domain follows
    from the network, unless given.
    """

    capability: Octet = 128
    security: Octet = 0
    load: Octet | None = None
    distance: Octet | None = None
    capacity: Count = 1024


class ProxyOptions(Options):
    """How home proxies bear requests, and tell their status to each other and to servers.

    They answer a query to their group within ``answer_delay``, each at a time of its own.
    """

    proxies: dict[Name, ProxyStatus] = Field(default={})
    distance_unit: Literal["hops", "ms"] = "hops"
    answer_delay: Duration = 0.5
    status_interval: Interval = 5.0
    stale_after: Interval = 15.0
    provisional_lifetime: Interval = 60.0
    requests_per_mobile: Count = 16
    request_rate: PerSecond = 2.0
    request_burst: Count = 16
    total_rate: PerSecond = 100.0
    total_burst: Count = 200

    @model_validator(mode="after")
    def _is_told_in_time(self) -> ProxyOptions:
        if self.stale_after <= self.status_interval:
            told = f"every {self.status_interval:g}s and stale after {self.stale_after:g}s"
            raise refuse(f"a status is told {told}: give a longer `stale_after`", "stale_after")
        return self


class ChoiceOptions(Options):
    """How mobiles find home proxies and choose one, and what management servers go by.

    A query is repeated after ``query_timeout``, then after twice as long, ``query_tries`` times in
    all; to a group it collects answers for ``collect``. A flow begins within ``open_timeout``,
    whatever happens; who did not answer is not asked again for ``negative_cache``, and the
    addresses of names are remembered for ``name_lifetime``. ``flow_rate`` and ``flow_burst`` bound
    the flows per second that may ask for a home proxy.
    """

    discovery: Literal[
        "anycast", "multicast", "server-active", "server-passive", "correspondent"
    ] = "anycast"
    policy: Policy = Field(default=_CAREFUL)
    rules: dict[Business, Policy] = Field(default={})
    min_security: Octet = 0
    query_timeout: Interval = 1.0
    query_tries: Annotated[int, Field(ge=1, le=16)] = 3
    collect: Duration = 1.0
    open_timeout: Interval = 5.0
    negative_cache: Duration = 5.0
    name_lifetime: Duration = 60.0
    flow_rate: PerSecond = 2.0
    flow_burst: Count = 16
    proxy_lifetime: Lifetime = 60.0


class ProbeOptions(Options):
    """How a mobile measures what a new access network is capable of (§5.2.1).

    It sends ``probes`` echo requests, one every ``probe_interval``; what is not answered within
    ``probe_timeout`` is lost.
    """

    probes: Annotated[int, Field(ge=1, le=1000)] = 10
    probe_interval: Interval = 0.02
    probe_timeout: Interval = 1.0


_SERVICES = {"mobile": Service(), "nomadic": Service(mobility=False)}


class ServiceOptions(Options):
    """The services that flows name; the two that are always there can be given anew."""

    services: dict[Name, Service] = Field(default={})
    default_service: str = "mobile"

    @property
    def known(self) -> dict[str, Service]:
        """All services by name."""
        return {**_SERVICES, **self.services}

    @model_validator(mode="after")
    def _has_default(self) -> ServiceOptions:
        if self.default_service not in self.known:
            said = suggest(self.default_service, self.known)
            raise refuse(f"unknown service {self.default_service!r}: {said}", "default_service")
        return self


class Dmipv6Options(HostOptions, ProxyOptions, ChoiceOptions, ProbeOptions, ServiceOptions):
    """All options of DMIPv6: those of MIPv6, and those of home proxies and services."""
