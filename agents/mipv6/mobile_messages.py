"""Which part of a mobile node a message is for (RFC 6275 §11.2)."""

from __future__ import annotations

from agents.core.actions import Action, Drop
from agents.core.events import HomeAddressUnknown, MessageReceived
from agents.core.text import spelled
from agents.mipv6.binding_error import ErrorReporter
from agents.mipv6.correspondent import Correspondent
from agents.mipv6.home_keeper import HomeKeeper
from agents.mipv6.home_update import home_of
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.movement import Movement
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    MobilePrefixAdvertisement,
    ParameterProblem,
)
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
    MobilityMessage,
)
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from agents.wire.numbers import BindingErrorStatus

_NEIGHBOR_DISCOVERY = (
    RouterAdvertisement,
    RouterSolicitation,
    NeighborSolicitation,
    NeighborAdvertisement,
)


class MobileMessages:
    """Hands each message to the part that it is for, and drops what is for none."""

    def __init__(
        self,
        config: MobileConfig,
        keeper: HomeKeeper,
        movement: Movement,
        correspondent: Correspondent,
    ) -> None:
        self._optimizes = config.route_optimization
        self._keeper = keeper
        self._peers = keeper.optimizer.answers
        self._movement = movement
        self._correspondent = correspondent
        self._errors = ErrorReporter()

    def unknown_binding(self, event: HomeAddressUnknown, now: float) -> list[Action]:
        """Tell who sends from a home address that this node, as a correspondent, knows not."""
        return self._errors.unknown_binding(event, now)

    def received(self, event: MessageReceived, now: float) -> list[Action]:
        """Return what the part that ``event`` is for does about it."""
        message = event.message
        if isinstance(message, _NEIGHBOR_DISCOVERY):
            return self._movement.heard(event, now)
        if isinstance(message, MobilityMessage):
            return self._mobility(event, now)
        match message:
            case ParameterProblem():
                return self._peers.problem(event, now)
            case HomeAgentAddressDiscoveryReply():
                return self._keeper.agents_found(event, now)
            case MobilePrefixAdvertisement():
                return self._keeper.prefixes.advertised(event, now)
        return [_dropped("unexpected message", event)]

    def _mobility(self, event: MessageReceived, now: float) -> list[Action]:
        match event.message:
            case BindingAcknowledgement():
                return self._acknowledged(event, now)
            case HomeTest():
                return self._peers.home_tested(event, now)
            case CareOfTest():
                return self._peers.care_of_tested(event, now)
            case BindingRefreshRequest():
                return self._refresh_asked(event, now)
            case BindingError():
                return self._error(event, now)
            case HomeTestInit() | CareOfTestInit() | BindingUpdate() if self._optimizes:
                return self._correspondent.receive(event, now)
        return self._errors.unknown_type(event, now)

    def _acknowledged(self, event: MessageReceived, now: float) -> list[Action]:
        home = self._keeper.registration.homes.get(home_of(event))
        if home is not None and home.agent == event.source:
            return self._keeper.registration.acknowledged(home, event, now)
        return self._peers.acknowledged(event, now)

    def _refresh_asked(self, event: MessageReceived, now: float) -> list[Action]:
        home = self._keeper.home(event.routed_to or event.destination)
        if home is not None and home.agent == event.source:
            return self._keeper.refresh_asked(home, now)
        return self._peers.refresh_asked(event, now)

    def _error(self, event: MessageReceived, now: float) -> list[Action]:
        status = event.message.status
        if status == BindingErrorStatus.UNKNOWN_BINDING_FOR_HOME_ADDRESS_OPTION:
            return self._peers.binding_unknown(event, now)
        if status == BindingErrorStatus.UNRECOGNIZED_MH_TYPE:
            return self._peers.not_understood(event, now)
        return [_dropped("binding error of unknown status", event)]


def _dropped(reason: str, event: MessageReceived) -> Drop:
    details = {"message": type(event.message).__name__, "source": spelled(event.source)}
    return Drop(reason, details)
