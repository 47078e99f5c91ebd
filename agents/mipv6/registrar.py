"""Home registrations: Binding Updates in, bindings, tunnels and acknowledgements out.

A home agent and a home proxy differ in who may have which home address (see ``Authority``); what
RFC 6275 §10.3 asks of them is the same and is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.core.actions import AcceptTunnels, Action, AddRoute, Delivery, RemoveRoute
from agents.core.deadlines import Deadlines, earliest
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.security import SecurityAssociation
from agents.core.tunnels import Tunnels
from agents.mipv6 import records
from agents.mipv6.acknowledgement import Acknowledger
from agents.mipv6.authentication import Authenticator
from agents.mipv6.authority import Authority, Inquiry, Terms
from agents.mipv6.binding_cache import Binding, is_newer
from agents.mipv6.freshness import Freshness
from agents.mipv6.reachability import is_routable
from agents.mipv6.update import Update, read_update
from agents.wire.address import Address, Prefix
from agents.wire.numbers import LIFETIME_UNIT, BindingUpdateFlag, Status

REFUSALS_PER_SECOND, REFUSALS_AT_ONCE = 50, 100
"""How many refusals are sent to those who have not proved who they are."""

_PROXY = int(BindingUpdateFlag.PROXY)
_HOST_LENGTH = 128
_NO_LINGERING = 0.0  # a care-of address that is bound no longer may not send (RFC 6275 §10.4.5)


@dataclass(frozen=True, slots=True)
class RegistrarConfig:
    """``address`` takes registrations and is the end of their tunnels; ``others`` do so as well.

    ``refresh_advice`` in seconds (RFC 6275 §6.2.4), None to give none.
    """

    address: Address
    authentication: SecurityAssociation | None = None
    refresh_advice: float | None = None
    others: tuple[Address, ...] = ()


class Registrar:
    """Keeps the bindings of the home addresses that its authority serves."""

    def __init__(self, config: RegistrarConfig, authority: Authority) -> None:
        self._config = config
        self._authority = authority
        self._authenticator = Authenticator(config.authentication)
        self._acknowledger = Acknowledger(self._authenticator, config.refresh_advice)
        self._freshness = Freshness(timestamps=config.authentication is not None)
        self._refusals = TokenBucket(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE)
        self._bindings: dict[Address, Binding] = {}
        self._tunnels = {
            local: Tunnels(local, _NO_LINGERING) for local in (config.address, *config.others)
        }
        self._expiry: Deadlines[Address] = Deadlines()
        self._waiting: dict[Address, Update] = {}

    def start(self) -> list[Action]:
        """Let tunnels end here, each for what its mobile node sends from its home address."""
        return [AcceptTunnels(local, Delivery.ROUTED, reverse_path=True) for local in self._tunnels]

    def binding_of(self, home_address: Address) -> Binding | None:
        """Return the binding of ``home_address``, if it stands."""
        return self._bindings.get(home_address)

    def receive(self, event: MessageReceived, now: float) -> list[Action]:
        """Process a Binding Update with H; its sender alone can be refused (RFC 6275 §10.3)."""
        update = read_update(event, now)
        unusable = self._unusable(update)
        if unusable:
            return [records.dropped(update, unusable)]
        if update.message.flags & _PROXY:
            return self._refuse(update, Status.PROXY_REG_NOT_ENABLED)
        if not self._authenticator.verify(event, update.care_of, update.home_address):
            return self._refuse(update, Status.MIPV6_AUTH_FAIL)
        status = self._freshness.judge(update)
        if status is not None:
            return self._refuse(update, status)
        if update.deletes:
            return self._deregister(update)
        return self._decide(update)

    def resume(self, home_address: Address, now: float) -> list[Action]:
        """Ask the authority again about the update for ``home_address`` that waits, if any."""
        update = self._waiting.pop(home_address, None)
        return [] if update is None else self._decide(update, now)

    def provide(
        self, home_address: Address, care_of: Address, now: float, lifetime: float
    ) -> list[Action]:
        """Bind ``home_address`` for ``lifetime`` seconds without an update, which will follow.

        For an authority that gives out home addresses to who asks from ``care_of``. An update of
        any sequence number may replace the binding.
        """
        ends_at = now + lifetime
        binding = Binding(home_address, care_of, self._config.address, 0, now, ends_at)
        previous = self.binding_of(home_address)
        self._bindings[binding.home_address] = binding
        self._expiry.set(home_address, ends_at)
        return self._route(binding, previous)

    def revoke(self, home_address: Address, now: float, why: str) -> list[Action]:
        """Delete the binding of ``home_address``, if there is one, without asking its node."""
        binding = self.binding_of(home_address)
        return [] if binding is None else self._remove(binding, now, why)

    def forget(self, home_address: Address) -> None:
        """Begin anew with the sequence numbers of ``home_address``: another node may get it."""
        self._waiting.pop(home_address, None)
        self._freshness.forget(home_address)

    def tick(self, now: float) -> list[Action]:
        """Delete the bindings that have expired, and the tunnels that nothing needs."""
        actions: list[Action] = []
        for home_address in self._expiry.due(now):
            actions += self.revoke(home_address, now, "expired")
        for tunnels in self._tunnels.values():
            actions += tunnels.tick(now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ends = (self._expiry.next(), *(tunnels.deadline() for tunnels in self._tunnels.values()))
        return earliest(ends)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache as rows of printable values."""
        return [records.row(binding, now) for binding in self._bindings.values()]

    def _unusable(self, update: Update) -> str:
        """RFC 6275 §6.1.7, §9.5.1: what must be discarded without an answer, and why."""
        if update.event.destination not in self._tunnels:
            return "update for another address"
        if not is_routable(update.home_address) or not is_routable(update.event.source):
            return "home address that is not unicast routable"
        if not is_routable(update.care_of):
            return "care-of address that is not unicast routable"
        if not update.deletes and self._is_circular(update):
            return "care-of address that leads back to the home address"
        return ""

    def _is_circular(self, update: Update) -> bool:
        at, seen = update.care_of, {update.home_address}
        while (binding := self.binding_of(at)) is not None:
            at = binding.care_of
            if at in seen:
                return True
            seen.add(at)
        return False

    def _decide(self, update: Update, now: float | None = None) -> list[Action]:
        """RFC 6275 §10.3.1."""
        held = self._waiting.get(update.home_address)
        if held is not None and not is_newer(update.message.sequence, held.message.sequence):
            return [records.dropped(update, "update older than the one that waits")]
        if update.care_of in self._tunnels:
            return self._refuse(update, Status.INVALID_CARE_OF_ADDRESS)
        verdict = self._authority.admit(update, self.binding_of(update.home_address))
        if isinstance(verdict, Inquiry):
            self._waiting[update.home_address] = update
            return list(verdict.actions)
        self._waiting.pop(update.home_address, None)
        if isinstance(verdict, Status):
            return self._refuse(update, verdict)
        return self._register(update, verdict, update.at if now is None else now)

    def _register(self, update: Update, terms: Terms, now: float) -> list[Action]:
        """Route, then acknowledge: the first packet may follow at once."""
        units = min(update.message.lifetime, int(terms.max_lifetime) // LIFETIME_UNIT)
        binding = Binding(
            home_address=update.home_address,
            care_of=update.care_of,
            local=update.event.destination,
            sequence=update.message.sequence,
            registered_at=now,
            expires_at=now + units * LIFETIME_UNIT,
            identifier=update.identifier or terms.node,
        )
        return [*self._enter(binding, update), *self._acknowledge(update, binding, units)]

    def _enter(self, binding: Binding, update: Update) -> list[Action]:
        previous = self.binding_of(binding.home_address)
        self._freshness.accept(update)
        self._bindings[binding.home_address] = binding
        self._expiry.set(binding.home_address, binding.expires_at)
        routing = self._route(binding, previous)
        return [*routing, *self._authority.bound(binding, update, previous)]

    def _route(self, binding: Binding, previous: Binding | None) -> list[Action]:
        if previous is None:
            return self._open(binding)
        if previous.local != binding.local:
            return [*self._close(previous, binding.registered_at), *self._open(binding)]
        if previous.care_of == binding.care_of:
            return []
        actions = self._open(binding)
        self._tunnels[previous.local].release(previous.care_of, binding.registered_at)
        return actions

    def _open(self, binding: Binding) -> list[Action]:
        actions = self._tunnels[binding.local].hold(binding.care_of)
        host = Prefix(binding.home_address, _HOST_LENGTH)
        return [*actions, AddRoute(host, tunnel=binding.care_of)]

    def _close(self, binding: Binding, now: float) -> list[Action]:
        """Take the tunnel down at once: the next may lead to the same care-of address."""
        tunnels = self._tunnels[binding.local]
        tunnels.release(binding.care_of, now)
        return [RemoveRoute(Prefix(binding.home_address, _HOST_LENGTH)), *tunnels.tick(now)]

    def _deregister(self, update: Update) -> list[Action]:
        """RFC 6275 §10.3.2."""
        self._waiting.pop(update.home_address, None)
        binding = self.binding_of(update.home_address)
        if binding is None:
            return self._refuse(update, Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)
        if not self._authority.may_delete(update, binding):
            return self._refuse(update, Status.ADMINISTRATIVELY_PROHIBITED)
        if update.message.lifetime == 0 and self._authority.retains(update, binding):
            kept = replace(binding, sequence=update.message.sequence)
            return [*self._enter(kept, update), *self._acknowledge(update, kept, 0)]
        self._freshness.accept(update)
        actions = self._remove(binding, update.at, "de-registered")
        options = self._authority.options(update, Status.ACCEPTED)
        return [*actions, self._acknowledger.accepted(update, 0, options)]

    def _remove(self, binding: Binding, now: float, why: str) -> list[Action]:
        del self._bindings[binding.home_address]
        self._expiry.clear(binding.home_address)
        return [
            *self._close(binding, now),
            *self._authority.released(binding, now),
            records.deleted(binding, why),
        ]

    def _acknowledge(self, update: Update, binding: Binding, units: int) -> list[Action]:
        options = self._authority.options(update, Status.ACCEPTED)
        reply = self._acknowledger.accepted(update, units, options)
        return [reply, records.accepted(binding, units)]

    def _refuse(self, update: Update, status: Status) -> list[Action]:
        proved = self._authenticator.enabled and status is not Status.MIPV6_AUTH_FAIL
        if not proved and not self._refusals.take(update.at):
            return [records.dropped(update, "too many updates to refuse")]
        sequence = update.message.sequence
        last = self._freshness.last(update.home_address)
        if status is Status.SEQUENCE_NUMBER_OUT_OF_WINDOW and last is not None:
            sequence = last.sequence
        options = self._authority.options(update, status)
        reply = self._acknowledger.refused(update, status, sequence, options)
        binding = self.binding_of(update.home_address)
        return [reply, records.refused(update, status, binding)]
