"""Configuration of home proxies and management servers, read once from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader
from agents.core.security import SecurityAssociation, read_association
from agents.dmipv6.allocation import LONGEST_POOL
from agents.dmipv6.limits import Rate
from agents.dmipv6.selection import Policy, read_rules
from agents.wire.address import Address, Prefix

MOST_RECORDS = 60
"""Records that an answer has at most: what fits into 1280 octets, the least MTU of IPv6."""

_OCTET = 255


@dataclass(frozen=True, slots=True)
class DirectoryConfig:
    """What a management server is told: who it takes the status of home proxies from.

    A status is forgotten ``stale_after`` seconds after it was heard last. ``rules`` say by what
    it chooses for each business class. Limits are on queries, of one sender and of all.
    """

    address: Address
    proxies: frozenset[Address]
    stale_after: float
    rules: Mapping[int, Policy]
    most_records: int
    query_limit: Rate
    total_query_limit: Rate

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> DirectoryConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("server", config)
        return cls(
            address=reader.address("address"),
            proxies=frozenset(reader.addresses("proxies")),
            stale_after=reader.positive("stale_after", 15.0),
            rules=read_rules(config.get("rules") or {}, "server: 'rules'"),
            most_records=reader.count("most_records", MOST_RECORDS),
            query_limit=Rate.read(reader, "query", 10, 20),
            total_query_limit=Rate.read(reader, "total_query", 500, 1000),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a home proxy tells of itself, each 0 to 255; ``load`` None: as it measures it."""

    load: int | None
    capability: int
    security: int
    distance: int


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    """What a distributed home proxy is told; times in seconds.

    It tells its status to ``peers`` and ``servers`` every ``status_interval``, and answers
    multicast queries within ``answer_delay``. ``capacity`` is how many DHoAs it gives out,
    ``requests_per_mobile`` how many to one care-of address. ``provisional_lifetime`` is for how
    long a DHoA stands without a Binding Update. Limits are on DHoA requests and on queries, of
    one sender and of all.
    """

    address: Address
    pool: Prefix
    group: Address | None
    anycast: Address | None
    peers: frozenset[Address]
    servers: frozenset[Address]
    standing: Standing
    capacity: int
    status_interval: float
    stale_after: float
    answer_delay: float
    most_records: int
    requests_per_mobile: int
    request_limit: Rate
    total_request_limit: Rate
    query_limit: Rate
    total_query_limit: Rate
    provisional_lifetime: float
    max_lifetime: float
    refresh_advice: float | None
    authentication: SecurityAssociation | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> ProxyConfig:
        """Return the configuration that ``config`` spells; ConfigurationError names the key."""
        reader = Reader("dhp", config)
        address = reader.address("address")
        interval = reader.positive("status_interval", 5.0)
        return cls(
            address=address,
            pool=_pool(reader),
            group=_group(reader, config),
            anycast=_optional(reader, config, "anycast"),
            peers=frozenset(reader.addresses("peers")) - {address},
            servers=frozenset(reader.addresses("servers")),
            standing=_standing(config),
            capacity=reader.count("capacity", 1024),
            status_interval=interval,
            stale_after=reader.positive("stale_after", 3 * interval),
            answer_delay=reader.seconds("answer_delay", 0.5),
            most_records=reader.count("most_records", MOST_RECORDS),
            requests_per_mobile=reader.count("requests_per_mobile", 16),
            request_limit=Rate.read(reader, "request", 2, 16),
            total_request_limit=Rate.read(reader, "total", 100, 200),
            query_limit=Rate.read(reader, "query", 10, 20),
            total_query_limit=Rate.read(reader, "total_query", 500, 1000),
            provisional_lifetime=reader.positive("provisional_lifetime", 60.0),
            max_lifetime=reader.lifetime("max_lifetime", 3600.0),
            refresh_advice=_advice(reader, config),
            authentication=read_association("dhp", config.get("authentication")),
        )


def octet(role: str, key: str, value: Any) -> int:
    """Return ``value`` if it fits into an octet of a status; else ConfigurationError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _OCTET:
        raise ConfigurationError(
            f"{role}: {key!r} is {value!r}: give a whole number of 0 to {_OCTET}"
        )
    return value


def _standing(config: Mapping[str, Any]) -> Standing:
    load = config.get("load")
    return Standing(
        load=None if load is None else octet("dhp", "load", load),
        capability=octet("dhp", "capability", config.get("capability", 128)),
        security=octet("dhp", "security", config.get("security", 0)),
        distance=octet("dhp", "distance", config.get("distance", _OCTET)),
    )


def _pool(reader: Reader) -> Prefix:
    pool = reader.prefix("pool")
    if pool is None or pool.length > LONGEST_POOL:
        raise ConfigurationError(
            f"dhp: 'pool' is {pool}: give a prefix of at most {LONGEST_POOL} bits"
        )
    return pool


def _optional(reader: Reader, config: Mapping[str, Any], key: str) -> Address | None:
    return None if config.get(key) is None else reader.address(key)


def _group(reader: Reader, config: Mapping[str, Any]) -> Address | None:
    group = _optional(reader, config, "group")
    if group is not None and group[0] != 0xFF:
        raise ConfigurationError(f"dhp: 'group' is {group}: give a multicast address")
    return group


def _advice(reader: Reader, config: Mapping[str, Any]) -> float | None:
    if config.get("refresh_advice") is None:
        return None
    return reader.positive("refresh_advice", 0.0)
