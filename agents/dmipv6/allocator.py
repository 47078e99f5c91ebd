"""Giving out DHoAs to the mobile nodes that ask for them (draft-liu §4.4, §5.1.5, §6)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.dmipv6.allocation import SECRET_SIZE, AddressGenerator
from agents.dmipv6.authority import LeaseAuthority
from agents.dmipv6.config import ProxyConfig
from agents.dmipv6.leases import Lease, Leases
from agents.dmipv6.limits import RequestLimits
from agents.mipv6.reachability import is_routable
from agents.mipv6.registrar import Registrar
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.dmipv6_messages import DhoaResponse

REFUSALS_PER_SECOND, REFUSALS_AT_ONCE = 50, 100
"""How many refusals are sent; requests beyond them get no answer."""


class Allocator:
    """Answers DHoA requests; what it gives out is provisional until it is bound.

    Without a key a DHoA is tunnelled at once to who asked for it, with one only once bound.
    """

    def __init__(
        self,
        config: ProxyConfig,
        leases: Leases,
        registrar: Registrar,
        authority: LeaseAuthority,
        random: Random,
    ) -> None:
        self._config = config
        self._leases = leases
        self._registrar = registrar
        self._authority = authority
        self._generator = AddressGenerator(config.pool, random.randbytes(SECRET_SIZE))
        self._limits = RequestLimits(config.request_limit, config.total_request_limit)
        self._refusals = TokenBucket(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE)
        self.deadline = leases.deadline

    def requested(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a DHoA request, and answer it with an address or with none."""
        source = event.source
        if event.destination != self._config.address or not is_routable(source):
            return [Drop("request that cannot be answered", {"source": spelled(source)})]
        why = self._limits.exceeded(source, now)
        given = self._leases.provisional(source)
        if given is not None and not why:
            return [self._respond(given.address, source)]  # the response was lost
        why = why or self._obstacle(source)
        return self._refuse(source, why, now) if why else self._give(source, now)

    def tick(self, now: float) -> list[Action]:
        """Take back what nobody has bound in time."""
        return [
            action for lease in self._leases.expired(now) for action in self._authority.end(lease)
        ]

    def _obstacle(self, source: Address) -> str:
        if self._config.pool.contains(source):
            return "care-of address of the pool"
        if self._leases.held_by(source) >= self._config.requests_per_mobile:
            return "too many addresses of one mobile node"
        if len(self._leases) >= self._config.capacity:
            return "no address left"
        return ""

    def _give(self, source: Address, now: float) -> list[Action]:
        lifetime = self._config.provisional_lifetime
        address = self._generator.generate(source, self._is_taken)
        self._leases.add(Lease(address, source), now + lifetime)
        actions: list[Action] = []
        if self._config.authentication is None:
            actions = self._registrar.provide(address, source, now, lifetime)
        details = {
            "node": spelled(address),
            "address": spelled(address),
            "care_of": spelled(source),
        }
        return [*actions, self._respond(address, source), Record("address_allocated", details)]

    def _is_taken(self, address: Address) -> bool:
        ours = (self._config.address, self._config.anycast)
        return address in ours or self._leases.get(address) is not None

    def _refuse(self, source: Address, why: str, now: float) -> list[Action]:
        details = {"node": spelled(source), "care_of": spelled(source), "why": why}
        if not self._refusals.take(now):
            return [Drop("too many requests to refuse", {"source": spelled(source), "why": why})]
        return [self._respond(UNSPECIFIED, source), Record("request_refused", details)]

    def _respond(self, address: Address, to: Address) -> SendMessage:
        return SendMessage(DhoaResponse(address), self._config.address, to)
