"""The binding lists of all visitors, with their routes and their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agents.core.actions import Action, Record
from agents.core.deadlines import Deadlines
from agents.core.text import spelled
from agents.romip.config import MaarConfig
from agents.romip.directory import Directory
from agents.romip.forwarding import Forwarding
from agents.romip.lists import Entry, Pair, Place, Served, Stage, Visit
from agents.wire.address import Address

ENTRIES_PER_NODE = 4096
"""Correspondents that the internal list of one node may have."""

RELEASES = 4096
"""Nodes that were here, and of which is still known where they went."""

MAX_BINDACK_TIMEOUT = 32.0
"""Seconds for which a previous MAAR can repeat its answer (RFC 6275 §12)."""

_FOREVER = float("inf")


@dataclass(eq=False, slots=True)
class Release:
    """What is left of a visitor whose lists were released to the MAAR ``to``."""

    identifier: str
    to: Address
    homes: tuple[Address, ...]
    internal: dict[Address, Address]
    lost: frozenset[Pair]
    answers_until: float


class Keeper:
    """Visitors by identifier and by home address; correspondents that never move are some too."""

    def __init__(self, config: MaarConfig, directory: Directory, forwarding: Forwarding) -> None:
        self.visits: dict[str, Visit] = {}
        self.homes: dict[Address, Visit] = {}
        self._own = config.address
        self._lifetime = config.lifetime
        self._directory = directory
        self._forwarding = forwarding
        self._released: dict[str, Release] = {}
        self._went: dict[Address, Release] = {}
        self._expiries: Deadlines[Entry] = Deadlines()
        self._pointers: Deadlines[Release] = Deadlines()
        for host in sorted(config.hosts):
            self.homes[host] = Visit(spelled(host), None, Served(), assigned=host)

    @property
    def holders(self) -> Iterable[Visit]:
        """Return all that have lists: mobile nodes, then hosts."""
        hosts = [visit for visit in self.homes.values() if visit.identifier not in self.visits]
        return [*self.visits.values(), *hosts]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [at for at in (self._expiries.next(), self._pointers.next()) if at is not None]
        return min(times, default=None)

    def tick(self, now: float) -> list[Action]:
        """Delete entries that nobody has renewed, and forget who went where."""
        actions: list[Action] = []
        for entry in self._expiries.due(now):
            actions += self._remove(entry, now)
            details = {"correspondent": spelled(entry.correspondent), "maar": spelled(entry.maar)}
            node = {"node": entry.visit.identifier}
            actions.append(Record("binding_expired", {**node, **details}))
        for release in self._pointers.due(now):
            self._forget_release(release)
        return actions

    # --- the external list --------------------------------------------------------------------

    def serve(self, visit: Visit, assigned: Address, homes: Iterable[Address], now: float) -> None:
        """Enter the assigned address, and the external list that leads to it (step 4)."""
        for home in visit.homes:
            self.homes.pop(home, None)
        visit.assigned = assigned
        visit.external = {home: assigned for home in homes if home != assigned}
        for home in visit.homes:
            self.homes[home] = visit
        came_back = self._released.get(visit.identifier)
        if came_back is not None:
            self._forget_release(came_back)

    def add_home(self, visit: Visit, home: Address, now: float) -> list[Action]:
        """Enter one more home address of an attached node."""
        assert visit.assigned is not None and visit.place is not None
        visit.external[home] = visit.assigned
        self.homes[home] = visit
        return self._forwarding.attach(home, visit.place, now)

    def give_back(self, visit: Visit, home: Address, now: float) -> list[Action]:
        """Delete an entry of the external list: the last session of its home address is over."""
        del visit.external[home]
        del self.homes[home]
        details = {"node": visit.identifier, "address": spelled(home)}
        return [*self._forwarding.detach(home, now), Record("address_returned", details)]

    # --- the internal list --------------------------------------------------------------------

    def has_room(self, visit: Visit, correspondent: Address) -> bool:
        """Say whether an entry for ``correspondent`` can be made or changed."""
        return correspondent in visit.internal or len(visit.internal) < ENTRIES_PER_NODE

    def note(
        self, visit: Visit, pair: Pair, maar: Address, now: float, *, stamp: int | None = None
    ) -> list[Action]:
        """Enter where a correspondent is, as its own MAAR says (with ``stamp``) or another."""
        entry = visit.internal.get(pair.correspondent)
        if entry is None:
            entry = Entry(visit, pair.correspondent, maar)
            visit.internal[pair.correspondent] = entry
        entry.maar = maar
        entry.homes.add(pair.home)
        if stamp is not None:
            entry.stamp, entry.heard_at = stamp, now
        self.keep(entry, now, self._lifetime)
        return self._forwarding.lead(entry, now) if visit.served else []

    def keep(self, entry: Entry, now: float, lifetime: float) -> None:
        """Let an entry stand for ``lifetime`` more seconds; one for this very MAAR stays."""
        entry.until = _FOREVER if entry.maar == self._own else now + lifetime
        self._expiries.set(entry, entry.until)

    def strike(self, visit: Visit, pair: Pair, now: float) -> list[Action]:
        """Delete a session from the internal list, and the entry with its last."""
        entry = visit.internal.get(pair.correspondent)
        if entry is None:
            return []
        entry.homes.discard(pair.home)
        return [] if entry.homes else self._remove(entry, now)

    def _remove(self, entry: Entry, now: float) -> list[Action]:
        self._expiries.clear(entry)
        del entry.visit.internal[entry.correspondent]
        return self._forwarding.leave(entry, now)

    # --- coming and going ---------------------------------------------------------------------

    def open(self, visit: Visit, place: Place, now: float) -> list[Action]:
        """Forward for a visitor that has its address: inwards first, packets may be waiting."""
        actions: list[Action] = []
        for home in visit.homes:
            actions += self._forwarding.attach(home, place, now)
        for entry in visit.internal.values():
            actions += self._forwarding.lead(entry, now)
        return actions

    def close(self, visit: Visit, now: float) -> list[Action]:
        """Forward for it no longer; its lists stay."""
        actions: list[Action] = []
        for home in visit.homes:
            actions += self._forwarding.detach(home, now)
        for entry in visit.internal.values():
            actions += self._forwarding.leave(entry, now)
        return actions

    def forget(self, visit: Visit) -> None:
        """Delete the lists of a visitor that is not forwarded for."""
        for entry in visit.internal.values():
            self._expiries.clear(entry)
        for home in visit.homes:
            self.homes.pop(home, None)
        self.visits.pop(visit.identifier, None)

    def release(self, visit: Visit, to: Address, now: float) -> None:
        """Delete them so that the answer to ``to`` can be repeated, and others find it."""
        lost = (s.pair for s in visit.sessions.values() if s.stage is Stage.LOST)
        release = Release(
            visit.identifier,
            to,
            tuple(visit.homes),
            {entry.correspondent: entry.maar for entry in visit.internal.values()},
            frozenset(lost),
            now + MAX_BINDACK_TIMEOUT,
        )
        self.forget(visit)
        while len(self._released) >= RELEASES:
            self._forget_release(next(iter(self._released.values())))
        self._released[visit.identifier] = release
        for home in release.homes:
            self._went[home] = release
        self._pointers.set(release, now + max(self._lifetime, MAX_BINDACK_TIMEOUT))

    def released(self, identifier: str) -> Release | None:
        """Return what is left of a visitor, if anything."""
        return self._released.get(identifier)

    def where_went(self, home: Address) -> Address | None:
        """Return the MAAR that took over the lists of ``home``, if that is known."""
        release = self._went.get(home)
        return None if release is None else release.to

    def whereabouts(self, address: Address) -> Address | None:
        """Return the MAAR where a home address can be reached, by all that is known here."""
        if address in self.homes:
            return self._own
        known = self._forwarding.heading(address) or self.where_went(address)
        anchor = self._directory.anchor_of(address)
        return known or (anchor if anchor != self._own else None)

    def _forget_release(self, release: Release) -> None:
        self._pointers.clear(release)
        self._released.pop(release.identifier, None)
        for home in release.homes:
            if self._went.get(home) is release:
                del self._went[home]
