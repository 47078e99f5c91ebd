"""Registration with flows: what a gateway's updates say of them, and when it sends one."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action
from agents.core.deadlines import Deadlines, earliest
from agents.core.events import MessageReceived
from agents.flowbinding import gateway_records as records
from agents.flowbinding.alternatives import Alternative
from agents.flowbinding.config import FlowSettings
from agents.flowbinding.guests import FOREVER, Guest, Stage
from agents.flowbinding.offers import Offers
from agents.flowbinding.planner import Fits, Planner
from agents.pmipv6.answer import read_answer
from agents.pmipv6.binding_update_list import (
    SERVED,
    Refreshing,
    Registered,
    Registering,
    Visit,
)
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.registration import Registration
from agents.pmipv6.service import Service
from agents.wire.address import Prefix
from agents.wire.numbers import HandoffIndication

HURRY = 10.0
"""Seconds before the end of a binding from which on an update is repeated without flows."""

_NOT_CHANGED = int(HandoffIndication.HANDOFF_STATE_NOT_CHANGED)


class FlowRegistration(Registration):
    """The registrations of a gateway, each with the flows that are to go elsewhere."""

    def __init__(
        self,
        config: GatewayConfig,
        settings: FlowSettings,
        service: Service,
        fits: Fits,
        random: Random,
    ) -> None:
        super().__init__(config, service, random)
        hold_down = settings.congestion.hold_down
        self.planner = Planner(settings.policy, config.address, hold_down, fits)
        self._offers = Offers(settings.layout, hold_down)
        self._lifetime = settings.out_of_service_lifetime
        self._guests: dict[Visit, Guest] = {}
        self._looks: Deadlines[Visit] = Deadlines()
        self._hurried: set[Visit] = set()
        base = self.deadline
        self.deadline = lambda: earliest((base(), self._looks.next()))

    # --- what others ask ---

    def guests(self) -> Iterator[Guest]:
        """Return the interfaces that are served here, or were and are out of service."""
        return iter([self.guest(visit) for visit in self.visits if visit.served])

    def guest(self, visit: Visit) -> Guest:
        """Return the flows of ``visit``."""
        return self._guests.setdefault(visit, Guest(visit))

    def alternatives(
        self, guest: Guest, others: tuple[Alternative, ...], now: float
    ) -> list[Action]:
        """Take note of where else a node is; what was refused may be asked for again.

        The anchor may have started anew, if this is no news: it is told of all flows once more.
        """
        changed = guest.alternatives != others
        guest.alternatives = others
        for offload in list(guest.offloads.values()):
            if offload.stage is Stage.DENIED:
                del guest.offloads[offload.selector]
        _reaffirm(guest)
        return [*([records.alternatives(guest)] if changed else []), *self.replan(guest, now)]

    def replan(self, guest: Guest, now: float) -> list[Action]:
        """Bring what is asked for in step with what is wanted, and say so if it has changed."""
        if guest.is_out and not guest.alternatives:
            return self._leave(guest, now)
        return self.planner.plan(guest, now) + self.say(guest, now)

    def say(self, guest: Guest, now: float) -> list[Action]:
        """Send an update if there is anything to say of flows."""
        visit = guest.visit
        self._look(guest)
        if not isinstance(visit.state, SERVED) or not _news(guest):
            return []
        return super()._refresh(visit, visit.state, now, _NOT_CHANGED)

    def dismiss(self, guest: Guest, now: float) -> list[Action]:
        """Forget an interface that was out of service here and is served elsewhere now."""
        actions = self._service.take(guest.visit, now)
        self.forget(guest.visit)
        return actions

    # --- how it differs from registration without flows ---

    def tick(self, now: float) -> list[Action]:
        """Do what has become due, of flows too."""
        actions = super().tick(now)
        for visit in self._looks.due(now):
            guest = self.guest(visit)
            if guest.out_until is not None and guest.out_until <= now:
                actions += self._leave(guest, now)
            else:
                actions += self.replan(guest, now)
        return actions

    def further_options(self, visit: Visit, units: int) -> tuple[Any, ...]:
        """Return what is due of the flows of ``visit``; nothing where it is de-registered."""
        guest = self._guests.get(visit)
        quiet = visit in self._hurried
        return () if guest is None or units == 0 else self._offers.options(guest, quiet)

    def start(self, visit: Visit, now: float) -> list[Action]:
        """Register a node that has attached: here again, if it was out of service."""
        guest = self._guests.get(visit)
        actions: list[Action] = []
        if guest is not None and guest.is_out:
            guest.out_until = None
            whole = [o for o in guest.offloads.values() if o.rule is None]
            for offload in whole:  # the anchor knows that it ends with this registration
                del guest.offloads[offload.selector]
            actions = [records.service("in_service", guest), *self.planner.plan(guest, now)]
        return actions + super().start(visit, now)

    def release(self, visit: Visit, now: float) -> list[Action]:
        """Have flows go elsewhere if they can, else de-register (xia §5)."""
        guest = self.guest(visit)
        if not (isinstance(visit.state, SERVED) and guest.alternatives and self._lifetime):
            return self._leave(guest, now)
        guest.out_until = now + self._lifetime
        for offload in guest.offloads.values():
            if offload.cause == "congestion":  # what has moved already need not move again
                offload.cause, offload.until = "out of service", FOREVER
        return [records.service("out_of_service", guest), *self.replan(guest, now)]

    def forget(self, visit: Visit) -> None:
        """Delete the entry."""
        super().forget(visit)
        self._drop(visit)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement, and the results of flows in one that accepts an update."""
        answer = read_answer(event.message)
        visit = self.visits.awaiting(answer.identifier or "", answer.sequence)
        actions = super().answered(event, now)
        if visit is None or not isinstance(visit.state, Registered):
            return actions
        guest = self.guest(visit)
        actions += self._offers.answered(guest, event.message.options, now)
        return actions + (self._refused_leaving(guest, now) or self.say(guest, now))

    def _refresh(
        self, visit: Visit, state: Registered | Refreshing, now: float, handoff: int
    ) -> list[Action]:
        _reaffirm(self.guest(visit))
        return super()._refresh(visit, state, now, handoff)

    def _retransmit(
        self, visit: Visit, state: Registering | Refreshing, now: float
    ) -> list[Action]:
        """The binding must not end while the anchor asks others about flows of the update."""
        if isinstance(state, Refreshing) and state.expires_at - now <= HURRY:
            self._hurried.add(visit)
        actions = super()._retransmit(visit, state, now)
        self._hurried.discard(visit)
        return actions

    def _register(self, visit: Visit, now: float, prefixes: tuple[Prefix, ...]) -> list[Action]:
        guest = self._guests.get(visit)
        if guest is not None and guest.is_out:
            return self.dismiss(guest, now)
        self._drop(visit)
        return super()._register(visit, now, prefixes)

    def _refuse(
        self, visit: Visit, status: int, now: float, retry_at: float | None = None
    ) -> list[Action]:
        guest = self._guests.get(visit)
        if guest is not None and guest.is_out:
            return self.dismiss(guest, now)
        self._drop(visit)
        return super()._refuse(visit, status, now, retry_at)

    # --- how it works ---

    def _refused_leaving(self, guest: Guest, now: float) -> list[Action]:
        """All that an interface out of service had stays: then nothing holds it."""
        whole = [o for o in guest.offloads.values() if o.rule is None and o.stage is Stage.DENIED]
        return self._leave(guest, now) if guest.is_out and whole else []

    def _leave(self, guest: Guest, now: float) -> list[Action]:
        self._drop(guest.visit)
        return super().release(guest.visit, now)

    def _drop(self, visit: Visit) -> None:
        self._guests.pop(visit, None)
        self._looks.clear(visit)

    def _look(self, guest: Guest) -> None:
        at = guest.deadline
        if at is None:
            self._looks.clear(guest.visit)
        else:
            self._looks.set(guest.visit, at)


def _news(guest: Guest) -> bool:
    """Say whether something is due that the update under way has not said."""
    said = {(id(s.offload), s.stage, s.target) for s in guest.sent}
    pending = isinstance(guest.visit.state, Refreshing)
    return any(
        offload.due and not (pending and (id(offload), offload.stage, offload.target) in said)
        for offload in guest.offloads.values()
    )


def _reaffirm(guest: Guest) -> None:
    for offload in guest.offloads.values():
        if offload.stage is Stage.BOUND:
            offload.stage = Stage.RENEWING
