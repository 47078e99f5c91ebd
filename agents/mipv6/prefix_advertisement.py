"""The prefix of the home link, told to mobile nodes that are away (RFC 6275 §10.6)."""

from __future__ import annotations

from collections.abc import Callable

from agents.core.actions import Action, Drop, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.mipv6.binding_cache import Binding
from agents.wire.address import Address
from agents.wire.icmpv6_messages import MobilePrefixAdvertisement, MobilePrefixSolicitation
from agents.wire.ndisc import PrefixInformation

MIN_INTERVAL = 1.0
"""Least seconds between two advertisements to one mobile node (RFC 6275 §6.8)."""


class PrefixAdvertiser:
    """Answers Mobile Prefix Solicitations of the nodes that have a binding."""

    def __init__(
        self, prefix: PrefixInformation, binding_of: Callable[[Address], Binding | None]
    ) -> None:
        self._prefix = prefix
        self._binding_of = binding_of
        self._advertised_at: dict[Address, float] = {}

    def solicited(self, event: MessageReceived, now: float) -> list[Action]:
        """Answer where the solicitation was sent from, and by that to the home address (§10.6.2).

        One that comes or goes elsewhere than the binding says is not the mobile node's.
        """
        message: MobilePrefixSolicitation = event.message
        home_address = event.home_address or event.source
        binding = self._binding_of(home_address)
        details = {"home_address": spelled(home_address), "source": spelled(event.source)}
        ends = (event.source, event.destination)
        if binding is None or (binding.care_of, binding.local) != ends:
            return [Drop("prefix solicitation without a binding", details)]
        if now - self._advertised_at.get(home_address, -MIN_INTERVAL) < MIN_INTERVAL:
            return [Drop("prefix solicitation too soon", details)]
        self._advertised_at[home_address] = now
        advertisement = MobilePrefixAdvertisement(message.identifier, 0, (self._prefix,))
        return [SendMessage(advertisement, event.destination, event.source, route_to=home_address)]
