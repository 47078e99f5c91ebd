"""The flows in a gateway's updates, and in the answers to them (xia §4, steps 6 and 9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agents.core.actions import Action
from agents.flowbinding import gateway_records as records
from agents.flowbinding import layouts
from agents.flowbinding.alternatives import indicator
from agents.flowbinding.guests import FOREVER, Guest, Offload, Sent, Stage
from agents.flowbinding.layouts import Layout, Said
from agents.flowbinding.statuses import Outcome
from agents.wire.draft_numbers import EarlyFlowRequest
from agents.wire.flow_options import FlowSummary

FLOWS_PER_UPDATE = 10
"""So many fit in an update of 1280 octets, whatever is in their selectors."""

_PROHIBITED = {Layout.EARLY: Outcome.POLICY.early, Layout.RFC6089: Outcome.POLICY.final}


class Offers:
    """Spells what is due of a guest's flows, and reads what has become of it."""

    def __init__(self, layout: Layout, hold_down: float) -> None:
        self._layout = layout
        self._hold_down = hold_down

    def options(self, guest: Guest, quiet: bool = False) -> tuple[Any, ...]:
        """Return what the next update says of flows: all of one target, or coming back.

        A ``quiet`` one asks for none, so that its answer need not wait for any inquiry.
        """
        chosen = [] if quiet else self._choose(guest)
        guest.sent = [Sent(each, each.stage, each.target) for each in chosen]
        named = [o for o in chosen if self._layout is Layout.EARLY or o.stage is not Stage.REMOVING]
        targets = [o.target for o in chosen if o.stage is not Stage.REMOVING]
        options: list[Any] = [indicator(targets[0])] if targets else []
        options += [self._option(each) for each in named]
        return (*options, *self._summary(guest, named))

    def answered(self, guest: Guest, options: Iterable[Any], now: float) -> list[Action]:
        """Take the results in an acknowledgement; what has changed since then is asked again."""
        said = layouts.read(options)
        actions: list[Action] = []
        sent, guest.sent = guest.sent, []
        for each in sent:
            offload = each.offload
            if guest.offloads.get(offload.selector) is not offload:
                continue
            if (offload.stage, offload.target) != (each.stage, each.target):
                offload.known = True  # whatever it was, the anchor has heard of it
                continue
            actions += self._result(guest, offload, self._answer(offload, said), now)
        self._forgotten(guest, said)
        return actions

    def _choose(self, guest: Guest) -> list[Offload]:
        due = [offload for offload in guest.offloads.values() if offload.due]
        asking = [o for o in due if o.stage is Stage.ASKING]
        renewing = [o for o in due if o.stage is Stage.RENEWING]
        first = next(iter(asking or renewing), None)
        chosen = [o for o in due if o.stage is Stage.REMOVING]
        if first is not None:
            chosen += [o for o in (*asking, *renewing) if o.target == first.target]
        return chosen[:FLOWS_PER_UPDATE]

    def _option(self, offload: Offload) -> Any:
        request = {
            Stage.REMOVING: EarlyFlowRequest.REMOVE,
            Stage.RENEWING: EarlyFlowRequest.REFRESH,
        }.get(offload.stage, EarlyFlowRequest.REPLACE if offload.known else EarlyFlowRequest.ADD)
        return layouts.identification(
            self._layout, offload.selector, offload.priority, offload.number, request
        )

    def _summary(self, guest: Guest, named: list[Offload]) -> tuple[FlowSummary, ...]:
        """The flows that are to stay without being spelled again (RFC 6089 §4.2.2)."""
        if self._layout is not Layout.RFC6089:
            return ()
        numbers = [o.number for o in guest.offloads.values() if _is_kept(o) and o not in named]
        return (FlowSummary(tuple(numbers)),) if numbers else ()

    def _answer(self, offload: Offload, said: list[Said]) -> Said | None:
        if self._layout is Layout.EARLY:
            return next((each for each in said if each.selector == offload.selector), None)
        return next((each for each in said if each.identifier == offload.number), None)

    def _result(
        self, guest: Guest, offload: Offload, answer: Said | None, now: float
    ) -> list[Action]:
        if offload.stage is Stage.REMOVING:
            del guest.offloads[offload.selector]
            return []
        status = Outcome.LIMIT.early if answer is None else answer.status
        if offload.foreign:
            del guest.offloads[offload.selector]
            return [records.denied(guest, offload, status)] if status else []
        if status:
            offload.stage, offload.known = Stage.DENIED, False
            prohibited = status == _PROHIBITED[self._layout]
            offload.until = FOREVER if prohibited else now + self._hold_down
            return [records.denied(guest, offload, status)]
        new = offload.stage is Stage.ASKING
        offload.stage, offload.known = Stage.BOUND, True
        return [records.granted(guest, offload)] if new else []

    def _forgotten(self, guest: Guest, said: list[Said]) -> None:
        """Ask again for flows that the anchor does not know any more (RFC 6089 §5.3.2)."""
        missing = {each.identifier for each in said if each.status == Outcome.NOT_FOUND.final}
        for offload in guest.offloads.values():
            kept = offload.stage in (Stage.BOUND, Stage.RENEWING)
            if self._layout is Layout.RFC6089 and kept and offload.number in missing:
                offload.stage, offload.known = Stage.ASKING, False


def _is_kept(offload: Offload) -> bool:
    """Say whether a flow is bound, at its target or still at an earlier one, and is to stay so."""
    asked_anew = offload.stage is Stage.ASKING and offload.known
    return asked_anew or offload.stage in (Stage.BOUND, Stage.RENEWING)
