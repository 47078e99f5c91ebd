"""What a correspondent does for route optimization (RFC 6275 §9).

It is a part that a node of its own holds, or a mobile node for those that are mobile like it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, SendMessage
from agents.core.deadlines import Deadlines, earliest
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6 import records
from agents.mipv6.acknowledgement import reply_to
from agents.mipv6.binding_cache import Binding, BindingCache, is_newer
from agents.mipv6.nonces import MAX_NONCE_LIFETIME, Nonces
from agents.mipv6.proof import Proof, prove, registered_address
from agents.mipv6.reachability import is_routable
from agents.mipv6.update import Update, read_update
from agents.wire import return_routability
from agents.wire.address import Address
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)
from agents.wire.numbers import LIFETIME_UNIT, Status

MAX_RR_BINDING_LIFETIME = 420.0
"""Seconds for which a proof of return routability holds at most (RFC 6275 §12)."""

REFUSALS_PER_SECOND, REFUSALS_AT_ONCE = 50, 100
"""How many refusals are sent to those who have not proved who they are."""

_REFRESH_SHARE, _LONGEST_NOTICE = 0.1, 10.0

Pair = tuple[Address, Address]
Steer = Callable[[Address, Address, Address | None], Sequence[Action]]
"""From this node's address, a home address and its care-of address, None where there is none any
more, to the actions that send data there (``Optimize``, ``StopOptimizing``)."""


@dataclass(frozen=True, slots=True)
class CorrespondentConfig:
    """``nonce_interval`` in seconds; ``binding_limit`` bounds how many mobile nodes are known."""

    nonce_interval: float = 30.0
    binding_limit: int = 1024


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The last sequence number of a binding that is gone (RFC 6275 §5.2.8)."""

    sequence: int


