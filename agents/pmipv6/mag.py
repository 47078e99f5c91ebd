"""The mobile access gateway (RFC 5213 §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any, Protocol

from agents.core.actions import AcceptTunnels, Action, Delivery, Drop, Record
from agents.core.events import (
    Command,
    Event,
    LinkDown,
    LinkUp,
    MessageReceived,
    PacketArrived,
    Started,
)
from agents.core.link_layer import sender_link_layer
from agents.core.text import link_layer_text, spelled
from agents.pmipv6.binding_update_list import (
    BindingUpdateList,
    Refused,
    Registering,
    Releasing,
    Visit,
)
from agents.pmipv6.config import GatewayConfig
from agents.pmipv6.registration import Registration
from agents.pmipv6.service import Service
from agents.wire.address import UNSPECIFIED
from agents.wire.messages import BindingAcknowledgement
from agents.wire.ndisc import RouterSolicitation
from agents.wire.numbers import BindingAckFlag

_PROXY = int(BindingAckFlag.PROXY)


class Registrar(Protocol):
    """What becomes of a node that has attached: see ``agents.pmipv6.registration``."""

    visits: BindingUpdateList
    barred: set[str]

    def start(self, visit: Visit, now: float) -> list[Action]:
        """Begin or renew the registration of a node that has attached."""
        ...

    def release(self, visit: Visit, now: float) -> list[Action]:
        """End the service and the registration of a node that has left."""
        ...

    def forget(self, visit: Visit) -> None:
        """Delete the entry."""
        ...

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an acknowledgement."""
        ...

    def tick(self, now: float) -> list[Action]:
        """Do what has become due in the states of the entries."""
        ...

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ...


class MobileAccessGateway:
    """Detects mobile nodes on its access links and has them registered."""

    def __init__(self, config: GatewayConfig, service: Service, registrar: Registrar) -> None:
        self._config = config
        self._service = service
        self._registration = registrar
        self._visits = registrar.visits

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> MobileAccessGateway:
        """Return a gateway without visitors; ConfigurationError names the key at fault."""
        gateway = GatewayConfig.read(config)
        service = Service(gateway)
        return cls(gateway, service, Registration(gateway, service, random))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case LinkUp(interface, link_layer):
                return self._link_up(interface, link_layer, now)
            case LinkDown(interface, link_layer):
                return self._link_down(interface, link_layer, now)
            case Started():
                return [AcceptTunnels(self._config.address, Delivery.ATTACHED)]
            case Command():
                return self._command(event, now)
            case PacketArrived():
                return [Drop("unexpected packet", {"destination": spelled(event.destination)})]
            case _:
                return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Retransmit, renew, advertise and expire what is due."""
        return [*self._registration.tick(now), *self._service.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ours, tunnels = self._registration.deadline(), self._service.deadline()
        if ours is None or tunnels is None:
            return tunnels if ours is None else ours
        return min(ours, tunnels)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Update List as rows of printable values."""
        return [
            {
                "node": visit.profile.identifier,
                "link_layer_address": link_layer_text(visit.profile.link_layer),
                "interface": visit.interface,
                "anchor": spelled(visit.profile.anchor),
                "prefixes": [spelled(prefix) for prefix in visit.served],
                "state": type(visit.state).__name__.lower(),
            }
            for visit in self._visits
        ]

    def _received(self, event: MessageReceived, now: float) -> list[Action]:
        message = event.message
        if type(message) is BindingAcknowledgement and message.flags & _PROXY:
            if event.destination == self._config.address:
                return self._registration.answered(event, now)
        elif type(message) is RouterSolicitation:
            return self._solicited(event, now)
        return [Drop("unexpected message", {"message": type(message).__name__})]

    def _link_up(self, interface: str, link_layer: bytes, now: float) -> list[Action]:
        if "link" not in self._config.detect:
            return []
        return self._attach(interface, link_layer, now)

    def _link_down(self, interface: str, link_layer: bytes, now: float) -> list[Action]:
        """RFC 5213 §6.9.1.4: however it was detected that the node came, its link says it left."""
        visit = self._visits.of(link_layer)
        if visit is None or visit.interface != interface or isinstance(visit.state, Releasing):
            return []
        actions: list[Action] = [_recorded("detached", visit)]
        if isinstance(visit.state, Refused):
            self._registration.forget(visit)
            return actions
        return actions + self._registration.release(visit, now)

    def _solicited(self, event: MessageReceived, now: float) -> list[Action]:
        """RFC 5213 §6.9.2: answer a node that is served; one that is not may have just come."""
        link_layer = sender_link_layer(event)
        visit = self._visits.of(link_layer)
        present = visit is not None and visit.interface == event.interface
        if visit is not None and present and event.source != UNSPECIFIED:
            visit.neighbour = event.source
        if visit is not None and present and visit.served:
            return [self._service.advertise(visit)]
        if visit is not None and present and not isinstance(visit.state, Releasing):
            return []  # the advertisement follows the answer of the anchor, if it is yes
        if "solicitation" not in self._config.detect:
            return [Drop("solicitation of a node that is not attached", _sender(event))]
        actions = self._attach(event.interface, link_layer, now)
        visit = self._visits.of(link_layer)
        if visit is not None and event.source != UNSPECIFIED:
            visit.neighbour = event.source
        return actions

    def _attach(self, interface: str, link_layer: bytes, now: float) -> list[Action]:
        """RFC 5213 §6.9.1.1, for nodes of the profile store only (§6.2)."""
        profile = self._config.visitors.get(link_layer)
        where = {"interface": interface, "link_layer_address": link_layer_text(link_layer)}
        if profile is None:
            return [Drop("node without a profile", where)]
        if interface not in self._config.technologies:
            return [Drop("not an access interface", where)]
        if profile.identifier in self._registration.barred:
            return [Drop("node barred until it is permitted", where)]
        actions: list[Action] = []
        visit = self._visits.of(link_layer)
        if visit is not None and visit.interface != interface:
            actions += self._service.take(visit, now)
            self._registration.forget(visit)
            visit = None
        if visit is None:
            visit = Visit(profile, interface, self._config.technologies[interface])
        elif isinstance(visit.state, Registering):
            return []
        actions.append(_recorded("attached", visit))
        if visit.served:
            actions.append(self._service.advertise(visit))
        return actions + self._registration.start(visit, now)

    def _command(self, command: Command, now: float) -> list[Action]:
        """The administrative action that item 7 of RFC 5213 §6.9.1.2 waits for."""
        if command.name != "permit":
            return [Drop("unknown command", {"command": command.name})]
        identifier = command.arguments.get("node")
        if identifier not in self._registration.barred:
            return [Drop("node is not barred", {"node": identifier})]
        self._registration.barred.remove(identifier)
        actions: list[Action] = []
        for visit in list(self._visits):
            if visit.profile.identifier == identifier and isinstance(visit.state, Refused):
                actions += self._registration.start(visit, now)
        return actions


def _recorded(event: str, visit: Visit) -> Record:
    return Record(event, {"node": visit.profile.identifier, **_place(visit)})


def _place(visit: Visit) -> dict[str, str]:
    return {
        "interface": visit.interface,
        "link_layer_address": link_layer_text(visit.profile.link_layer),
    }


def _sender(event: MessageReceived) -> dict[str, str]:
    return {
        "interface": event.interface,
        "link_layer_address": link_layer_text(sender_link_layer(event)),
    }
