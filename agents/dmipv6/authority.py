"""Who may bind which DHoA at a home proxy, and for which flows (draft-liu §4.5, §5.1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.core.actions import Action, Record
from agents.core.text import spelled
from agents.dmipv6.config import ProxyConfig
from agents.dmipv6.leases import Lease, Leases, flows_of
from agents.mipv6.authority import Terms
from agents.mipv6.binding_cache import Binding
from agents.mipv6.registrar import Registrar
from agents.mipv6.update import Update
from agents.wire.numbers import Status


class LeaseAuthority:
    """Admits updates for the DHoAs that were given out, and keeps the mapping table up to date."""

    def __init__(self, config: ProxyConfig, leases: Leases) -> None:
        self._config = config
        self._leases = leases
        self._registrar: Registrar | None = None

    def oversee(self, registrar: Registrar) -> None:
        """Let ``registrar``, whose authority this is, forget what it knows of ended leases."""
        self._registrar = registrar

    def admit(self, update: Update, binding: Binding | None) -> Terms | Status:
        """Accept who was given the DHoA, and later who has confirmed it.

        Without a key, the first update must come from where the DHoA was asked for.
        """
        if not self._config.pool.contains(update.home_address):
            return Status.NOT_HOME_SUBNET
        lease = self._leases.get(update.home_address)
        if lease is None:
            return Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE
        if not self._entitled(lease, update):
            return Status.ADMINISTRATIVELY_PROHIBITED
        return Terms(self._config.max_lifetime)

    def may_delete(self, update: Update, binding: Binding) -> bool:
        """Say whether the mobile node that has the DHoA asks."""
        lease = self._leases.get(update.home_address)
        return lease is not None and self._entitled(lease, update)

    def retains(self, update: Update, binding: Binding) -> bool:
        """Say whether only flows are to be removed: those that the update names."""
        return bool(flows_of(update.message.options))

    def bound(self, binding: Binding, update: Update, previous: Binding | None) -> Sequence[Action]:
        """Enter into the mapping table where the mobile node is, and which flows it has bound."""
        lease = self._leases.get(binding.home_address)
        assert lease is not None
        flows = flows_of(update.message.options)
        if update.message.lifetime:
            self._leases.confirm(lease, binding.care_of)
            lease.identifier = lease.identifier or update.identifier
            lease.use(flows)
        else:
            lease.flows -= flows
        return []

    def released(self, binding: Binding, now: float) -> Sequence[Action]:
        """End the lease with the binding."""
        lease = self._leases.get(binding.home_address)
        return [] if lease is None else self.end(lease)

    def end(self, lease: Lease) -> list[Action]:
        """Take a DHoA back; it is never given out again."""
        self._leases.remove(lease)
        if self._registrar is not None:
            self._registrar.forget(lease.address)
        details = {
            "node": lease.identifier or spelled(lease.address),
            "address": spelled(lease.address),
            "care_of": spelled(lease.care_of),
        }
        return [Record("address_released", details)]

    def options(self, update: Update, status: Status) -> Sequence[Any]:
        """Add nothing: the confirmation is an acknowledgement of RFC 6275 (§4.5)."""
        return ()

    def _entitled(self, lease: Lease, update: Update) -> bool:
        if not lease.confirmed and self._config.authentication is None:
            return update.event.source == update.care_of == lease.care_of
        return lease.identifier in (None, update.identifier)
