"""Whose home addresses a home agent serves, and what it does for them on the home link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.core.actions import Action
from agents.mipv6.authority import Inquiry, Terms
from agents.mipv6.binding_cache import Binding
from agents.mipv6.home_agent_config import HomeAgentConfig
from agents.mipv6.home_link import HomeLink, Standing
from agents.mipv6.update import Update
from agents.wire.address import Address
from agents.wire.numbers import BindingUpdateFlag, Status

_LINK_LOCAL = int(BindingUpdateFlag.LINK_LOCAL)
_LINK_LOCAL_PREFIX = bytes.fromhex("fe80000000000000")


class HomeAddresses:
    """The authority of a home agent (see ``Authority``): the mobile nodes it was told of."""

    def __init__(self, config: HomeAgentConfig, link: HomeLink | None) -> None:
        self._config = config
        self._link = link
        self._max_lifetime = min(config.max_lifetime, config.advertising.valid_lifetime)
        self._defended: dict[Address, tuple[Address, ...]] = {}

    def admit(self, update: Update, binding: Binding | None) -> Terms | Inquiry | Status:
        """RFC 6275 §10.3.1: the home subnet, the mobile node, and nobody else at its address."""
        if not self._config.home_prefix.contains(update.home_address):
            return Status.NOT_HOME_SUBNET
        identifier = self._config.mobiles.get(update.home_address)
        if identifier is None or update.identifier not in (None, identifier):
            return Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE
        if update.care_of in self._config.mobiles:
            return Status.INVALID_CARE_OF_ADDRESS
        if binding is not None or self._link is None or self._config.detection == "off":
            return Terms(self._max_lifetime, identifier)
        return self._detect(update, self._link)

    def may_delete(self, update: Update, binding: Binding) -> bool:
        """Say whether the mobile node whose home address it is asks, as far as it says."""
        return update.identifier in (None, self._config.mobiles.get(update.home_address))

    def retains(self, update: Update, binding: Binding) -> bool:
        """Return False: a mobile node has its home address altogether or not."""
        return False

    def bound(self, binding: Binding, update: Update, previous: Binding | None) -> Sequence[Action]:
        """Defend the addresses of a node that is away."""
        if self._link is None or previous is not None:
            return []
        actions: list[Action] = []
        self._defended[binding.home_address] = _addresses(update)
        for address in _addresses(update):
            actions += self._link.defend(address)
            if self._config.detection == "optimistic":
                actions += self._link.probe(address, binding.registered_at)
        return actions

    def released(self, binding: Binding, now: float) -> Sequence[Action]:
        """Leave the addresses to their owner."""
        actions: list[Action] = []
        for address in self._defended.pop(binding.home_address, ()):
            assert self._link is not None
            actions += self._link.leave(address)
            if self._link.standing(address) is not Standing.DUPLICATE:
                self._link.forget(address)
        return actions

    def options(self, update: Update, status: Status) -> Sequence[Any]:
        """Return no options."""
        return ()

    def owner_of(self, address: Address) -> Address:
        """Return the home address that ``address`` of the home link goes with."""
        return Address(self._config.home_prefix.network[:8] + address[8:])

    def _detect(self, update: Update, link: HomeLink) -> Terms | Inquiry | Status:
        """Duplicate Address Detection, on a link where another may have the address."""
        addresses = _addresses(update)
        standings = [link.standing(address) for address in addresses]
        if Standing.DUPLICATE in standings:
            for address in addresses:
                link.forget(address)
            return Status.DUPLICATE_ADDRESS_DETECTION_FAILED
        if self._config.detection == "optimistic" or set(standings) == {Standing.UNIQUE}:
            return Terms(self._max_lifetime, self._config.mobiles[update.home_address])
        probes: list[Action] = []
        for address, standing in zip(addresses, standings, strict=True):
            if standing is None:
                probes += link.probe(address, update.at)
        return Inquiry(probes)


def _addresses(update: Update) -> tuple[Address, ...]:
    """Return the home address and, with L, the link-local one of the same interface."""
    home_address = update.home_address
    if not update.message.flags & _LINK_LOCAL:
        return (home_address,)
    return home_address, Address(_LINK_LOCAL_PREFIX + home_address[8:])
