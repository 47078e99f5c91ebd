"""What anchor, gateways and mobile nodes are told of flows (xia §3 to §7); times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agents.core.configuration import Reader, parse_link_layer
from agents.flowbinding.layouts import Layout
from agents.flowbinding.policy import Policy, read_policy
from agents.wire.address import Address


class Carrier(StrEnum):
    """By which messages an anchor speaks to gateways (xia §4, steps 5, 7 and 8)."""

    GENERIC = "generic"
    RFC7077 = "rfc7077"


class Inquire(StrEnum):
    """When an anchor asks the target's gateway (xia §4, step 7)."""

    ALWAYS = "always"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Congestion:
    """When a link is congested: ``threshold`` of its rate, ``consecutive`` times ``interval``.

    A flow that had to leave, or was not let in, is not asked for again within ``hold_down``.
    """

    threshold: float
    interval: float
    consecutive: int
    hold_down: float


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What anchor and gateways agree on.

    ``max_flows`` of one mobile node are bound at once, and a gateway may ask for
    ``max_requests`` per second.
    """

    carrier: Carrier
    layout: Layout
    inquire: Inquire
    shared_address: bool
    policy: Policy
    congestion: Congestion
    out_of_service_lifetime: float
    max_flows: int
    max_requests: int

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> FlowSettings:
        """Return the settings under ``flows``; ConfigurationError names the key at fault."""
        flows = config.get("flows") or {}
        reader = Reader("flows", flows)
        return cls(
            carrier=Carrier(reader.choice("carrier", "generic", list(Carrier))),
            layout=Layout(reader.choice("layout", "early", list(Layout))),
            inquire=Inquire(reader.choice("inquire", "unknown", list(Inquire))),
            shared_address=reader.flag("shared_address", False),
            policy=read_policy(flows),
            congestion=_congestion(flows.get("congestion") or {}),
            out_of_service_lifetime=reader.seconds("out_of_service_lifetime", 60.0),
            max_flows=reader.count("max_flows", 64),
            max_requests=reader.count("max_requests", 1000),
        )


@dataclass(frozen=True, slots=True)
class HostConfig:
    """What a mobile node is told; ``interfaces`` maps names to link-layer addresses.

    ``max_redirects`` are believed per second.
    """

    identifier: str
    anchor: Address
    interfaces: Mapping[str, bytes]
    shared_address: bool
    initial_timeout: float
    max_timeout: float
    max_redirects: int

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> HostConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("mn", config)
        links = [Reader("mn: interfaces", each) for each in reader.value("interfaces")]
        return cls(
            identifier=reader.value("identifier"),
            anchor=reader.address("anchor"),
            interfaces={each.value("interface"): each.link_layer("link_layer") for each in links},
            shared_address=reader.flag("shared_address", False),
            initial_timeout=reader.positive("initial_timeout", 1.0),
            max_timeout=reader.positive("max_timeout", 32.0),
            max_redirects=reader.count("max_redirects", 10),
        )


Link = tuple[Address, int]
"""A gateway and an access technology there."""


def read_capacities(config: Mapping[str, Any]) -> dict[Link, float]:
    """Return the rates in bit/s of the access links that an anchor knows."""
    readers = [Reader("lma: capacities", each) for each in config.get("capacities") or ()]
    return {
        (each.address("gateway"), each.octet("technology")): each.seconds("rate", 0.0)
        for each in readers
    }


def read_rates(config: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the rate in bit/s of each access interface of a gateway, None where nobody says."""
    return {
        each["interface"]: None if each.get("rate") is None else float(each["rate"])
        for each in config["access"]
    }


def read_first_interfaces(config: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the first interface of each mobile node: it makes the address that all share."""
    return {
        mobile["identifier"]: parse_link_layer(
            mobile["link_layer_addresses"][0], f"mag: interface of {mobile['identifier']!r}"
        )
        for mobile in config["mobiles"]
    }


def _congestion(config: Mapping[str, Any]) -> Congestion:
    reader = Reader("flows: congestion", config)
    return Congestion(
        threshold=reader.fraction("threshold", 0.9),
        interval=reader.positive("interval", 1.0),
        consecutive=reader.count("consecutive", 2),
        hold_down=reader.seconds("hold_down", 30.0),
    )
