"""A domain of ROMIP in virtual time: real cores, links with delay and faults, and data.

Messages between routers and on access links cross the codec; those of Diameter are values. Data
crosses what the cores have made of the kernels.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from fake_kernels import Kernel

from agents.core import actions as do
from agents.core.core import Core
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    Event,
    LinkDown,
    LinkUp,
    MessageReceived,
    PeerHeard,
    Restored,
    Started,
)
from agents.pmipv6.forwarding import interface_address
from agents.roles import ROLES
from agents.wire import icmpv6, mobility
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.diameter import AaAnswer, AaRequest
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, MobilityMessage
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation

START = 1_700_000_000.0
DELAY = 0.01
ACCESS = "wlan0"
LIFETIME = 300
REALM = "example.com"
AAA = Address.parse("2001:db8:aaa::1")
PLACES = ("a1", "a2", "a3", "b1", "b2", "b3")
MAARS = {place: Address.parse(f"2001:db8:{place}::1") for place in PLACES}
LINKS = {place: Prefix.parse(f"2001:db8:{place}:1::/64") for place in PLACES}
HOST, WIRE = Address.parse("2001:db8:b1:cc::1"), "eth0"
KEY = {"spi": 256, "key": "000102030405060708090a0b0c0d0e0f"}
ROUTER = Address.parse("fe80::1")

Fate = Callable[[int, Any], Iterable[float]]
"""From a message's number and itself to the extra delays of the copies that arrive."""


def link_layer(number: int) -> bytes:
    return bytes((2, 0, 0, 0)) + number.to_bytes(2, "big")


def name(number: int) -> str:
    return f"mn{number}@{REALM}"


def home(number: int, place: str) -> Address:
    """The address that a MAAR assigns to a mobile node."""
    found = interface_address(LINKS[place], link_layer(number))
    assert found is not None
    return found


def maar_config(place: str, mobiles: int = 4, **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(MAARS[place]),
        "access": [{"interface": ACCESS, "prefix": str(LINKS[place]), "technology": 4}],
        "link_local": str(ROUTER),
        "link_layer": "02:00:00:ff:00:01",
        "aaa": str(AAA),
        "realm": REALM,
        "origin_host": f"{place}.{REALM}",
        "aaa_realm": REALM,
        "maars": [
            {
                "address": str(MAARS[p]),
                "prefixes": [str(LINKS[p]), *(["2001:db8:b1:cc::/64"] * (p == "b1"))],
            }
            for p in PLACES
        ],
        "hosts": [str(HOST)] if place == "b1" else [],
        "host_interfaces": {str(HOST): WIRE} if place == "b1" else {},
        "mobiles": [
            {"identifier": name(n), "link_layer_addresses": [link_layer(n).hex(":")]}
            for n in range(1, mobiles + 1)
        ],
        "lifetime": LIFETIME,
    }
    return {**config, **changes}


def aaa_config(mobiles: int = 4, **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(AAA),
        "origin_host": f"aaa.{REALM}",
        "realm": REALM,
        "users": [name(n) for n in range(1, mobiles + 1)],
        "maars": [{"address": str(MAARS[p]), "host": f"{p}.{REALM}"} for p in PLACES],
    }
    return {**config, **changes}


def mn_config(number: int, **changes: Any) -> dict[str, Any]:
    config = {
        "identifier": name(number),
        "interfaces": [{"interface": ACCESS, "link_layer": link_layer(number).hex(":")}],
        "session_timeout": 600,
    }
    return {**config, **changes}


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


