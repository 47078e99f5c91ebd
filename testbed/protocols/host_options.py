"""Options of protocols whose mobiles register themselves (RFC 6275 §11, §12); times in seconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from testbed.protocols.options import Authentication, Lifetime
from testbed.protocols.protocol import Options
from testbed.topology.units import Interval

# MAX_RR_BINDING_LIFETIME (RFC 6275 §12).
LONGEST_WITH_CORRESPONDENT = 420

# MinRtrAdvInterval and MaxRtrAdvInterval at least (RFC 6275 §7.5), and their ratio (RFC 4861).
_SHORTEST = (0.03, 0.07)
_RATIO = 0.75


def _advertising(interval: list[float]) -> list[float]:
    shortest, longest = interval
    if shortest < _SHORTEST[0] or longest < _SHORTEST[1] or shortest > _RATIO * longest:
        raise ValueError(
            f"impossible interval {shortest:g}s to {longest:g}s: 30ms and 70ms at least,"
            f" the first at most {_RATIO} of the second"
        )
    return interval


def _with_correspondent(seconds: float) -> float:
    if seconds > LONGEST_WITH_CORRESPONDENT:
        said = f"{LONGEST_WITH_CORRESPONDENT}s at most (RFC 6275 §12)"
        raise ValueError(f"impossible lifetime {seconds:g}s: {said}")
    return seconds


class RouterOptions(Options):
    """How access routers and home agents advertise themselves (RFC 6275 §7, RFC 4861 §6.2.1)."""

    advertisement_interval: Annotated[
        list[Interval], Field(min_length=2, max_length=2), AfterValidator(_advertising)
    ] = Field(default=[1.0, 3.0])
    advertise_on_link_up: bool = True
    router_lifetime: Annotated[int, Field(ge=0, le=9000)] = 1800


class MobileOptions(Options):
    """How mobiles register, and ask for their home agent and its prefixes (RFC 6275 §11).

    ``lifetime`` is that of a registration, renewed at ``refresh_fraction`` of it. With
    ``discover_home_agent`` a mobile knows only its home prefix.
    """

    lifetime: Lifetime = 60.0
    refresh_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.8
    initial_timeout: Interval = 1.0
    first_timeout: Interval = 1.5
    max_timeout: Interval = 32.0
    discover_home_agent: bool = False
    prefix_discovery: bool = False
    authentication: Authentication | None = None


class OptimizationOptions(Options):
    """Route optimization: whether mobiles try it, and how correspondents bear it (RFC 6275 §9).

    ``optimize_again`` is how long a correspondent that did not support it is not asked again.
    """

    route_optimization: bool = True
    rr_lifetime: Annotated[Lifetime, AfterValidator(_with_correspondent)] = 420.0
    optimize_again: Interval = 60.0
    nonce_interval: Interval = 30.0
    binding_limit: Annotated[int, Field(ge=1, le=1_000_000)] = 1024


class AgentOptions(Options):
    """What home agents grant: lifetimes, advice to renew, their preference (RFC 6275 §10).

    With ``home_detection`` a home agent whose home link is an access link makes sure there that
    nobody has a mobile's home address before it first binds it.
    """

    max_lifetime: Lifetime = 3600.0
    refresh_advice: Lifetime | None = None
    preference: Annotated[int, Field(ge=0, le=0xFFFF)] = 0
    home_detection: bool = True


class HostOptions(RouterOptions, MobileOptions, OptimizationOptions, AgentOptions):
    """All options of MIPv6."""
