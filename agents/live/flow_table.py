"""A table of nftables that finds the flow of a packet among thousands by a few look-ups.

Packets go from a base chain to the chain that seeks them at a depth: 0 as they are, 1 and 2 in as
many tunnels. Those to destinations of which no flow is wanted leave there. The others are looked
up in one map for each rank and shape of flows, lower ranks and longer keys first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agents.core.flows import FlowSelector
from agents.live import nft
from agents.live.flow_keys import Shape, destination, load, pieces
from agents.live.netlink import Netlink, NetlinkError, Request
from agents.live.nft_chains import Base, empty_chain, go_to, new_base, new_chain, new_table
from agents.live.nft_sets import Kind, counters, delete_set, new_set, put, take
from agents.live.nftables import delete_tables
from agents.wire.address import Prefix

_VALUE = 4  # octets
_AT_ONCE = 400  # elements to a transaction

Conclude = Callable[[str, float, int], Sequence[nft.Rule]]
"""Returns what is done with a packet whose key is loaded: by the map, the rank, the depth.

That is in rules, each of which begins with the key anew.
"""


class Class(NamedTuple):
    """The flows that share a map."""

    rank: float
    shape: Shape


class Wanted(NamedTuple):
    """Where a selector's packets are found, and what is kept for them there."""

    keys: Sequence[tuple[Class, bytes]]
    value: bytes


def seek(depth: int) -> bytes:
    """Go on to the chain that seeks packets at ``depth``."""
    return go_to(_seek(depth))


