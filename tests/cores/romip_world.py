"""A domain of ROMIP in virtual time: real cores, links with delay and faults, and data.

Messages between routers and on access links cross the codec; those of Diameter are values. Data
crosses what the cores have made of the kernels.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from fake_kernels import Kernel
from romip_net import Fate, Mobile, Net, Sent
from romip_nodes import (
    ACCESS,
    HOST,
    LINKS,
    MAARS,
    PLACES,
    START,
    WIRE,
    aaa_config,
    link_layer,
    maar_config,
    mn_config,
    name,
)

from agents.core import actions as do
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    LinkDown,
    LinkUp,
    PeerHeard,
    Restored,
    Started,
)
from agents.roles import ROLES
from agents.wire import mobility
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.diameter import AaAnswer, AaRequest
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation


class World(Net):
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
        self.seed = seed
        self.delivered: list[tuple[Address, Address]] = []
        self._configs = {p: ("maar", maar_config(p, mobiles, **(maar or {}))) for p in places}
        self._configs["aaa"] = ("aaa", aaa_config(mobiles))
        super().__init__(self._configs, fate)
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

    def forge(self, place: str, message: Any, source: Address) -> list[Any]:
        """Let a message arrive at a MAAR that nobody of the domain has sent."""
        octets = mobility.emit(message, source, MAARS[place])
        return self._arrive(message, octets, source, MAARS[place])

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
