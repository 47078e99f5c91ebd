"""What is between the nodes of ROMIP: links with delay and faults, and the time.

Messages between routers and on access links cross the codec; those of Diameter are values.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from fake_kernels import Kernel
from romip_nodes import AAA, ACCESS, MAARS, START, link_layer

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import (
    Event,
    MessageReceived,
)
from agents.wire import icmpv6, mobility
from agents.wire.address import Address
from agents.wire.messages import MobilityMessage
from agents.wire.ndisc import RouterAdvertisement

DELAY = 0.01

Fate = Callable[[int, Any], Iterable[float]]
"""From a message's number and itself to the extra delays of the copies that arrive."""


@dataclass(frozen=True)
class Sent:
    """One message as it left a node."""

    at: float
    message: Any
    source: Address
    destination: Address
    octets: bytes = b""


@dataclass
class Mobile:
    """A mobile node: its core, its addresses, where it is, and whom it has heard of."""

    number: int
    core: Core
    place: str = ""
    addresses: dict[Address, str] = field(default_factory=dict)
    route: do.AddRoute | None = None
    watched: set[Address] = field(default_factory=set)
    heard: set[tuple[Address, Address]] = field(default_factory=set)


class Net:
    """Carries what the cores of a domain send, lets time pass, and keeps a log of it all."""

    def __init__(self, names: Iterable[str], fate: Fate) -> None:
        self.now = START
        self.fate = fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, str, Any]] = []
        self.stored: dict[str, Any] | None = None
        self.names = {MAARS.get(node, AAA): node for node in names}
        self.cores: dict[str, Core] = {}
        self.kernels: dict[str, Kernel] = {}
        self.mobiles: dict[int, Mobile] = {}
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._due: list[tuple[float, int, str | Mobile]] = []
        self._order = count()

    def give(self, node: str, event: Event) -> list[Any]:
        """Hand ``event`` to a router or server now, perform what it wants and return that."""
        actions = list(self.cores[node].handle(event, self.now))
        self._perform(node, actions)
        return actions

    def tell(self, number: int, event: Event) -> list[Any]:
        """Hand ``event`` to a mobile node now."""
        actions = list(self.mobiles[number].core.handle(event, self.now))
        self._perform_mobile(self.mobiles[number], actions)
        return actions

    def at(self, delay: float, do_it: Callable[[], object]) -> None:
        heapq.heappush(self._queue, (self.now + delay, next(self._order), do_it))

    def run(self, duration: float) -> None:
        """Let time pass, from one event or deadline to the next."""
        end = self.now + duration
        for _ in range(400_000):
            at, whose = self._next()
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            if whose is None:
                heapq.heappop(self._queue)[2]()
            elif isinstance(whose, str):
                self._perform(whose, list(self.cores[whose].tick(self.now)))
            else:
                self._perform_mobile(whose, list(whose.core.tick(self.now)))
        raise AssertionError("the world does not come to rest")

    def deliver(self, sent: Sent, source: Address | None = None) -> list[Any]:
        """Let octets arrive again, or as if from elsewhere."""
        return self._arrive(sent.message, sent.octets, source or sent.source, sent.destination)

    def _next(self) -> tuple[float, str | Mobile | None]:
        """When something is to be done next, and by which core, or None for the queue."""
        queued = self._queue[0][0] if self._queue else float("inf")
        while self._due:
            at, _, whose = self._due[0]
            core = self.cores.get(whose) if isinstance(whose, str) else whose.core
            if core is not None and core.deadline() == at:
                return (at, whose) if at < queued else (queued, None)
            heapq.heappop(self._due)
        return queued, None

    def _schedule(self, whose: str | Mobile, core: Core) -> None:
        at = core.deadline()
        if at is not None:
            heapq.heappush(self._due, (at, next(self._order), whose))

    def _perform(self, node: str, actions: list[Any]) -> None:
        self._schedule(node, self.cores[node])
        for action in actions:
            self.log.append((self.now, node, action))
            if isinstance(action, do.Store):
                self.stored = dict(action.state)
            elif not isinstance(action, do.SendMessage):
                self.kernels[node].perform(action)
            elif isinstance(action.message, RouterAdvertisement):
                self._send_on_link(node, action)
            else:
                self._send(action)

    def _perform_mobile(self, mobile: Mobile, actions: list[Any]) -> None:
        self._schedule(mobile, mobile.core)
        for action in actions:
            self.log.append((self.now, f"mn{mobile.number}", action))
            match action:
                case do.SendMessage():
                    self._solicit(mobile, action)
                case do.AddAddress(interface, address):
                    mobile.addresses[address] = interface
                case do.RemoveAddress(interface, address):
                    assert mobile.addresses.pop(address) == interface
                case do.AddRoute():
                    mobile.route = action
                case do.WatchPeers(watched, tunnelled):
                    assert not tunnelled
                    mobile.watched.add(watched)
                case do.ForgetPeer(watched, peer):
                    mobile.heard.discard((watched, peer))

    def _send(self, action: do.SendMessage) -> None:
        message, source, destination = action.message, action.source, action.destination
        octets = b""
        if isinstance(message, MobilityMessage):
            octets = mobility.emit(message, source, destination)
            assert len(octets) + 40 <= 1280, "a message that would need fragments"
        self._travel(Sent(self.now, message, source, destination, octets))

    def _travel(self, sent: Sent) -> None:
        number = len(self.sent)
        self.sent.append(sent)
        for extra in self.fate(number, sent.message):
            self.at(DELAY + extra, lambda: self.deliver(sent))

    def _arrive(
        self, message: Any, octets: bytes, source: Address, destination: Address
    ) -> list[Any]:
        node = self.names.get(destination)
        if node is None or node not in self.cores:
            return []
        parsed = mobility.parse(octets) if octets else message
        return self.give(node, MessageReceived(parsed, source, destination, octets=octets))

    def _solicit(self, mobile: Mobile, action: do.SendMessage) -> None:
        octets = icmpv6.emit(action.message, action.source, action.destination)
        assert len(octets) + 40 <= 1280, "a solicitation that would need fragments"
        place = mobile.place
        number = len(self.sent)
        self.sent.append(Sent(self.now, action.message, action.source, action.destination, octets))
        event = MessageReceived(
            icmpv6.parse(octets),
            action.source,
            action.destination,
            ACCESS,
            link_layer(mobile.number),
            octets,
        )

        def arrive() -> None:
            if mobile.place == place and place in self.cores:
                self.give(place, event)

        for extra in self.fate(number, action.message):
            self.at(DELAY + extra, arrive)

    def _send_on_link(self, node: str, action: do.SendMessage) -> None:
        message, source, destination = action.message, action.source, action.destination
        octets = icmpv6.emit(message, source, destination)
        number = len(self.sent)
        if action.link_layer_destination:
            self.sent.append(Sent(self.now, message, source, destination, octets))
        event = MessageReceived(icmpv6.parse(octets), source, destination, ACCESS, b"", octets)

        def arrive() -> None:
            octets = action.link_layer_destination
            everybody = list(self.mobiles.values())
            for mobile in (
                [self.mobiles[int.from_bytes(octets[4:], "big")]] if octets else everybody
            ):
                own = action.link_layer_destination in (b"", link_layer(mobile.number))
                if mobile.place == node and own:
                    self.tell(mobile.number, event)

        for extra in self.fate(number, message) if action.link_layer_destination else (0.0,):
            self.at(DELAY + extra, arrive)
