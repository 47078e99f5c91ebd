"""One interface of a mobile node: which router it follows, and its address there.

Movement is noticed as RFC 6275 §11.5.1 has it: by the link, by advertisements of other routers,
and by a router that falls silent and does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.deadlines import earliest
from agents.core.events import MessageReceived
from agents.core.link_layer import router_link_layer
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.autoconfiguration import Autoconfiguration
from agents.mipv6.mobile_config import Interface, MobileConfig
from agents.mipv6.places import (
    ALL_ROUTERS,
    Place,
    Router,
    advertised_interval,
    is_link_local,
    link_local,
    network_of,
    offered,
)
from agents.mipv6.router_check import RouterCheck
from agents.wire.ndisc import (
    NeighborAdvertisement,
    PrefixInformation,
    RouterSolicitation,
    SourceLinkLayerAddress,
)

RTR_SOLICITATION_INTERVAL = 4.0
"""Seconds between two solicitations at least (RFC 4861 §10); the wait doubles (RFC 7559)."""

MAX_SOLICITATION_INTERVAL = 32.0

MISSED_ADVERTISEMENTS = 3
"""After so many intervals without an advertisement the router is asked (RFC 6275 §11.5.1)."""


class Attachment:
    """What a mobile node knows of the link at one of its interfaces.

    ``is_defended`` is for its ``Autoconfiguration``.
    """

    def __init__(
        self,
        interface: Interface,
        config: MobileConfig,
        random: Random,
        is_defended: Callable[[], bool],
    ) -> None:
        self.name = interface.name
        self._interface = interface
        self._identifier = config.identifier
        self._configuration = Autoconfiguration(interface, config, random, is_defended)
        self._link_local = link_local(interface.link_layer)
        self._up: bool | None = None
        self._returning = False
        self._router: Router | None = None
        self._check: RouterCheck | None = None
        self._solicitation: Retransmission | None = None

    @property
    def place(self) -> Place | None:
        """Return where this node has a usable address."""
        return self._configuration.place

    @property
    def alive(self) -> bool:
        """Say whether the place is one to send from now."""
        return self._up is not False and not self._returning and self.place is not None

    def carrier_up(self, now: float) -> list[Action]:
        """Find out at once where this is (RFC 6275 §11.5.1); it may be the same link as before."""
        self._up, self._returning, self._check = True, True, None
        return self._solicit(now)

    def carrier_down(self) -> list[Action]:
        """Wait for the link to come back, here or elsewhere."""
        self._up, self._returning = False, False
        self._solicitation = self._check = None
        return []

    def advertised(self, event: MessageReceived, now: float) -> list[Action]:
        """Stay with the router that was followed, or follow the one that advertises itself."""
        fault = self._fault_of(event)
        if fault:
            return [Drop(fault, {"source": spelled(event.source), "interface": self.name})]
        self._up = True
        router = self._router
        known = router is not None and router.address == event.source
        if event.message.router_lifetime == 0:
            return self._lose(now) if known else []
        choice = offered(event)
        if router is not None and known and self._remains(router, event, choice):
            return self._stay(router, event, now)
        if not choice:
            return []
        if router is None or known or self._returning:
            return self._follow(event, choice[0], now)
        return self._doubt(router, now)

    def neighbour(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Neighbor Solicitation or Advertisement for what it says of address or router."""
        if self._configuration.is_denied_by(event):
            return self._configuration.denied(now)
        router = self._router
        if router is None or not isinstance(event.message, NeighborAdvertisement):
            return []
        if event.message.target == event.source == router.address:
            self._check = None
        return []

    def tick(self, now: float) -> list[Action]:
        """Do what has become due: solicit, probe, check the router or give it up."""
        actions: list[Action] = []
        if self._up is False:
            return actions
        if self._solicitation is not None and self._solicitation.at <= now:
            actions += self._solicit(now)
        actions += self._configuration.tick(now)
        router = self._router
        if router is not None and not self._returning:
            actions += self._watch(router, now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        if self._up is False:
            return None
        times = [self._configuration.deadline()]
        if self._solicitation is not None:
            times.append(self._solicitation.at)
        if self._router is not None and not self._returning:
            times.append(self._router.expires_at)
            if self._check is not None:
                times.append(self._check.at)
            elif self._router.silent_at is not None:
                times.append(self._router.silent_at)
        return earliest(times)

    def _fault_of(self, event: MessageReceived) -> str:
        if not is_link_local(event.source):
            return "advertisement from an address that is not link-local"
        if self._up is False:
            return "advertisement while the link is down"
        return ""

    def _remains(
        self, router: Router, event: MessageReceived, choice: list[PrefixInformation]
    ) -> bool:
        """Say whether a router that is known still has the prefix that is used.

        It need not name all its prefixes each time (RFC 4861 §6.2.3), but does to who comes.
        """
        if any(network_of(option) == router.prefix for option in choice):
            return True
        named = [o for o in event.message.options if isinstance(o, PrefixInformation)]
        deprecated = any(network_of(option) == router.prefix for option in named)
        return not deprecated and not (self._returning and choice)

    def _stay(self, router: Router, event: MessageReceived, now: float) -> list[Action]:
        self._solicitation = self._check = None
        self._hear(router, event, now)
        if self._returning:
            self._configuration.begin_again(now)
        self._returning = False
        return []

    def _hear(self, router: Router, event: MessageReceived, now: float) -> None:
        router.heard_at = now
        lifetimes = [
            option.valid_lifetime
            for option in offered(event)
            if network_of(option) == router.prefix
        ]
        router.expires_at = now + min([event.message.router_lifetime, *lifetimes])
        interval = advertised_interval(event.message.options)
        router.silent_at = None if interval is None else now + MISSED_ADVERTISEMENTS * interval

    def _follow(
        self, event: MessageReceived, option: PrefixInformation, now: float
    ) -> list[Action]:
        prefix = network_of(option)
        link_layer = router_link_layer(event)
        self._router = Router(event.source, link_layer, prefix, now, now, None)
        self._hear(self._router, event, now)
        self._solicitation = self._check = None
        self._returning = False
        return self._configuration.begin(self._router, now)

    def _doubt(self, router: Router, now: float) -> list[Action]:
        """Another router was heard: ask the one that is followed, if it was silent for a while."""
        quiet = RTR_SOLICITATION_INTERVAL
        if router.silent_at is not None:
            quiet = (router.silent_at - router.heard_at) / MISSED_ADVERTISEMENTS
        if self._check is not None or now - router.heard_at <= quiet:
            return []
        return self._ask_router(router, now)

    def _watch(self, router: Router, now: float) -> list[Action]:
        if router.expires_at <= now:
            return self._lose(now)
        if self._check is not None:
            if self._check.at > now:
                return []
            return self._lose(now) if self._check.failed else [self._check.ask(now)]
        if router.silent_at is not None and router.silent_at <= now:
            return self._ask_router(router, now)
        return []

    def _ask_router(self, router: Router, now: float) -> list[Action]:
        router.silent_at = None
        self._check = RouterCheck(router, self._interface, self._link_local)
        return [self._check.ask(now)]

    def _lose(self, now: float) -> list[Action]:
        """The router is gone: so is the address behind it, until one advertises itself."""
        router = self._router
        self._router = self._check = None
        self._configuration.stop()
        details = {"node": self._identifier, "interface": self.name}
        if router is not None:
            details["router"] = spelled(router.address)
        return [Record("router_lost", details), *self._solicit(now)]

    def _solicit(self, now: float) -> list[Action]:
        waited = self._solicitation
        self._solicitation = (
            waited.again(now, MAX_SOLICITATION_INTERVAL)
            if waited is not None and waited.at <= now
            else Retransmission.after(now, RTR_SOLICITATION_INTERVAL)
        )
        message = RouterSolicitation((SourceLinkLayerAddress(self._interface.link_layer),))
        return [SendMessage(message, self._link_local, ALL_ROUTERS, self.name)]