class World:
    """MAARs of two operators, an AAA server, and mobile nodes."""

    def __init__(
        self,
        seed: int = 0,
        *,
        mobiles: int = 4,
        places: Iterable[str] = PLACES,
        fate: Fate = lambda number, message: (0.0,),
        maar: dict[str, Any] | None = None,
        mn: dict[str, Any] | None = None,
    ) -> None:
        self.now = START
        self.seed = seed
        self.fate = fate
        self.sent: list[Sent] = []
        self.log: list[tuple[float, str, Any]] = []
        self.stored: dict[str, Any] | None = None
        self.delivered: list[tuple[Address, Address]] = []
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._due: list[tuple[float, int, str | Mobile]] = []
        self._order = count()
        self._configs = {p: ("maar", maar_config(p, mobiles, **(maar or {}))) for p in places}
        self._configs["aaa"] = ("aaa", aaa_config(mobiles))
        self.names = {MAARS[p]: p for p in places} | {AAA: "aaa"}
        self.cores: dict[str, Core] = {}
        self.kernels: dict[str, Kernel] = {}
        self.mobiles: dict[int, Mobile] = {}
        for node in self._configs:
            self.restart(node)
        for number in range(1, mobiles + 1):
            core = ROLES["romip", "mn"](mn_config(number, **(mn or {})), Random(number))
            self.mobiles[number] = Mobile(number, core)
            self.tell(number, Started())

    # --- what a test does ---------------------------------------------------------------------

    def restart(self, node: str) -> None:
        """Start an agent anew: a MAAR and its kernel remember nothing, the AAA what it stored."""
        role, config = self._configs[node]
        self.cores[node] = ROLES["romip", role](config, Random(self.seed))
        self.kernels[node] = Kernel()
        if role == "aaa" and self.stored is not None:
            self.give(node, Restored(self.stored))
        self.give(node, Started())

    def stop(self, node: str) -> None:
        """Kill an agent: what comes for it is lost."""
        del self.cores[node]

    def come(self, number: int, place: str) -> None:
        """Let a node attach, after it has left where it was."""
        self.go(number)
        self.mobiles[number].place = place
        if place in self.cores:
            self.give(place, LinkUp(ACCESS, link_layer(number)))
        self.tell(number, CarrierUp(ACCESS))

    def go(self, number: int) -> None:
        mobile = self.mobiles[number]
        if mobile.place:
            place, mobile.place = mobile.place, ""
            self.tell(number, CarrierDown(ACCESS))
            if place in self.cores:
                self.give(place, LinkDown(ACCESS, link_layer(number)))

    def settle(self, *numbers_and_places: tuple[int, str]) -> None:
        for number, place in numbers_and_places:
            self.come(number, place)
        self.run(1)

    def open(self, number: int, correspondent: Address | None, flow: str = "flow") -> Address:
        """Let a flow begin; its first packets go both ways, so that both ends know of it."""
        arguments = {"flow": flow, "destination": str(correspondent or "")}
        replies = self.tell(number, Command("open_flow", arguments, "token"))
        answer = next(a for a in replies if isinstance(a, do.Reply))
        source = Address.parse(answer.details["source"])
        if correspondent is not None:
            assert self.ping(source, correspondent), self.story()
        return source

    def close(self, number: int, flow: str = "flow") -> None:
        self.tell(number, Command("close_flow", {"flow": flow}))

    def deliver(self, sent: Sent, source: Address | None = None) -> list[Any]:
        """Let octets arrive again, or as if from elsewhere."""
        return self._arrive(sent.message, sent.octets, source or sent.source, sent.destination)

    def forge(self, place: str, message: Any, source: Address) -> list[Any]:
        """Let a message arrive at a MAAR that nobody of the domain has sent."""
        octets = mobility.emit(message, source, MAARS[place])
        return self._arrive(message, octets, source, MAARS[place])

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

    # --- data ---------------------------------------------------------------------------------

    def ping(self, source: Address, destination: Address) -> bool:
        """Whether a packet comes to its destination, and one comes back, at this moment."""
        return self.reach(source, destination) and self.reach(destination, source)

    def reach(self, source: Address, destination: Address) -> bool:
        return bool(self.way(source, destination))

    def way(self, source: Address, destination: Address) -> list[str]:
        """The MAARs that a packet crosses; empty where it does not arrive."""
        sender = next((m for m in self.mobiles.values() if source in m.addresses), None)
        if source == HOST:
            return self._forward("b1", source, destination, ["b1"])
        if sender is None or not sender.place or sender.place not in self.cores:
            return []
        if (ALL_ZERO, Prefix(source, 128)) not in self.kernels[sender.place].routes:
            return []
        return self._forward(sender.place, source, destination, [sender.place])

    def _forward(self, at: str, source: Address, destination: Address, way: list[str]) -> list[str]:
        if len(way) > 4:
            return []
        route = self.kernels[at].routes.get((Prefix(destination, 128), None))
        if route is not None and route.interface == WIRE:
            return way
        if route is not None and route.interface:
            return way if self._deliver(at, source, destination) else []
        if route is not None and route.tunnel is not None:
            far = self.names[route.tunnel]
            if MAARS[at] not in self.kernels[far].tunnels:
                return []
            return self._forward_out(far, source, destination, [*way, far])
        if destination == HOST:
            return [*way, *([] if at == "b1" else ["b1"])]
        anchor = next((p for p, link in LINKS.items() if link.contains(destination)), at)
        return [] if anchor == at else self._forward(anchor, source, destination, [*way, anchor])

    def _forward_out(self, at: str, source: Address, to: Address, way: list[str]) -> list[str]:
        return self._forward(at, source, to, way)

    def _deliver(self, at: str, source: Address, destination: Address) -> bool:
        for mobile in self.mobiles.values():
            if destination in mobile.addresses and mobile.place == at:
                self.delivered.append((source, destination))
                if destination in mobile.watched and (destination, source) not in mobile.heard:
                    mobile.heard.add((destination, source))
                    self.tell(mobile.number, PeerHeard(destination, source))
                return True
        return False

    # --- what a test looks at -----------------------------------------------------------------

    def lists(self, place: str, number: int) -> dict[str, dict[Address, Address]]:
        """Both lists that a MAAR has for a node."""
        found: dict[str, dict[Address, Address]] = {"external": {}, "internal": {}}
        for row in self.cores[place].bindings(self.now):
            if row["node"] == name(number) and row["list"] in found:
                entry = {Address.parse(row["address"]): Address.parse(row["leads_to"])}
                found[row["list"]].update(entry)
        return found

    def rows(self, node: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.cores[node].bindings(self.now)]

    def records(self, event: str) -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, _, action in self.log
            if isinstance(action, do.Record) and action.event == event
        ]

    def drops(self) -> list[str]:
        return [action.reason for _, _, action in self.log if isinstance(action, do.Drop)]

    def steps(self) -> list[str]:
        """The messages that were sent, as figure 1 of the draft names them."""
        return [step_name(sent) for sent in self.sent]

    def assert_routes_match(self) -> None:
        """The routes of each MAAR are what the lists of its nodes say, and no others."""
        for place in [p for p in PLACES if p in self.cores]:
            rows = self.rows(place)
            here = {
                r["address"] for r in rows if r["list"] != "internal" and r["state"] == "served"
            }
            left = {r["node"] for r in rows if r["list"] == "assigned" and r["state"] != "served"}
            wanted: dict[str, str] = {}
            for row in rows:
                far = row["leads_to"] != str(MAARS[place])
                if row["list"] == "internal" and row["node"] not in left and far:
                    wanted[row["address"]] = row["leads_to"]
            hosts = self._configs[place][1]["host_interfaces"]
            wanted |= {**dict.fromkeys(here - hosts.keys(), ACCESS), **hosts}
            routes = {
                str(prefix.network): route.interface or str(route.tunnel)
                for (prefix, source), route in self.kernels[place].routes.items()
                if source is None
            }
            assert routes == wanted, (place, self.story())

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        lines += [f"{at - START:9.4f} {node} {action}" for at, node, action in self.log]
        return "\n".join(lines)

    # --- how it works -------------------------------------------------------------------------

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


def step_name(sent: Sent) -> str:
    """Name a message as figure 1 of the draft does."""
    far = {0x0300: "dDBU", 0x0200: "sDBU", 0x30: "dDBA", 0x20: "sDBA"}
    match sent.message:
        case RouterSolicitation():
            return "RS"
        case RouterAdvertisement():
            return "RA"
        case AaRequest():
            return "request"
        case AaAnswer():
            return "response"
        case BindingUpdate(flags=flags):
            return far[flags & 0x0300]
        case BindingAcknowledgement(flags=flags):
            return far[flags & 0x30]
    raise AssertionError(sent)
