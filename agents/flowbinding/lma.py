"""The local mobility anchor of flow binding, the judge of where flows go (xia §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.deadlines import earliest
from agents.core.events import Event, FlowIdle, FlowStrayed, MessageReceived
from agents.flowbinding import anchor_records as records
from agents.flowbinding.binder import Binder
from agents.flowbinding.carriers import ACKNOWLEDGEMENTS
from agents.flowbinding.config import FlowSettings, Link, read_capacities
from agents.flowbinding.desk import Desk
from agents.flowbinding.flow_table import FlowTable
from agents.flowbinding.judge import Judge
from agents.flowbinding.notices import Notices
from agents.flowbinding.redirector import Redirector
from agents.flowbinding.requests import Requests
from agents.flowbinding.sharing import SharingAnchor
from agents.flowbinding.steering import Steering
from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.config import AnchorConfig
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.pmipv6.request import Request
from agents.wire.address import Address
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import HandoffIndication

_NOT_CHANGED = int(HandoffIndication.HANDOFF_STATE_NOT_CHANGED)


class FlowAnchor:
    """An anchor of PMIPv6 that sends single flows to other interfaces than their prefixes."""

    def __init__(
        self,
        config: AnchorConfig,
        settings: FlowSettings,
        capacities: Mapping[Link, float],
        anchor: LocalMobilityAnchor,
        random: Random,
    ) -> None:
        self._config = config
        self._anchor = anchor
        self._table = table = FlowTable()
        authenticator = Authenticator(config.authentication)
        self._requests = Requests(config.address, settings.carrier, authenticator, random)
        self._notices = Notices(self._requests, table, settings.layout)
        self._steering = Steering(config.address)
        self._binder = Binder(table, self._steering, self._notices, anchor.home)
        self._redirector = Redirector(config.address, table, self._steering)
        judge = Judge(settings, capacities, table)
        self._desk = Desk(
            table, judge, self._binder, self._requests, settings.layout, anchor.sessions, self._send
        )
        self._known: dict[Binding, Address] = {}
        anchor.accept, anchor.leave = self._accept, self._leave

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> FlowAnchor:
        """Return an anchor without bindings; ConfigurationError names the key at fault."""
        base, settings = AnchorConfig.read(config), FlowSettings.read(config)
        kind = SharingAnchor if settings.shared_address else LocalMobilityAnchor
        anchor = kind(base, random)
        return cls(base, settings, read_capacities(config), anchor, random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived() if type(event.message) in ACKNOWLEDGEMENTS:
                return self._requests.acknowledged(event, now)
            case FlowStrayed():
                return self._redirector.strayed(event, now)
            case FlowIdle(selector):
                return self._binder.idle(selector, now)
            case _:
                return self._anchor.handle(event, now)

    def tick(self, now: float) -> Sequence[Action]:
        """End what is over and repeat what was not answered."""
        actions = [*self._anchor.tick(now), *self._requests.tick(now)]
        return [*actions, *self._binder.tick(now), *self._steering.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._anchor, self._requests, self._binder, self._steering)
        return earliest(part.deadline() for part in parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache and the flows that go elsewhere, as rows."""
        return [*self._anchor.bindings(now), *map(records.row, self._table)]

    def _accept(
        self, request: Request, binding: Binding, reply: BindingAcknowledgement
    ) -> list[Action]:
        """An interface is registered, or goes on to be: its flows, its reply, then the others."""
        before, now = self._known.get(binding), request.at
        self._known[binding] = binding.care_of
        actions: list[Action] = []
        if before != binding.care_of or request.handoff != _NOT_CHANGED:
            previous = None if before == binding.care_of else before
            actions += self._binder.arrived(binding, previous, now)
            self._notices.renew(binding)
        sessions = self._anchor.sessions(binding.identifier)
        actions += self._steering.reach(sessions)
        actions += self._desk.accept(request, binding, reply)
        return actions + self._notices.sync(sessions, now)

    def _leave(self, binding: Binding, now: float) -> list[Action]:
        """An interface is registered no longer."""
        self._known.pop(binding, None)
        self._notices.forget(binding)
        actions = self._binder.left(binding, now) + self._desk.left(binding, now)
        sessions = self._anchor.sessions(binding.identifier)
        if not sessions:
            self._redirector.forget(binding.identifier)
        actions += self._steering.reach(sessions, gone=binding)
        return actions + self._notices.sync(sessions, now)

    def _send(self, request: Request, reply: BindingAcknowledgement) -> list[Action]:
        return [self._anchor.reply(request.event, reply)]
