"""A table of nftables that finds the flow of a packet among thousands by a few look-ups.

Packets go from a base chain to the chain that seeks them at a depth: 0 as they are, 1 and 2 in as
many tunnels. Those to destinations of which no flow is wanted leave there. The others are looked
up in one map for each rank and shape of flows, lower ranks and longer keys first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from time import sleep
from typing import Any

from agents.core.flows import FlowSelector
from agents.live import nft
from agents.live.flow_claims import Claims, Class, Place
from agents.live.flow_keys import destination, load
from agents.live.netlink import Netlink, Request
from agents.live.nft_chains import Base, empty_chain, go_to, new_base, new_chain, new_table
from agents.live.nft_sets import Kind, counters, delete_set, new_set, put, take
from agents.wire.address import Prefix

_VALUE = 4  # octets
_AT_ONCE = 400  # elements to a transaction
_PAUSE = 0.01  # seconds in which a kernel short of memory may make more

Conclude = Callable[[str, Class, int], Sequence[nft.Rule]]
"""Returns what is done with a packet whose key is loaded: by the map, its class, the depth.

That is in rules, each of which begins with the key anew.
"""


def beside(name: str) -> str:
    """Return what the set is called that has each key of ``name`` and its value in one."""
    return f"{name}is"


def seek(depth: int) -> bytes:
    """Go on to the chain that seeks packets at ``depth``."""
    return go_to(_seek(depth))


class FlowTable:
    """Knows which flows are wanted, and brings the kernel up to date when flushed.

    The table is there while a flow is. ``sets`` are further ones, that rules of ``bases`` and of
    ``conclude`` look into; ``members`` are in them from the start. Values are of 4 octets and in
    maps, which count; or of as many octets as are ``compared`` with something in the packet.
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
        compared: int = 0,
    ) -> None:
        self._name, self._bases, self._depths = name, bases, depths
        self._conclude, self._sets, self._compared = conclude, sets, compared
        start = members or {}
        self._members = {each: set(start.get(each, ())) for each in sets}
        self._claims = Claims()
        self.want, self.drop = self._claims.want, self._claims.drop
        self._netlink: Netlink | None = None
        self._forget()

    def change(self, name: str, add: Sequence[bytes] = (), remove: Sequence[bytes] = ()) -> None:
        """Change one of the further sets."""
        members = self._members[name]
        old = [key for key in dict.fromkeys(remove) if key in members]
        new = [(key, b"") for key in dict.fromkeys(add) if key not in members]
        members.difference_update(old)
        members.update(key for key, _ in new)
        if self._there:
            self._transact([*take(self._name, name, old), *put(self._name, name, new)])

    def flush(self) -> None:
        """Let the kernel know what has changed; OSError where it refuses that, even anew."""
        try:
            self._update()
        except OSError:
            self._start_over()
            sleep(_PAUSE)
            try:
                self._update()
            except OSError:
                self._start_over()
                raise

    def counted(self) -> dict[FlowSelector, tuple[int, int]]:
        """Return the octets and packets of each selector that the kernel has counted."""
        if not self._there or self._netlink is None:
            return {}
        found: dict[Place, tuple[int, int]] = {}
        for each, name in self._names.items():
            for key, octets, packets in counters(self._netlink, self._name, name):
                found[Place(each, key)] = octets, packets
        return dict(self._claims.sums(found))

    def _update(self) -> None:
        places, destinations = self._claims.changes()
        if not places:
            return
        if self._claims:
            if not self._there:
                self._create()
            self._bring_up_to_date(places, destinations)
        elif self._there:
            self._transact([nft.delete_table(self._name)])
            self._forget()

    def _start_over(self) -> None:
        """Have the next update begin with nothing."""
        with suppress(OSError):
            self._transact([nft.delete_table(self._name)])
        self._forget()
        self._claims.all_changed()

    def _bring_up_to_date(self, places: Sequence[Place], destinations: Sequence[Prefix]) -> None:
        before = (set(self._names), set(self._guards))
        self._transact([*self._new_maps(places), *self._new_guards(destinations)])
        for start in range(0, len(places), _AT_ONCE):
            self._transact(self._elements(places[start : start + _AT_ONCE]))
        self._transact(list(self._old_guards(destinations)))
        gone = [each for each, held in self._held.items() if not held]
        lengths = {length for length, held in self._guards.items() if held}
        if before != (set(self._names) - set(gone), lengths):
            self._arrange(gone, lengths)

    def _arrange(self, gone: Sequence[Class], lengths: set[int]) -> None:
        """Have rules for the maps and guards that there are now, and no others."""
        dropped = []
        for each in gone:
            dropped += [delete_set(self._name, name) for name in self._of(self._names.pop(each))]
            del self._held[each]
        for length in set(self._guards) - lengths:
            dropped.append(delete_set(self._name, _guard(length)))
            del self._guards[length]
        emptied = [empty_chain(self._name, chain) for chain in self._chains()]
        rules = [request for depth in self._depths for request in self._rules(depth)]
        self._transact([*emptied, *rules, *dropped])

    def _rules(self, depth: int) -> Iterator[Request]:
        for length in sorted(self._guards, reverse=True):
            guard = [] if length == 0 else _guarded(length, depth)
            rule = [*guard, go_to(_match(depth))]
            yield nft.new_rule(self._name, rule, chain=_seek(depth))
        for each in sorted(self._names, key=lambda each: (each.rank, -each.shape.bits)):
            for concluded in self._conclude(self._names[each], each, depth):
                rule = [*load(each.shape, depth), *concluded]
                yield nft.new_rule(self._name, rule, chain=_match(depth))

    def _new_maps(self, places: Sequence[Place]) -> Iterator[Request]:
        for place in places:
            each = place.among
            if each not in self._names and self._claims.value(place) is not None:
                self._names[each], self._held[each] = f"flows{self._next()}", {}
                for name, kind in self._of(self._names[each], each.shape.octets).items():
                    yield new_set(self._name, name, kind, self._next())

    def _new_guards(self, destinations: Sequence[Prefix]) -> Iterator[Request]:
        for prefix in destinations:
            network, length = prefix
            if not self._claims.is_destination(prefix):
                continue
            if length not in self._guards:
                self._guards[length] = set()
                yield new_set(self._name, _guard(length), Kind(16), self._next())
            if network not in self._guards[length]:
                self._guards[length].add(network)
                yield from put(self._name, _guard(length), [(network, b"")])

    def _old_guards(self, destinations: Sequence[Prefix]) -> Iterator[Request]:
        for prefix in destinations:
            held = self._guards.get(prefix.length, set())
            if prefix.network in held and not self._claims.is_destination(prefix):
                held.remove(prefix.network)
                yield from take(self._name, _guard(prefix.length), [prefix.network])

    def _elements(self, places: Sequence[Place]) -> list[Request]:
        removed: dict[str, list[bytes]] = {}
        added: dict[str, list[tuple[bytes, bytes]]] = {}
        for place in places:
            each, key = place
            value, held = self._claims.value(place), self._held.get(each, {})
            before = held.get(key)
            if before == value:
                continue
            name = self._names[each]
            if before is not None:
                del held[key]
                self._spread(removed, name, key, key + before)
            if value is not None:
                held[key] = value
                entry = (key, b"") if self._compared else (key, value)
                self._spread(added, name, entry, (key + value, b""))
        requests = []
        for name, keys in removed.items():
            requests += take(self._name, name, keys)
        for name, elements in added.items():
            requests += put(self._name, name, elements)
        return requests

    def _spread(self, found: dict[str, list[Any]], name: str, entry: Any, pair: Any) -> None:
        """Note an entry of a map; or one of a set, and the pair for the set beside it."""
        found.setdefault(name, []).append(entry)
        if self._compared:
            found.setdefault(beside(name), []).append(pair)

    def _of(self, name: str, octets: int = 0) -> dict[str, Kind]:
        """Return the sets for the flows of one class, whose keys have so many ``octets``."""
        if not self._compared:
            return {name: Kind(octets, _VALUE, counts=True)}
        return {name: Kind(octets), beside(name): Kind(octets + self._compared)}

    def _create(self) -> None:
        requests = [new_table(self._name)]
        for name, kind in self._sets.items():
            requests.append(new_set(self._name, name, kind, self._next()))
            requests += put(self._name, name, [(key, b"") for key in self._members[name]])
        requests += [new_chain(self._name, chain) for chain in self._chains()]
        for base in self._bases:
            requests.append(new_base(self._name, base))
            requests += [nft.new_rule(self._name, rule, chain=base.name) for rule in base.rules]
        self._transact(requests)
        self._there = True

    def _forget(self) -> None:
        self._there = False
        self._number = 0
        self._names: dict[Class, str] = {}
        self._held: dict[Class, dict[bytes, bytes]] = {}
        self._guards: dict[int, set[bytes]] = {}

    def _transact(self, requests: Sequence[Request]) -> None:
        """Have the kernel do all or nothing; the socket stays, as closing it takes long."""
        if self._netlink is None:
            self._netlink = Netlink(nft.NETFILTER)
        if requests:
            nft.transact(self._netlink, requests)

    def _chains(self) -> list[str]:
        return [name(depth) for depth in self._depths for name in (_seek, _match)]

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
