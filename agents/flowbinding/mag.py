"""The mobile access gateway of flow binding: it starts every offload (xia §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.events import Event, FlowsMetered, MessageReceived, Started
from agents.flowbinding import gateway_records as records
from agents.flowbinding.admission import Admission
from agents.flowbinding.carriers import REQUESTS
from agents.flowbinding.config import FlowSettings, read_first_interfaces, read_rates
from agents.flowbinding.gateway_registration import FlowRegistration
from agents.flowbinding.listener import Listener
from agents.flowbinding.shedding import Shedder
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.mag import MobileAccessGateway
from agents.pmipv6.profile import VisitorProfile
from agents.pmipv6.service import Service


class FlowGateway:
    """A gateway of PMIPv6 that has flows of its nodes go to their other interfaces."""

    def __init__(
        self,
        config: GatewayConfig,
        settings: FlowSettings,
        rates: Mapping[str, float | None],
        random: Random,
    ) -> None:
        self._address = config.address
        self._rates = rates
        service = Service(config)
        admission = Admission(rates, settings.policy, settings.congestion)
        self._registration = FlowRegistration(config, settings, service, admission.fits, random)
        self._gateway = MobileAccessGateway(config, service, self._registration)
        self._listener = Listener(
            config, self._registration, admission, settings.congestion.hold_down
        )
        self._shedder = Shedder(settings, self._registration, admission, config.visitors)
        self.deadline = self._gateway.deadline

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> FlowGateway:
        """Return a gateway without visitors; ConfigurationError names the key at fault."""
        base, settings = GatewayConfig.read(config), FlowSettings.read(config)
        if settings.shared_address:
            base = replace(base, visitors=_sharing(base, read_first_interfaces(config)))
        return cls(base, settings, read_rates(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived() if self._is_request(event):
                return self._listener.received(event, now)
            case FlowsMetered():
                return self._shedder.metered(event, now)
            case Started():
                return [*self._gateway.handle(event, now), *self._shedder.meters(self._rates)]
            case _:
                return self._gateway.handle(event, now)

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due of registrations and flows."""
        return self._gateway.tick(now)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Update List and the flows that are to go elsewhere, as rows."""
        rows: list[Mapping[str, Any]] = [*self._gateway.bindings(now)]
        for guest in self._registration.guests():
            rows += [records.row(guest, offload) for offload in guest.offloads.values()]
        return rows

    def _is_request(self, event: MessageReceived) -> bool:
        return type(event.message) in REQUESTS and event.destination == self._address


def _sharing(config: GatewayConfig, first: Mapping[str, bytes]) -> dict[bytes, VisitorProfile]:
    """Return the profiles of interfaces that share the addresses of their node's first (xia §7)."""
    return {
        octets: replace(profile, shared=first[profile.identifier])
        for octets, profile in config.visitors.items()
    }
