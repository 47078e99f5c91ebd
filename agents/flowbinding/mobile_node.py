"""The mobile node of flow binding: addresses survive their interfaces, flows follow (xia §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Listen, Record, Reply, TakeRejections
from agents.core.deadlines import earliest
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    FlowIdle,
    LinkQuality,
    MessageReceived,
    PeerHeard,
    Started,
)
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.flowbinding import selectors
from agents.flowbinding.config import HostConfig
from agents.flowbinding.host_links import HostLink
from agents.flowbinding.places import Places
from agents.flowbinding.redirects import Redirects
from agents.flowbinding.uplink import Uplink
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.ndisc import RouterAdvertisement

ROUTER_ADVERTISEMENT = 134


class FlowMobileNode:
    """Follows its links and what its anchor says of flows; takes no part in registration."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        shared = next(iter(config.interfaces.values()), b"")
        self._links = {
            name: HostLink(name, octets, shared if config.shared_address else octets)
            for name, octets in config.interfaces.items()
        }
        self._uplink = Uplink(config.anchor)
        self._places = Places(config, list(self._links.values()), self._uplink)
        self._redirects = Redirects(config, self._places, self._uplink)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> FlowMobileNode:
        """Return a node without an address; ConfigurationError names the key at fault."""
        return cls(HostConfig.read(config))

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived(RouterAdvertisement()):
                return self._advertised(event)
            case MessageReceived(DestinationUnreachable()):
                return self._redirects.rejected(event, now)
            case CarrierUp(interface) if interface in self._links:
                return self._up(self._links[interface], now)
            case CarrierDown(interface) if interface in self._links:
                return self._down(self._links[interface])
            case FlowIdle(selector):
                return self._uplink.restore(selector)
            case PeerHeard(home, peer):
                return self._redirects.heard(home, peer)
            case Command():
                return _refused(event)
            case LinkQuality():
                return []  # the network decides where flows go
            case Started():
                return [Listen(frozenset({ROUTER_ADVERTISEMENT})), TakeRejections()]
            case _:
                return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Solicit again where no router has answered."""
        actions: list[Action] = []
        for link in self._links.values():
            if link.wait is not None and link.wait.at <= now:
                link.wait = link.wait.again(now, self._config.max_timeout)
                actions.append(link.solicit())
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return earliest(link.wait.at for link in self._links.values() if link.wait is not None)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the addresses and the flows that were redirected, as rows."""
        rows: list[Mapping[str, Any]] = [
            {"node": self._config.identifier, "address": spelled(address), "interface": interface}
            for address, interface in self._places.addresses()
        ]
        for flow, link in self._uplink.flows():
            text = selectors.text(flow)
            rows.append({"node": self._config.identifier, "flow": text, "interface": link.name})
        return rows

    def _up(self, link: HostLink, now: float) -> list[Action]:
        link.up = True
        link.wait = Retransmission.after(now, self._config.initial_timeout)
        return [self._recorded("attached", link), link.solicit()]

    def _down(self, link: HostLink) -> list[Action]:
        if not link.up:
            return []
        link.up, link.wait = False, None
        return [self._recorded("detached", link), *self._places.down(link)]

    def _advertised(self, event: MessageReceived) -> list[Action]:
        link = self._links.get(event.interface)
        where = {"source": spelled(event.source), "interface": event.interface}
        if link is None or not link.up:
            return [Drop("advertisement on a link that is down", where)]
        if not event.message.router_lifetime:
            return [Drop("advertisement of no router", where)]
        link.wait = None
        return self._places.advertised(link, event)

    def _recorded(self, event: str, link: HostLink) -> Record:
        return Record(event, {"node": self._config.identifier, "interface": link.name})


def _refused(event: Command) -> list[Action]:
    """Answer who waits: the network moves flows, whatever address they begin from."""
    why = f"unknown command {event.name!r}"
    if event.name == "open_flow":
        why = "flow binding chooses no address by service: leave the service out"
    answer: list[Action] = [Reply(event.token, {"error": why})] if event.token else []
    return [*answer, Drop("unknown command", {"command": event.name})]
