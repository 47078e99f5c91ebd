"""What DMIPv6 adds to the configuration of a mobile node, read once from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agents.core.configuration import ConfigurationError, Reader
from agents.dmipv6.limits import Rate
from agents.dmipv6.selection import CRITERIA, Policy, read_policy
from agents.dmipv6.services import USUAL, Service, read_services
from agents.wire.address import Address, Prefix


class Discovery(StrEnum):
    """The ways to find home proxies (§4.3.1, §4.3.2, §4.3.3.1, §4.3.3.2, and its last paragraph).

    A correspondent that is a management server is asked actively.
    """

    ANYCAST = "anycast"
    MULTICAST = "multicast"
    SERVER_ACTIVE = "server-active"
    SERVER_PASSIVE = "server-passive"
    CORRESPONDENT = "correspondent"


_NAMES = {
    Discovery.ANYCAST: "dhp-anycast",
    Discovery.MULTICAST: "dhp-multicast",
    Discovery.SERVER_ACTIVE: "dhp-server",
    Discovery.SERVER_PASSIVE: "dhp-server",
}


@dataclass(frozen=True, slots=True)
class Zone:
    """A domain of correspondents, its name, and the name server that answers for it."""

    prefix: Prefix
    name: str
    name_server: Address

    def host(self, discovery: Discovery) -> str:
        """Return the name of whom to ask; "" where it is the correspondent itself."""
        host = _NAMES.get(discovery)
        return f"{host}.{self.name}" if host else ""


@dataclass(frozen=True, slots=True)
class SeekerConfig:
    """How a mobile node finds home proxies and uses them; times in seconds.

    A query is sent ``query_tries`` times, after ``query_timeout`` and then after twice the time;
    answers to one by multicast are collected for ``collect``. Whatever happens, a flow begins
    within ``open_timeout``. Who did not answer is not asked again for ``negative_cache``, and
    addresses of names are remembered for ``name_lifetime``. ``flow_limit`` is on flows that look
    for a home proxy. ``linger`` is for how long the binding of a flow that has ended stays, and
    ``refuse`` for how long packets of one that was ended are refused. An access network is
    measured by ``probes`` echo requests, one every ``probe_interval``, each of which is lost
    after ``probe_timeout``.
    """

    zones: tuple[Zone, ...]
    discovery: Discovery
    policy: Policy
    route_optimization: bool
    services: Mapping[str, Service]
    default_service: str
    query_timeout: float
    query_tries: int
    collect: float
    open_timeout: float
    negative_cache: float
    name_lifetime: float
    flow_limit: Rate
    flows: int
    proxy_lifetime: float
    linger: float
    refuse: float
    probes: int
    probe_interval: float
    probe_timeout: float

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> SeekerConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("mn", config)
        services = read_services(config)
        return cls(
            zones=_zones(config),
            discovery=Discovery(reader.choice("discovery", "anycast", list(Discovery))),
            policy=read_policy(config.get("policy", list(CRITERIA)), "mn: 'policy'"),
            route_optimization=reader.flag("route_optimization", True),
            services=services,
            default_service=_default(config, services),
            query_timeout=reader.positive("query_timeout", 1.0),
            query_tries=reader.count("query_tries", 3),
            collect=reader.seconds("collect", 1.0),
            open_timeout=reader.positive("open_timeout", 5.0),
            negative_cache=reader.seconds("negative_cache", 5.0),
            name_lifetime=reader.seconds("name_lifetime", 60.0),
            flow_limit=Rate.read(reader, "flow", 2.0, 16),
            flows=reader.count("flows", 256),
            proxy_lifetime=reader.lifetime("proxy_lifetime", 60.0),
            linger=reader.seconds("linger", 1.0),
            refuse=reader.positive("refuse", 10.0),
            probes=reader.count("probes", 10),
            probe_interval=reader.positive("probe_interval", 0.02),
            probe_timeout=reader.positive("probe_timeout", 1.0),
        )

    def zone_of(self, destination: Address) -> Zone | None:
        """Return the domain that ``destination`` lies in, the smallest one of several."""
        found = [zone for zone in self.zones if zone.prefix.contains(destination)]
        return max(found, key=lambda zone: zone.prefix.length, default=None)


def _zones(config: Mapping[str, Any]) -> tuple[Zone, ...]:
    domains = config.get("domains", ())
    if not isinstance(domains, list | tuple):
        raise ConfigurationError(f"mn: 'domains' is {domains!r}: give a list")
    return tuple(_zone(domain) for domain in domains)


def _zone(domain: Mapping[str, Any]) -> Zone:
    reader = Reader("mn: domains", domain)
    prefix = reader.prefix("prefix")
    if prefix is None:
        raise ConfigurationError("mn: domains: the key 'prefix' is missing")
    return Zone(prefix, str(reader.value("zone")), reader.address("name_server"))


def _default(config: Mapping[str, Any], services: Mapping[str, Service]) -> str:
    name = config.get("default_service") or USUAL
    if name not in services:
        raise ConfigurationError(f"mn: 'default_service' is {name!r}: give one of the services")
    return str(name)
