"""Options that several protocols have; times in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from testbed.protocols.protocol import Options
from testbed.topology.units import Duration, Interval

# Lifetimes travel as 16 bits that count units of four seconds (RFC 6275 §6.1.7).
LONGEST_LIFETIME = 0xFFFF * 4


def _lifetime(seconds: float) -> float:
    if not 4 <= seconds <= LONGEST_LIFETIME:
        raise ValueError(f"impossible lifetime {seconds:g}s: 4s to {LONGEST_LIFETIME}s can be sent")
    return seconds


def _octets(text: str) -> str:
    if not re.fullmatch(r"([0-9a-fA-F]{2}){8,64}", text):
        raise ValueError("is no key: write 8 to 64 octets in hexadecimal, in quotes")
    return text


Lifetime = Annotated[Interval, AfterValidator(_lifetime)]


class Authentication(Options):
    """The mobility security association of RFC 4285 that all MAGs and LMAs share."""

    spi: Annotated[int, Field(ge=256, le=0xFFFFFFFF)]
    key: Annotated[str, AfterValidator(_octets)]


def security(association: Authentication | None) -> Mapping[str, Any] | None:
    """Return what an agent is told of the security association, if there is one."""
    return association.model_dump() if association else None


class GatewayOptions(Options):
    """What a MAG needs, whoever knows where the mobiles are."""

    ordering: Literal["timestamp", "sequence"] = "timestamp"
    authentication: Authentication | None = None
    lifetime: Lifetime = 60.0
    detect: Annotated[list[Literal["link", "solicitation"]], Field(min_length=1)] = Field(
        default=["link", "solicitation"]
    )
    router_lifetime: Annotated[int, Field(ge=0, le=9000)] = 1800


class RegistrationOptions(GatewayOptions):
    """How MAGs register with LMAs; times are those that RFC 5213 §9 names, with its defaults."""

    refresh_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.8
    max_lifetime: Lifetime = 3600.0
    min_delay_before_bce_delete: Duration = 10.0
    max_delay_before_new_bce_assign: Duration = 1.5
    timestamp_validity_window: Interval = 0.3
    initial_timeout: Interval = 1.0
    max_timeout: Interval = 32.0
