"""Configuration of what S-PMIP and SD-PMIP add to the roles of PMIPv6, read from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader, parse_prefix
from agents.core.security import SecurityAssociation
from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import QueryFlags

MULTICAST = 0xFF
"""The first octet of every multicast address (RFC 4291 §2.7)."""

DEFAULT_GROUP = "ff05::4d41:4701"
"""Site-local, as the domain has one administrator (draft-jikim-dmm-pmip §3.3.1)."""

_MASKS = {"update": 0xFFFF, "acknowledgement": 0xFF}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one gateway may spend on packets whose destination it does not know.

    Packets are kept for one address and for all, the oldest dropped first. ``queries`` may be
    outstanding, ``routes`` and ``absences`` remembered. Queries are sent at ``query_rate`` per
    second after a burst of ``query_burst``.
    """

    buffer_per_address: int
    buffer_total: int
    queries: int
    routes: int
    absences: int
    query_rate: int
    query_burst: int

    @classmethod
    def read(cls, reader: Reader) -> Bounds:
        """Return the bounds under their keys, each with a default."""
        return cls(
            buffer_per_address=reader.count("buffer_per_address", 64),
            buffer_total=reader.count("buffer_total", 4096),
            queries=reader.count("queries", 1024),
            routes=reader.count("routes", 4096),
            absences=reader.count("absences", 4096),
            query_rate=reader.count("query_rate", 100),
            query_burst=reader.count("query_burst", 200),
        )


@dataclass(frozen=True, slots=True)
class FinderConfig:
    """How a gateway finds mobile nodes; times in seconds.

    ``mags`` are the other gateways of the domain. ``pools`` maps each prefix that home addresses
    are taken from to whom is asked about them: an anchor, or the group of all gateways.
    """

    address: Address
    mags: frozenset[Address]
    pools: Mapping[Prefix, Address]
    query_timeout: float
    query_tries: int
    negative_cache: float
    bounds: Bounds
    timestamps: bool
    flags: QueryFlags
    authentication: SecurityAssociation | None

    def respondent(self, address: Address) -> Address | None:
        """Return whom to ask about ``address``, or None where it is nobody's home address."""
        covering = [pool for pool in self.pools if pool.contains(address)]
        return self.pools[max(covering, key=_length)] if covering else None


@dataclass(frozen=True, slots=True)
class RespondentConfig:
    """How queries are answered: ``mags`` may ask, ``memory`` of their queries are remembered.

    The rest is how these ask, as in ``FinderConfig``.
    """

    address: Address
    mags: frozenset[Address]
    memory: int
    query_timeout: float
    query_tries: int
    negative_cache: float
    flags: QueryFlags
    authentication: SecurityAssociation | None


def read_finder(
    config: Mapping[str, Any],
    pools: Mapping[Prefix, Address],
    authentication: SecurityAssociation | None,
) -> FinderConfig:
    """Return what ``config`` says of finding nodes; ConfigurationError names the key at fault."""
    reader = Reader("mag", config)
    address = reader.address("address")
    return FinderConfig(
        address=address,
        mags=frozenset(reader.addresses("mags")) - {address},
        pools=pools,
        query_timeout=reader.positive("query_timeout", 1.0),
        query_tries=reader.count("query_tries", 3),
        negative_cache=reader.seconds("negative_cache", 5.0),
        bounds=Bounds.read(reader),
        timestamps=reader.choice("ordering", "timestamp", ["timestamp", "sequence"]) == "timestamp",
        flags=_flags(config),
        authentication=authentication,
    )


def read_respondent(
    config: Mapping[str, Any], authentication: SecurityAssociation | None
) -> RespondentConfig:
    """Return what ``config`` says of answering; ConfigurationError names the key at fault."""
    reader = Reader("respondent", config)
    address = reader.address("address")
    return RespondentConfig(
        address=address,
        mags=frozenset(reader.addresses("mags")) - {address},
        memory=reader.count("ask_memory", 4096),
        query_timeout=reader.seconds("query_timeout", 1.0),
        query_tries=reader.count("query_tries", 3),
        negative_cache=reader.seconds("negative_cache", 5.0),
        flags=_flags(config),
        authentication=authentication,
    )


def anchored_pools(config: Mapping[str, Any]) -> dict[Prefix, Address]:
    """Return the pools of S-PMIP, each under ``pools`` with the address of its anchor."""
    pools = Reader("mag", config).value("pools")
    if not isinstance(pools, Mapping):
        raise ConfigurationError(f"mag: 'pools' is {pools!r}: give the anchor of each prefix")
    reader = Reader("mag: pools", pools)
    return {parse_prefix(text, "mag: a prefix of 'pools'"): reader.address(text) for text in pools}


def shared_pools(config: Mapping[str, Any]) -> dict[Prefix, Address]:
    """Return the pools of SD-PMIP, listed under ``pools``, all with the ``group``."""
    group = Reader("mag", {"group": DEFAULT_GROUP, **config}).address("group")
    if group[0] != MULTICAST:
        raise ConfigurationError(f"mag: 'group' is {group}: give a multicast address")
    pools = Reader("mag", config).value("pools")
    if not isinstance(pools, list | tuple):
        raise ConfigurationError(f"mag: 'pools' is {pools!r}: give a list of prefixes")
    return {parse_prefix(text, "mag: one of 'pools'"): group for text in pools}


def _flags(config: Mapping[str, Any]) -> QueryFlags:
    masks = config.get("query_flags") or {}
    for name, mask in masks.items():
        if name not in _MASKS or not isinstance(mask, int) or not 0 < mask <= _MASKS[name]:
            raise ConfigurationError(
                f"'query_flags' has {name}: {mask!r}: give the bits of Q as 'update' (16 bits) "
                "and 'acknowledgement' (8 bits)"
            )
    return QueryFlags(**masks)


def _length(prefix: Prefix) -> int:
    return prefix.length
