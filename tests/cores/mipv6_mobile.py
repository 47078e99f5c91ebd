"""One mobile node alone: routers, agents and correspondents are what a test lets arrive."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from mipv6_bench import arrival, on_wire
from mipv6_kernel import NodeKernel
from mipv6_places import CN, CONFIGS, HA, LINKS, START, care_of, home_address, link_layer

from agents.core import actions as do
from agents.core.events import CarrierDown, CarrierUp, Event, PeerHeard, Started
from agents.mipv6.home_listener import HomeListener
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.mobile_node import MobileNode
from agents.mipv6.places import link_local
from agents.wire import packet, return_routability
from agents.wire.address import Address, Prefix
from agents.wire.extension_headers import Type2Routing
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)
from agents.wire.ndisc import (
    AdvertisementInterval,
    PrefixInformation,
    RouterAdvertisement,
    SourceLinkLayerAddress,
)
from agents.wire.packet import Packet

ALL_NODES = Address.parse("ff02::1")
HOA = home_address(1)
COA = care_of(1, "a")
COA_B = care_of(1, "b")
ROUTER_A, ROUTER_B = (link_local(LINKS[name].link_layer) for name in ("a", "b"))
HOME_TOKEN, CARE_OF_TOKEN = b"hometokn", b"careoftk"
WLAN = "wlan0"
TESTS = (HomeTestInit, CareOfTestInit)


class Mobile:
    """A real mobile node, its clock, its kernel and what it did."""

    def __init__(
        self, listener: HomeListener | None = None, *, started: bool = True, **changes: Any
    ) -> None:
        config = MobileConfig.read({**CONFIGS["mn1"], **changes})
        self.core = MobileNode(config, Random(1), listener)
        self.now = START
        self.kernel = NodeKernel()
        self.actions: list[Any] = []
        self.times: list[float] = []
        if started:
            self.give(Started())

    def give(self, event: Event) -> list[Any]:
        return self._perform(list(self.core.handle(event, self.now)))

    def do(self, actions: list[Any]) -> list[Any]:
        """Perform what a method of the core has returned."""
        return self._perform(actions)

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass from deadline to deadline; return what was done."""
        end, done = self.now + seconds, []
        for _ in range(10_000):
            due = self.core.deadline()
            if due is None or due > end:
                self.now = end
                return done
            self.now = max(self.now, due)
            done += self._perform(list(self.core.tick(self.now)))
        raise AssertionError("the core does not come to rest")

    def take(self, whole: Packet, interface: str = "", octets: bytes = b"\2\xbd\0\0\0\1") -> list:
        """Let a packet arrive."""
        return self.give(arrival(packet.emit(whole), interface, octets))

    def up(self, interface: str = WLAN) -> list[Any]:
        return self.give(CarrierUp(interface))

    def down(self, interface: str = WLAN) -> list[Any]:
        return self.give(CarrierDown(interface))

    def hear(
        self,
        link: str = "a",
        interface: str = WLAN,
        *,
        source: Address | None = None,
        lifetime: int = 1800,
        interval: int = 0,
        valid: int = 3600,
        preferred: int = 1800,
        prefix: Prefix | None = None,
        flags: int = 0xC0,
    ) -> list[Any]:
        """Let an advertisement of a link's router arrive."""
        where = LINKS[link]
        options: list[Any] = [SourceLinkLayerAddress(where.link_layer)]
        options.append(PrefixInformation(prefix or where.prefix, flags, valid, preferred))
        if interval:
            options.append(AdvertisementInterval(interval))
        message = RouterAdvertisement(64, 0, lifetime, 0, 0, tuple(options))
        router = source or link_local(where.link_layer)
        return self.take(Packet(router, ALL_NODES, message), interface, where.link_layer)

    def attach(self, link: str = "a", **changes: Any) -> list[Any]:
        """Bring the interface to a link and let its router be heard."""
        self.down()
        self.up()
        return self.hear(link, **changes)

    def answer(
        self,
        status: int = 0,
        *,
        to: BindingUpdate | None = None,
        lifetime: int = 75,
        source: Address = HA,
        home: Address = HOA,
        at: Address | None = None,
        options: tuple[Any, ...] = (),
        sequence: int | None = None,
        routed: bool = True,
    ) -> list[Any]:
        """Answer the last update as an agent would, but for what the caller changes."""
        update = to or self.updates(home)[-1]
        number = update.sequence if sequence is None else sequence
        message = BindingAcknowledgement(status, 0, number, lifetime, options)
        headers = (Type2Routing(home),) if routed else ()
        target = (at or self.core.care_of or COA) if routed else home
        return self.take(Packet(source, target, message, headers))

    def register(self, link: str = "a") -> list[Any]:
        """Attach to a link and have the home accepted."""
        self.attach(link)
        return self.answer()

    # --- route optimization -------------------------------------------------------------------

    def hear_peer(self, peer: Address = CN) -> list[Any]:
        return self.give(PeerHeard(HOA, peer))

    def home_test(self, peer: Address = CN, index: int = 7, cookie: bytes = b"") -> list[Any]:
        asked = cookie or self.last(HomeTestInit).cookie
        return self.take(Packet(peer, HOA, HomeTest(index, asked, HOME_TOKEN)))

    def care_of_test(self, peer: Address = CN, index: int = 9, cookie: bytes = b"") -> list[Any]:
        asked = cookie or self.last(CareOfTestInit).cookie
        at = self.core.care_of or COA
        return self.take(Packet(peer, at, CareOfTest(index, asked, CARE_OF_TOKEN)))

    def authorized(self, status: int = 0, lifetime: int = 75, peer: Address = CN) -> list[Any]:
        """Acknowledge the last update to a correspondent, as only that can."""
        update = self.updates(HOA, peer)[-1]
        key = return_routability.binding_management_key(HOME_TOKEN, CARE_OF_TOKEN)
        plain = BindingAcknowledgement(status, 0, update.sequence, lifetime)
        at = self.core.care_of or COA
        message = return_routability.authorize(plain, key, at, peer)
        return self.take(Packet(peer, at, message, (Type2Routing(HOA),)))

    def optimize(self) -> list[Any]:
        """Register, and optimize the route with a correspondent."""
        self.register()
        self.hear_peer()
        self.home_test()
        self.care_of_test()
        return self.authorized()

    # --- what it did --------------------------------------------------------------------------

    def updates(self, home: Address = HOA, to: Address | None = None) -> list[BindingUpdate]:
        """All updates of a home so far, to its agent or to ``to``."""
        found = []
        for action in self.actions:
            if isinstance(action, do.SendMessage) and isinstance(action.message, BindingUpdate):
                own = action.home_address or action.source
                registered = bool(action.message.flags & 0x4000)
                if own == home and (action.destination == to if to else registered):
                    found.append(action.message)
        return found

    def sent_at(self, kind: type = BindingUpdate) -> list[float]:
        """When each message of ``kind`` was sent."""
        return [
            at
            for at, action in zip(self.times, self.actions, strict=True)
            if isinstance(action, do.SendMessage) and isinstance(action.message, kind)
        ]

    def last(self, kind: type) -> Any:
        return [m for m in messages(self.actions) if isinstance(m, kind)][-1]

    def state(self, home: Address = HOA, peer: Address | None = None) -> str:
        return str(self._row(home, peer)["state"])

    def remaining(self, home: Address = HOA) -> float | None:
        """For how long the binding of ``home`` still stands."""
        return self._row(home, None)["remaining"]

    def _row(self, home: Address, peer: Address | None) -> Mapping[str, Any]:
        rows = self.core.bindings(self.now)
        (row,) = [
            row
            for row in rows
            if row["home_address"] == str(home) and (peer is None or row["peer"] == str(peer))
        ][:1]
        return row

    def _perform(self, actions: list[Any]) -> list[Any]:
        for action in actions:
            self.actions.append(action)
            self.times.append(self.now)
            if isinstance(action, do.SendMessage):
                packet.parse(packet.emit(on_wire(action)))
            else:
                self.kernel.perform(action)
        return actions


def messages(actions: list[Any], kind: type = object) -> list[Any]:
    """The messages among ``actions`` that are of ``kind``."""
    sent = [action.message for action in actions if isinstance(action, do.SendMessage)]
    return [message for message in sent if isinstance(message, kind)]


def drops(actions: list[Any]) -> list[str]:
    return [action.reason for action in actions if isinstance(action, do.Drop)]


def events(actions: list[Any]) -> list[str]:
    return [action.event for action in actions if isinstance(action, do.Record)]


__all__ = ["CN", "COA", "COA_B", "HA", "HOA", "Mobile", "drops", "events", "link_layer", "messages"]


def send_times(mobile: Mobile, seconds: float) -> list[float]:
    """When updates are sent in so many seconds from now on, in seconds from now."""
    start = mobile.now
    mobile.wait(seconds)
    return [round(at - start, 3) for at in mobile.sent_at() if at > start]
