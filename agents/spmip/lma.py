"""The local mobility anchor of S-PMIP (draft-jikim-dmm-pmip §3.2.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, AddRoute, RemoveRoute
from agents.core.deadlines import earliest
from agents.core.events import Event, MessageReceived
from agents.pmipv6.binding_cache import Registered
from agents.pmipv6.config import AnchorConfig
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.spmip.config import RespondentConfig, read_respondent
from agents.spmip.messages import is_query
from agents.spmip.respondent import Absence, Respondent, Whereabouts
from agents.wire.address import Address
from agents.wire.numbers import LIFETIME_UNIT
from agents.wire.signaling_messages import UpdateNotificationAcknowledgement


class SignalDrivenAnchor:
    """An anchor of PMIPv6 that also says where its mobile nodes are.

    It goes on tunnelling what is routed to it: packets of senders that are behind no gateway.
    """

    def __init__(self, config: RespondentConfig, anchor: LocalMobilityAnchor) -> None:
        self._config = config
        self._anchor = anchor
        self._respondent = Respondent(config, self._look_up, sole=True)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> SignalDrivenAnchor:
        """Return an anchor without bindings; ConfigurationError names the key at fault."""
        base = AnchorConfig.read(config)
        anchor = LocalMobilityAnchor(base, random)
        return cls(read_respondent(config, base.authentication), anchor)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        if isinstance(event, MessageReceived) and event.destination == self._config.address:
            if is_query(event.message, self._config.flags):
                return self._respondent.asked(event, now)
            if type(event.message) is UpdateNotificationAcknowledgement:
                return self._respondent.acknowledged(event)
        return self._followed(self._anchor.handle(event, now), now)

    def tick(self, now: float) -> Sequence[Action]:
        """End bindings that are due and repeat notifications."""
        return [*self._followed(self._anchor.tick(now), now), *self._respondent.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        parts = (self._anchor.deadline(), self._respondent.deadline())
        return earliest(parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache as rows of printable values."""
        return self._anchor.bindings(now)

    def _followed(self, actions: Sequence[Action], now: float) -> list[Action]:
        """Let those know who have asked: where the anchor's routes lead has changed."""
        followed = list(actions)
        for action in actions:
            if type(action) is AddRoute:
                followed += self._respondent.arrived(action.prefix, now)
            elif type(action) is RemoveRoute:
                followed += self._respondent.left(action.prefix, now)
        return followed

    def _look_up(self, address: Address, now: float) -> Whereabouts | Absence:
        """Steps 2 and 3; a node that is between two gateways has an answer soon."""
        binding = self._anchor.binding_of(address)
        if binding is None:
            return Absence.UNKNOWN
        if not isinstance(binding.state, Registered):
            return Absence.MOVING
        units = max(1, int(binding.state.expires_at - now) // LIFETIME_UNIT)
        return Whereabouts(binding.care_of, units, binding.identifier)
