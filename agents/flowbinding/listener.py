"""What a gateway does on word from an anchor (xia §4, steps 5, 7 and 8)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.flowbinding import gateway_records as records
from agents.flowbinding import layouts, selectors
from agents.flowbinding.admission import Admission
from agents.flowbinding.alternatives import indicated
from agents.flowbinding.carriers import Answer, acknowledgement, wants_answer
from agents.flowbinding.freshness import Freshness, stamp_of
from agents.flowbinding.gateway_registration import FlowRegistration
from agents.flowbinding.guests import Guest, Offload, Stage
from agents.flowbinding.layouts import Said
from agents.flowbinding.statuses import Outcome
from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.binding_update_list import Registering
from agents.pmipv6.config import GatewayConfig
from agents.wire.options import (
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobilityMessageReplayProtection,
)


class Listener:
    """Takes the requests of those anchors that the gateway's nodes have, each once."""

    def __init__(
        self,
        config: GatewayConfig,
        registration: FlowRegistration,
        admission: Admission,
        hold_down: float,
    ) -> None:
        self._address = config.address
        self._anchors = frozenset(profile.anchor for profile in config.visitors.values())
        self._authenticator = Authenticator(config.authentication)
        self._registration = registration
        self._admission = admission
        self._hold_down = hold_down
        self._freshness = Freshness()

    def received(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a request; one that may be forged or played again changes nothing."""
        options = event.message.options
        stamp = stamp_of(options)
        details = {"source": spelled(event.source), "sequence": event.message.sequence}
        if event.source not in self._anchors:
            return [Drop("notification from elsewhere", details)]
        if not self._authenticator.verify(event, self._address):
            return [Drop("notification not authentic", details)]
        if stamp is None or not self._freshness.is_recent(stamp, now):
            return [Drop("notification out of its time", details)]
        guest = self._guest(event)
        if guest is None and self._is_coming(event):
            return [Drop("notification ahead of its registration", details)]  # it is repeated
        if guest is None:
            return self._answer(event, Answer.NOT_ATTACHED)
        if not self._freshness.is_new(event.source, stamp, now):
            return [Drop("notification seen before", details)]
        return self._act(event, guest, stamp, now)

    def _act(self, event: MessageReceived, guest: Guest, stamp: int, now: float) -> list[Action]:
        said = layouts.read(event.message.options)
        if not said:
            actions = self._answer(event, Answer.ACCEPTED)
            if self._freshness.is_latest(guest.visit.profile.link_layer, stamp):
                others = indicated(event.message.options)
                actions += self._registration.alternatives(guest, others, now)
            return actions
        if any(each.removes or each.status for each in said):
            actions = self._answer(event, Answer.ACCEPTED)
            for each in said:
                actions += self._withdrawn(guest, each, now)
            return actions
        return self._inquired(event, guest, said, now)

    def _withdrawn(self, guest: Guest, said: Said, now: float) -> list[Action]:
        """The anchor has brought a flow back: because it ended, or the target was congested."""
        known = guest.offloads.values()
        offload = next((each for each in known if _is_about(said, each)), None)
        if offload is None:
            return []
        if offload.rule is None:
            return self._registration.dismiss(guest, now) if guest.is_out else []
        if _is_final(said):
            del guest.offloads[offload.selector]
            return [records.withdrawn(guest, offload, "ended")]
        offload.stage, offload.until, offload.known = Stage.HELD, now + self._hold_down, False
        held = [records.withdrawn(guest, offload, "congestion")]
        return [*held, *self._registration.say(guest, now)]

    def _inquired(
        self, event: MessageReceived, guest: Guest, said: list[Said], now: float
    ) -> list[Action]:
        answer = Answer.ACCEPTED
        for each in said:
            if answer is Answer.ACCEPTED:
                answer = self._admission.admits(guest, each.selector, now)
        names = [selectors.text(each.selector) for each in said if each.selector is not None]
        details = {"node": guest.identifier, "flow": ", ".join(names), "status": answer.signaling}
        return [*self._answer(event, answer), Record("inquiry_answered", details)]

    def _guest(self, event: MessageReceived) -> Guest | None:
        """Return the interface that a request is about: of this node, with one of the prefixes."""
        prefixes = {o.prefix for o in event.message.options if type(o) is HomeNetworkPrefix}
        name = _name(event)
        for guest in self._registration.guests():
            visit = guest.visit
            mine = guest.identifier == name and visit.profile.anchor == event.source
            if mine and not prefixes.isdisjoint(visit.served):
                return guest
        return None

    def _is_coming(self, event: MessageReceived) -> bool:
        """Say whether the answer to a registration of this node is under way."""
        name = _name(event)
        return any(
            visit.profile.identifier == name and isinstance(visit.state, Registering)
            for visit in self._registration.visits
        )

    def _answer(self, event: MessageReceived, answer: Answer) -> list[Action]:
        if not wants_answer(event.message):
            return []
        kinds = (MobileNodeIdentifier, MobilityMessageReplayProtection)
        echoed = tuple(o for o in event.message.options if type(o) in kinds)
        message = acknowledgement(event.message, answer, echoed)
        signed = self._authenticator.sign(message, self._address)
        return [SendMessage(signed, self._address, event.source)]


def _name(event: MessageReceived) -> str | None:
    """Return whom a request is about; None where that is not one."""
    found = [o for o in event.message.options if type(o) is MobileNodeIdentifier]
    return found[0].identifier.decode(errors="replace") if len(found) == 1 else None


def _is_final(said: Said) -> bool:
    """Say whether a flow has come to its end, so that nothing speaks against it."""
    return said.status == (Outcome.NOT_FOUND.final if said.identifier else 0)


def _is_about(said: Said, offload: Offload) -> bool:
    if said.identifier:
        return said.identifier == offload.number
    return said.selector == offload.selector