class Correspondent:
    """Answers tests of return routability and keeps the bindings that they prove.

    ``serves`` says which addresses of this node mobile nodes may bind with, ``steer`` makes the
    actions that a binding comes to. Until a Binding Update is proved nothing is remembered.
    """

    def __init__(
        self,
        config: CorrespondentConfig,
        random: Random,
        serves: Callable[[Address], bool],
        steer: Steer,
    ) -> None:
        self._limit = config.binding_limit
        self._nonces = Nonces(config.nonce_interval, random)
        self._serves = serves
        self._steer = steer
        self._cache = BindingCache()
        self._remembered: dict[Pair, _Remembered] = {}
        self._ends: Deadlines[Pair] = Deadlines()
        self._notices: Deadlines[Pair] = Deadlines()
        self._refusals = TokenBucket(REFUSALS_PER_SECOND, REFUSALS_AT_ONCE)

    def binding_of(self, home_address: Address, local: Address) -> Binding | None:
        """Return the binding of ``home_address`` with this node's address ``local``, if any."""
        return self._cache.get(home_address, local)

    def receive(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Home Test Init, a Care-of Test Init or a Binding Update."""
        local = event.routed_to or event.destination
        if not self._serves(local):
            details = {"source": spelled(event.source), "destination": spelled(local)}
            return [Drop("not an address to optimize routes to", details)]
        match event.message:
            case HomeTestInit(cookie):
                return self._test(event, now, HomeTest, cookie)
            case CareOfTestInit(cookie):
                return self._test(event, now, CareOfTest, cookie)
            case BindingUpdate():
                return self._update(read_update(event, now))
        return [Drop("unexpected message", {"message": type(event.message).__name__})]

    def forget_all(self, local: Address, now: float) -> list[Action]:
        """Delete the bindings with ``local``, an address that this node gives up."""
        actions: list[Action] = []
        for binding in self._cache:
            if binding.local == local:
                actions += self._delete(binding, now, "address given up")
        return actions

    def tick(self, now: float) -> list[Action]:
        """Ask for refreshes that are due, and delete what has expired."""
        actions: list[Action] = []
        for home_address, local in self._notices.due(now):
            actions.append(SendMessage(BindingRefreshRequest(), local, home_address))
        for pair in self._ends.due(now):
            binding = self._cache.get(*pair)
            if binding is None:
                del self._remembered[pair]
            else:
                actions += self._delete(binding, now, "expired")
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ends = (self._ends.next(), self._notices.next())
        return earliest(ends)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache as rows of printable values."""
        return [records.row(binding, now) for binding in self._cache]

    def _test(
        self,
        event: MessageReceived,
        now: float,
        answer: type[HomeTest] | type[CareOfTest],
        cookie: bytes,
    ) -> list[Action]:
        """RFC 6275 §9.4.1 to §9.4.4: the answer holds all that must be known later."""
        if event.home_address is not None or not is_routable(event.source):
            return [Drop("test init from no address to test", {"source": spelled(event.source)})]
        index, secret = self._nonces.current(now)
        token = secret.home_token if answer is HomeTest else secret.care_of_token
        message = answer(index, cookie, token(event.source))
        return [SendMessage(message, event.destination, event.source)]

    def _update(self, update: Update) -> list[Action]:
        """RFC 6275 §9.5.1."""
        if not all(map(is_routable, (update.home_address, update.care_of, update.event.source))):
            return [records.dropped(update, "address that is not unicast routable")]
        if update.home_registration:
            return self._refuse(update, Status.HOME_REGISTRATION_NOT_SUPPORTED)
        proof = prove(update, self._nonces)
        if isinstance(proof, str):
            return [records.dropped(update, proof)]
        if isinstance(proof, Status):
            return self._refuse(update, proof)
        last = self._last_sequence(update)
        if last is not None and not is_newer(update.message.sequence, last):
            return self._refuse(update, Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, proof, last)
        if update.deletes:
            return self._end(update, proof)
        return self._bind(update, proof)

    def _last_sequence(self, update: Update) -> int | None:
        pair = (update.home_address, update.local)
        known = self._cache.get(*pair) or self._remembered.get(pair)
        return None if known is None else known.sequence

    def _bind(self, update: Update, proof: Proof) -> list[Action]:
        """RFC 6275 §9.5.2."""
        pair = (update.home_address, update.local)
        known = self._cache.get(*pair) or self._remembered.get(pair)
        if known is None and len(self._cache) + len(self._remembered) >= self._limit:
            return self._refuse(update, Status.INSUFFICIENT_RESOURCES, proof)
        if self._serves(update.care_of):
            return self._refuse(update, Status.INVALID_CARE_OF_ADDRESS, proof)
        units = min(update.message.lifetime, int(MAX_RR_BINDING_LIFETIME) // LIFETIME_UNIT)
        binding = self._binding(update, units * LIFETIME_UNIT)
        self._remembered.pop(pair, None)
        self._cache.add(binding)
        self._schedule(pair, binding)
        steering = self._steer(update.local, update.home_address, update.care_of)
        reply = self._acknowledge(update, units, proof)
        return [*steering, *reply, records.accepted(binding, units)]

    def _binding(self, update: Update, lifetime: float) -> Binding:
        return Binding(
            home_address=update.home_address,
            care_of=update.care_of,
            local=update.local,
            sequence=update.message.sequence,
            registered_at=update.at,
            expires_at=update.at + lifetime,
            identifier=update.identifier,
        )

    def _schedule(self, pair: Pair, binding: Binding) -> None:
        """RFC 6275 §9.5.5: ask once for a refresh, shortly before the end."""
        lifetime = binding.expires_at - binding.registered_at
        notice = min(_REFRESH_SHARE * lifetime, _LONGEST_NOTICE)
        self._notices.set(pair, binding.expires_at - notice)
        self._ends.set(pair, binding.expires_at)

    def _end(self, update: Update, proof: Proof) -> list[Action]:
        """RFC 6275 §9.5.3: what is not there is deleted all the same."""
        binding = self._cache.get(update.home_address, update.local)
        actions: list[Action] = []
        if binding is not None:
            actions = self._delete(binding, update.at, "deleted", update.message.sequence)
        return [*actions, *self._acknowledge(update, 0, proof)]

    def _delete(
        self, binding: Binding, now: float, why: str, sequence: int | None = None
    ) -> list[Action]:
        """Delete, but remember the number for as long as old proofs hold (RFC 6275 §5.2.8)."""
        pair = (binding.home_address, binding.local)
        self._cache.remove(binding)
        self._notices.clear(pair)
        self._remembered[pair] = _Remembered(binding.sequence if sequence is None else sequence)
        self._ends.set(pair, now + MAX_NONCE_LIFETIME)
        steering = self._steer(binding.local, binding.home_address, None)
        return [*steering, records.deleted(binding, why)]

    def _acknowledge(self, update: Update, units: int, proof: Proof) -> list[Action]:
        if not update.acknowledge:
            return []
        return [self._reply(update, Status.ACCEPTED, update.message.sequence, units, proof)]

    def _refuse(
        self,
        update: Update,
        status: Status,
        proof: Proof | None = None,
        last_sequence: int | None = None,
    ) -> list[Action]:
        if proof is None and not self._refusals.take(update.at):
            return [records.dropped(update, "too many updates to refuse")]
        sequence = update.message.sequence if last_sequence is None else last_sequence
        binding = self._cache.get(update.home_address, update.local)
        reply = self._reply(update, status, sequence, 0, proof)
        return [reply, records.refused(update, status, binding)]

    def _reply(
        self, update: Update, status: Status, sequence: int, units: int, proof: Proof | None
    ) -> SendMessage:
        """RFC 6275 §9.5.4; without a key there is nothing to authorize it with."""
        message = BindingAcknowledgement(int(status), 0, sequence, units)
        if proof is not None:
            message = return_routability.authorize(
                message, proof.key, registered_address(update), update.local
            )
        return reply_to(update, message)
