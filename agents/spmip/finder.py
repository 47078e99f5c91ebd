"""How a gateway finds the gateway of a mobile node: it asks, keeps packets, then tunnels.

draft-jikim-dmm-pmip §3.2.3, the same for S-PMIP, which asks an anchor, and for SD-PMIP, which
asks all gateways.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import (
    Action,
    AddRoute,
    AddTunnel,
    Divert,
    Drop,
    Forward,
    Record,
    RemoveRoute,
)
from agents.core.deadlines import earliest
from agents.core.events import MessageReceived, PacketArrived
from agents.core.text import spelled
from agents.pmipv6.authentication import Authenticator
from agents.spmip.buffers import Buffers
from agents.spmip.config import MULTICAST, FinderConfig
from agents.spmip.inquiries import Inquiries, Inquiry
from agents.spmip.locations import (
    ROUTED,
    Absent,
    Confirming,
    Located,
    Locations,
    Querying,
)
from agents.spmip.losses import Losses
from agents.spmip.messages import Reply, read_reply
from agents.spmip.presence import Presence
from agents.wire.address import Address, Prefix

_ADDRESS_BITS = 128
_SITE_OCTETS = 8  # of an address: what all addresses of one sender have in common


class Finder:
    """Takes the packets to home addresses that this gateway has no route for."""

    def __init__(self, config: FinderConfig, presence: Presence, random: Random) -> None:
        self._config = config
        self._presence = presence
        self._authenticator = Authenticator(config.authentication)
        self._inquiries = Inquiries(config, random, self._given_up)
        self._locations = Locations(config.bounds)
        self._buffers = Buffers(config.bounds.buffer_per_address, config.bounds.buffer_total)
        self._losses = Losses()

    def started(self) -> list[Action]:
        """Take packets from and send them to all gateways of the domain, and divert the rest."""
        tunnels = [AddTunnel(self._config.address, mag) for mag in sorted(self._config.mags)]
        return [*tunnels, *[Divert(pool) for pool in self._config.pools]]

    def packet(self, event: PacketArrived, now: float) -> list[Action]:
        """Keep a packet and ask where it has to go, if that is not known."""
        address = event.destination
        state = self._locations.of(address)
        if isinstance(state, ROUTED) or self._presence.covering(address):
            return [Forward(event.packet)]  # it was on its way here when the route was made
        if isinstance(state, Absent):
            return self._losses.lose("destination absent", address, now)
        if state is not None:
            return self._keep(event, now)
        respondent = self._config.respondent(address)
        if respondent is None:
            return self._losses.lose("not a home address", address, now)
        sender = event.source[:_SITE_OCTETS]
        if self._inquiries.full(sender):
            return self._losses.lose("too many queries", address, now)
        self._locations.enter(address, Querying())
        return self._keep(event, now) + self._inquiries.ask(address, respondent, now, sender)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Proxy Query Acknowledgement, if it answers a query (§3.2.3, steps 1 and 2)."""
        reply = read_reply(event.message)
        details = {"source": spelled(event.source), "sequence": reply.sequence}
        if not self._authenticator.verify(event, self._config.address):
            return [Drop("query answer not authentic", details)]
        inquiry = self._inquiries.of(reply.sequence)
        if inquiry is None or reply.address != inquiry.address:
            return [Drop("answer to no query", details)]
        if not self._entitled(event.source, reply, inquiry):
            return [Drop("query answer from elsewhere", details)]
        if reply.failed:
            return self._refused(inquiry, reply, now)
        if reply.care_of == self._config.address:
            return self._not_elsewhere(inquiry.address, now)
        if reply.care_of not in self._config.mags or not reply.lifetime:
            return [Drop("query answer without a gateway", details)]
        return self._located(inquiry, reply.care_of, reply, now)

    def moved(self, prefix: Prefix, now: float) -> list[Action]:
        """Ask again about addresses in ``prefix``: what was known of them is outdated.

        Routes stay until the answer comes: the gateway at their end passes packets on.
        """
        actions: list[Action] = []
        for address in self._locations.within(prefix):
            state = self._locations.of(address)
            if isinstance(state, Absent):
                self._locations.forget(address)
                continue
            if isinstance(state, Located):
                self._locations.enter(address, Confirming(state.care_of, state.expires_at))
            respondent = self._config.respondent(address)
            if respondent is not None:
                actions += self._inquiries.ask(address, respondent, now)
        return actions

    def attached(self, prefix: Prefix) -> list[Action]:
        """Deliver what was kept for a node that has come, and forget where else it was."""
        actions: list[Action] = []
        for address in self._locations.within(prefix):
            actions += self._forget(address)
            actions += [Forward(packet) for packet in self._buffers.take(address)]
        return actions

    def tick(self, now: float) -> list[Action]:
        """Repeat queries and let what is known expire."""
        actions = self._inquiries.tick(now)
        for address in self._locations.expired(now):
            actions += self._expired(address)
        return [*actions, *self._losses.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._inquiries, self._locations, self._losses)
        return earliest(part.deadline() for part in parts)

    def rows(self, now: float) -> list[Mapping[str, Any]]:
        """Return what is known of addresses as rows of printable values."""
        return [
            {
                "address": spelled(address),
                "state": type(state).__name__.lower(),
                "care_of": spelled(state.care_of) if isinstance(state, ROUTED) else "",
                "remaining": None
                if isinstance(state, Querying)
                else round(state.expires_at - now, 3),
            }
            for address, state in self._locations
        ]

    def _keep(self, event: PacketArrived, now: float) -> list[Action]:
        loser = self._buffers.add(event.destination, event.packet)
        return [] if loser is None else self._losses.lose("buffer full", loser, now)

    def _entitled(self, source: Address, reply: Reply, inquiry: Inquiry) -> bool:
        """Say whether ``source`` may answer: the anchor that was asked, or the gateway itself.

        That one gateway of a group does not serve a node says nothing of the others.
        """
        if inquiry.respondent[0] != MULTICAST:
            return source == inquiry.respondent
        return source in self._config.mags and source == reply.care_of and not reply.failed

    def _located(
        self, inquiry: Inquiry, care_of: Address, reply: Reply, now: float
    ) -> list[Action]:
        """Tunnel to the node's gateway: first what was kept, in order, then the rest (§3.2.3)."""
        address = inquiry.address
        state = self._locations.of(address)
        actions: list[Action] = []
        if not isinstance(state, ROUTED) or state.care_of != care_of:
            actions.append(AddRoute(Prefix(address, _ADDRESS_BITS), tunnel=care_of))
        actions += [Forward(packet) for packet in self._buffers.take(address)]
        settled = self._inquiries.settles(reply.sequence)
        if settled:
            self._inquiries.withdraw(address)
        inquiry.refused = None
        kind = Located if settled else Confirming
        evicted = self._locations.enter(address, kind(care_of, now + reply.lifetime))
        if evicted is not None:
            actions += self._forget(evicted)
        return [*actions, _answered(address, reply)]

    def _not_elsewhere(self, address: Address, now: float) -> list[Action]:
        """The node is believed to be here: it has just left, or its registration is under way.

        Packets are kept, and queries repeated, until it is served here or registered elsewhere.
        """
        if isinstance(self._locations.of(address), Confirming):
            return self._forget(address)
        return []

    def _refused(self, inquiry: Inquiry, reply: Reply, now: float) -> list[Action]:
        """Believe it, but where a notification has crossed it only with a second one."""
        answered = _answered(inquiry.address, reply)
        confirmed = inquiry.refused not in (None, reply.sequence)
        if confirmed or self._inquiries.settles(reply.sequence):
            return [answered, *self._lost(inquiry.address, now)]
        inquiry.refused = reply.sequence
        return [answered]

    def _given_up(self, address: Address, now: float) -> list[Action]:
        given_up = Record("query_given_up", {"address": spelled(address)})
        state = self._locations.of(address)
        if isinstance(state, Confirming):
            self._locations.enter(address, Located(state.care_of, state.expires_at))
            return [given_up]
        return [given_up, *self._lost(address, now)]

    def _lost(self, address: Address, now: float) -> list[Action]:
        """Nobody serves the node: drop what was kept, and for a while what follows."""
        actions = self._unroute(address)
        kept = self._buffers.take(address)
        actions += self._losses.lose("destination not found", address, now, len(kept))
        evicted = self._locations.enter(address, Absent(now + self._config.negative_cache))
        if evicted is not None:
            self._locations.forget(evicted)
        return actions

    def _expired(self, address: Address) -> list[Action]:
        """What follows is diverted again, and kept while it is asked anew: nothing is lost."""
        if isinstance(self._locations.of(address), Confirming):
            self._locations.enter(address, Querying())
            return [RemoveRoute(Prefix(address, _ADDRESS_BITS))]
        return self._forget(address)

    def _forget(self, address: Address) -> list[Action]:
        actions = self._unroute(address)
        self._locations.forget(address)
        return actions

    def _unroute(self, address: Address) -> list[Action]:
        """Take back what serves ``address``: its route, and the query for where it is."""
        self._inquiries.withdraw(address)
        if isinstance(self._locations.of(address), ROUTED):
            return [RemoveRoute(Prefix(address, _ADDRESS_BITS))]
        return []


def _answered(address: Address, reply: Reply) -> Record:
    details = {
        "address": spelled(address),
        "sequence": reply.sequence,
        "status": reply.status,
        "care_of": spelled(reply.care_of) if reply.care_of else "",
        "lifetime": reply.lifetime,
    }
    return Record("query_answered", details)
