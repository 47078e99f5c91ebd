"""The Binding Cache of a local mobility anchor (RFC 5213 §5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.options import HomeNetworkPrefix
from agents.wire.value import value


class Accepted(NamedTuple):
    """What orders later updates against the last one accepted: see ``ordering``."""

    timestamp: int
    sequence: int
    care_of: Address


@value
class Registered:
    """The mobile node is reachable at the Proxy-CoA until ``expires_at``."""

    expires_at: float

    @property
    def deadline(self) -> float:
        """Return when this state ends of itself."""
        return self.expires_at


@value
class Released:
    """De-registered, kept for the next gateway until ``delete_at`` (RFC 5213 §5.3.5)."""

    delete_at: float

    @property
    def deadline(self) -> float:
        """Return when this state ends of itself."""
        return self.delete_at


@dataclass(slots=True, eq=False)
class Binding:
    """A Binding Cache entry: one mobility session, that of one interface of a mobile node.

    ``link_layer`` is empty where the gateways do not know it. ``prefix_options`` are the
    prefixes as every reply carries them.
    """

    identifier: bytes
    link_layer: bytes
    technology: int
    prefixes: tuple[Prefix, ...]
    prefix_options: tuple[HomeNetworkPrefix, ...]
    care_of: Address
    accepted: Accepted
    state: Registered | Released
    link_local: Address = UNSPECIFIED


class BindingCache:
    """All Binding Cache entries, found by prefix and by mobile node in constant time."""

    def __init__(self) -> None:
        self._by_prefix: dict[Prefix, Binding] = {}
        self._by_node: dict[bytes, list[Binding]] = {}
        self._lengths: Counter[int] = Counter()

    def __iter__(self) -> Iterator[Binding]:
        for sessions in self._by_node.values():
            yield from sessions

    def add(self, binding: Binding) -> None:
        """Enter ``binding``, whose prefixes no other entry may have."""
        self._by_node.setdefault(binding.identifier, []).append(binding)
        for prefix in binding.prefixes:
            self._by_prefix[prefix] = binding
            self._lengths[prefix.length] += 1

    def remove(self, binding: Binding) -> None:
        """Delete ``binding``; ValueError or KeyError where it is not there."""
        sessions = self._by_node[binding.identifier]
        sessions.remove(binding)
        if not sessions:
            del self._by_node[binding.identifier]
        for prefix in binding.prefixes:
            del self._by_prefix[prefix]
            self._lengths[prefix.length] -= 1

    def at(self, prefix: Prefix, link_layer: bytes = b"") -> Binding | None:
        """Return the entry that has ``prefix``.

        Where several may have it, it is that of the interface ``link_layer``, if one is named.
        """
        return self._by_prefix.get(prefix)

    def covering(self, address: Address) -> Binding | None:
        """Return the entry with the longest prefix that ``address`` lies in."""
        for length in sorted(+self._lengths, reverse=True):
            binding = self._by_prefix.get(Prefix.of(address, length))
            if binding is not None:
                return binding
        return None

    def of_node(self, identifier: bytes) -> list[Binding]:
        """Return the entries of a mobile node, one for each of its sessions."""
        return self._by_node.get(identifier, [])

    def of_interface(self, identifier: bytes, technology: int, link_layer: bytes) -> Binding | None:
        """Return the entry of one interface of a mobile node (RFC 5213 §5.4.1.2)."""
        for binding in self._by_node.get(identifier, ()):
            if binding.link_layer == link_layer and binding.technology == technology:
                return binding
        return None