class FlowTable:
    """Knows which flows are wanted, and brings the kernel up to date when flushed.

    ``sets`` are further ones, that rules of ``bases`` and of ``conclude`` look into; ``members``
    are in them from the start.
    """

    def __init__(
        self,
        name: str,
        bases: Sequence[Base],
        depths: Sequence[int],
        conclude: Conclude,
        sets: Mapping[str, Kind],
        members: Mapping[str, Sequence[bytes]] | None = None,
        *,
        counts: bool = False,
    ) -> None:
        self._name, self._bases, self._depths = name, bases, depths
        self._conclude, self._sets, self._counts = conclude, sets, counts
        start = members or {}
        self._members = {each: set(start.get(each, ())) for each in sets}
        self._wanted: dict[FlowSelector, Wanted] = {}
        self._owners: dict[tuple[Class, bytes], dict[FlowSelector, bytes]] = {}
        self._destinations: Counter[Prefix] = Counter()
        self._changed: dict[tuple[Class, bytes], None] = {}
        self._netlink: Netlink | None = None
        self._touched: set[Prefix] = set()
        self._forget()

    def __contains__(self, selector: object) -> bool:
        return selector in self._wanted

    def want(self, selector: FlowSelector, rank: float, value: bytes) -> None:
        """Find the packets of ``selector`` from the next flush on; OSError where that cannot be."""
        keys = [(Class(rank, shape), key) for shape, key in pieces(selector)]
        before = self._wanted.pop(selector, None)
        if before is not None:
            self._disown(selector, before)
        self._wanted[selector] = Wanted(keys, value)
        self._guard(selector.destination, 1 if before is None else 0)
        for place in keys:
            self._owners.setdefault(place, {})[selector] = value
            self._changed[place] = None

    def drop(self, selector: FlowSelector) -> None:
        """Find them no longer."""
        before = self._wanted.pop(selector, None)
        if before is None:
            return
        self._disown(selector, before)
        self._guard(selector.destination, -1)

    def change(self, name: str, add: Sequence[bytes] = (), remove: Sequence[bytes] = ()) -> None:
        """Change one of the further sets."""
        members = self._members[name]
        old = [key for key in dict.fromkeys(remove) if key in members]
        new = [key for key in dict.fromkeys(add) if key not in members]
        members.difference_update(old)
        members.update(new)
        if self._netlink is not None and (old or new):
            requests = take(self._name, name, old)
            nft.transact(
                self._netlink, requests + put(self._name, name, [(key, b"") for key in new])
            )

    def flush(self) -> None:
        """Let the kernel know what has changed; NetlinkError where it refuses that."""
        if not self._changed:
            return
        try:
            if self._netlink is None:
                self._create()
            self._bring_up_to_date()
        except NetlinkError:
            self._start_over()
            raise
        if not self._wanted:
            self._start_over()

    def counted(self) -> dict[FlowSelector, tuple[int, int]]:
        """Return the octets and packets that each selector's keys have counted."""
        if self._netlink is None:
            return {}
        found: dict[tuple[Class, bytes], tuple[int, int]] = {}
        for each, name in self._names.items():
            for key, octets, packets in counters(self._netlink, self._name, name):
                found[each, key] = octets, packets
        return {
            selector: _total(found.get(place, (0, 0)) for place in wanted.keys)
            for selector, wanted in self._wanted.items()
        }

    def _guard(self, destination: Prefix, more: int) -> None:
        self._destinations[destination] += more
        self._touched.add(destination)

    def _disown(self, selector: FlowSelector, wanted: Wanted) -> None:
        for place in wanted.keys:
            owners = self._owners[place]
            del owners[selector]
            if not owners:
                del self._owners[place]
            self._changed[place] = None

    def _bring_up_to_date(self) -> None:
        assert self._netlink is not None
        before = (set(self._names), set(self._guards))
        changed, self._changed = list(self._changed), {}
        touched, self._touched = self._touched, set()
        nft.transact(self._netlink, [*self._new_maps(changed), *self._new_guards(touched)])
        for start in range(0, len(changed), _AT_ONCE):
            requests = self._elements(changed[start : start + _AT_ONCE])
            if requests:
                nft.transact(self._netlink, requests)
        self._drop_guards(touched)
        gone = [each for each, held in self._held.items() if not held]
        lengths = {length for length, held in self._guards.items() if held}
        if before != (set(self._names) - set(gone), lengths):
            self._arrange(gone, lengths)

    def _arrange(self, gone: Sequence[Class], lengths: set[int]) -> None:
        """Have rules for the maps and guards that there are now, and no others."""
        assert self._netlink is not None
        dropped = [delete_set(self._name, self._names.pop(each)) for each in gone]
        for each in gone:
            del self._held[each]
        for length in set(self._guards) - lengths:
            dropped.append(delete_set(self._name, _guard(length)))
            del self._guards[length]
        chains = [name(depth) for depth in self._depths for name in (_seek, _match)]
        requests = [empty_chain(self._name, chain) for chain in chains]
        requests += [request for depth in self._depths for request in self._rules(depth)]
        nft.transact(self._netlink, [*requests, *dropped])

    def _rules(self, depth: int) -> Iterator[Request]:
        for length in sorted(self._guards, reverse=True):
            guard = [] if length == 0 else _guarded(length, depth)
            rule = [*guard, go_to(_match(depth))]
            yield nft.new_rule(self._name, rule, chain=_seek(depth))
        for each in sorted(self._names, key=lambda each: (each.rank, -each.shape.bits)):
            for concluded in self._conclude(self._names[each], each.rank, depth):
                rule = [*load(each.shape, depth), *concluded]
                yield nft.new_rule(self._name, rule, chain=_match(depth))

    def _new_maps(self, changed: Sequence[tuple[Class, bytes]]) -> Iterator[Request]:
        for each, key in changed:
            if each not in self._names and (each, key) in self._owners:
                name = self._names[each] = f"flows{self._next()}"
                self._held[each] = {}
                kind = Kind(each.shape.octets, _VALUE, self._counts)
                yield new_set(self._name, name, kind, self._number)

    def _new_guards(self, touched: set[Prefix]) -> Iterator[Request]:
        for prefix in touched:
            network, length = prefix
            if not self._destinations[prefix]:
                continue
            if length not in self._guards:
                self._guards[length] = set()
                yield new_set(self._name, _guard(length), Kind(16), self._next())
            if network not in self._guards[length]:
                self._guards[length].add(network)
                yield from put(self._name, _guard(length), [(network, b"")])

    def _drop_guards(self, touched: set[Prefix]) -> None:
        assert self._netlink is not None
        requests: list[Request] = []
        for prefix in touched:
            if self._destinations[prefix]:
                continue
            del self._destinations[prefix]
            if prefix.network in self._guards.get(prefix.length, ()):
                self._guards[prefix.length].remove(prefix.network)
                requests += take(self._name, _guard(prefix.length), [prefix.network])
        if requests:
            nft.transact(self._netlink, requests)

    def _elements(self, changed: Sequence[tuple[Class, bytes]]) -> list[Request]:
        removed: dict[Class, list[bytes]] = {}
        added: dict[Class, list[tuple[bytes, bytes]]] = {}
        for each, key in changed:
            owners = self._owners.get((each, key))
            value = next(reversed(owners.values())) if owners else None
            held = self._held.get(each, {})
            if held.get(key) == value:
                continue
            if key in held:
                removed.setdefault(each, []).append(key)
                del held[key]
            if value is not None:
                added.setdefault(each, []).append((key, value))
                held[key] = value
        requests = []
        for each, keys in removed.items():
            requests += take(self._name, self._names[each], keys)
        for each, elements in added.items():
            requests += put(self._name, self._names[each], elements)
        return requests

    def _create(self) -> None:
        self._netlink = Netlink(nft.NETFILTER)
        requests = [new_table(self._name)]
        for name, kind in self._sets.items():
            requests.append(new_set(self._name, name, kind, self._next()))
            requests += put(self._name, name, [(key, b"") for key in self._members[name]])
        requests += [
            new_chain(self._name, name(depth)) for depth in self._depths for name in (_seek, _match)
        ]
        for base in self._bases:
            requests.append(new_base(self._name, base))
            requests += [nft.new_rule(self._name, rule, chain=base.name) for rule in base.rules]
        nft.transact(self._netlink, requests)

    def _start_over(self) -> None:
        """Delete the table: what is still wanted comes back by the next flush."""
        if self._netlink is not None:
            self._netlink.close()
            self._netlink = None
        delete_tables([self._name])
        self._forget()
        self._changed = dict.fromkeys(self._owners)
        self._touched = set(self._destinations)

    def _forget(self) -> None:
        self._number = 0
        self._names: dict[Class, str] = {}
        self._held: dict[Class, dict[bytes, bytes]] = {}
        self._guards: dict[int, set[bytes]] = {}

    def _next(self) -> int:
        self._number += 1
        return self._number


def _seek(depth: int) -> str:
    return f"seek{depth}"


def _match(depth: int) -> str:
    return f"match{depth}"


def _guard(length: int) -> str:
    return f"to{length}"


def _guarded(length: int, depth: int) -> list[bytes]:
    masked = [nft.mask(length, 0)] if length < 128 else []
    return [nft.load(destination(depth)), *masked, nft.in_set(_guard(length))]


def _total(counted: Iterator[tuple[int, int]]) -> tuple[int, int]:
    octets = packets = 0
    for more_octets, more_packets in counted:
        octets, packets = octets + more_octets, packets + more_packets
    return octets, packets
