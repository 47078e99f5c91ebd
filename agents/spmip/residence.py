"""Nodes that attach in SD-PMIP are served at once: no anchor is asked (§3.3.1, step 1)."""

from __future__ import annotations

from collections.abc import Mapping

from agents.core.actions import Action, Drop, Record
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.pmipv6.binding_update_list import BindingUpdateList, Registered, Visit
from agents.pmipv6.service import Service
from agents.wire.address import Address, Prefix

_NEVER = float("inf")


class Residence:
    """Takes the place of a registration: a node's profile brings its prefixes (RFC 5213 §6.2).

    ``homes`` maps each link-layer address to the prefixes of that interface, which no other has:
    without an anchor, it is the policy store that sees to this.
    """

    def __init__(
        self, address: Address, homes: Mapping[bytes, tuple[Prefix, ...]], service: Service
    ) -> None:
        self.visits = BindingUpdateList()
        self.barred: set[str] = set()
        self._address = address
        self._homes = homes
        self._service = service
        self._deadlines: Deadlines[Visit] = Deadlines()
        self.deadline = self._deadlines.next

    def start(self, visit: Visit, now: float) -> list[Action]:
        """Serve a node that has attached."""
        node = {"node": visit.profile.identifier}
        prefixes = self._homes.get(visit.profile.link_layer, ())
        if not prefixes:
            return [Drop("interface without a prefix", node)]
        if visit.served:
            return []
        actions = self._service.give(visit, prefixes, now)
        self._enter(visit, now)
        texts = [spelled(prefix) for prefix in prefixes]
        details = {**node, "prefixes": texts, "care_of": spelled(self._address)}
        return [*actions, Record("binding_accepted", details)]

    def release(self, visit: Visit, now: float) -> list[Action]:
        """Serve a node that has left no more."""
        actions = self._service.take(visit, now)
        self.forget(visit)
        return [*actions, Record("binding_released", {"node": visit.profile.identifier})]

    def forget(self, visit: Visit) -> None:
        """Delete the entry."""
        self._deadlines.clear(visit)
        self.visits.remove(visit)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement: nothing was asked."""
        return [Drop("acknowledgement of no request", {"source": spelled(event.source)})]

    def tick(self, now: float) -> list[Action]:
        """Advertise again what is due."""
        actions: list[Action] = []
        for visit in self._deadlines.due(now):
            self._enter(visit, now)
            actions.append(self._service.advertise(visit))
        return actions

    def _enter(self, visit: Visit, now: float) -> None:
        advertise_at = now + self._service.interval
        self.visits.enter(visit, Registered(_NEVER, _NEVER, advertise_at))
        if advertise_at < _NEVER:
            self._deadlines.set(visit, advertise_at)
