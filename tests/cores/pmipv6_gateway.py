"""One gateway alone, and an anchor's answers to it, right or wrong."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from pmipv6_world import ACCESS, LMA, MAGS, START, link_layer, mag_config

from agents.core import actions as do
from agents.core.events import Event, LinkDown, LinkUp, MessageReceived
from agents.pmipv6.mag import MobileAccessGateway
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.ndisc import RouterAdvertisement, RouterSolicitation
from agents.wire.options import HomeNetworkPrefix, Timestamp

HOME = Prefix.parse("2001:db8:1:8000::/64")
HOME_ADDRESS = Address.parse("2001:db8:1:8000::ff:fe00:1")
NODE = link_layer(1)


class Gateway:
    """A real gateway, its clock, and what it did last."""

    def __init__(self, **config: Any) -> None:
        self.core = MobileAccessGateway.from_config(mag_config(**config), Random(1))
        self.now = START
        self.actions: list[Any] = []
        self.asked: list[BindingUpdate] = []

    def give(self, event: Event) -> list[Any]:
        self.actions = []
        self._add(self.core.handle(event, self.now))
        return self.actions

    def link_up(self, octets: bytes = NODE, interface: str = ACCESS) -> list[Any]:
        return self.give(LinkUp(interface, octets))

    def link_down(self, octets: bytes = NODE, interface: str = ACCESS) -> list[Any]:
        return self.give(LinkDown(interface, octets))

    def solicit(self, source: Address, octets: bytes = NODE, interface: str = ACCESS) -> list[Any]:
        all_routers = Address.parse("ff02::2")
        message = RouterSolicitation(())
        return self.give(MessageReceived(message, source, all_routers, interface, octets))

    def answer(
        self,
        status: int = 0,
        *,
        to: BindingUpdate | None = None,
        prefixes: tuple[Prefix, ...] = (HOME,),
        lifetime: int = 75,
        source: Address = LMA,
        without: tuple[type, ...] = (),
        **changes: Any,
    ) -> list[Any]:
        """Answer the last update as an anchor would, but for what the caller changes."""
        update = to or self.asked[-1]
        echoed = [o for o in update.options if not isinstance(o, HomeNetworkPrefix | Timestamp)]
        options = [o for o in echoed if not isinstance(o, without)]
        options += [HomeNetworkPrefix(prefix) for prefix in prefixes]
        message = BindingAcknowledgement(status, 0x20, update.sequence, lifetime, tuple(options))
        return self.give(MessageReceived(replace(message, **changes), source, MAGS[0]))

    def wait(self, seconds: float) -> list[Any]:
        """Let time pass, ticking at each deadline; return what was done."""
        end = self.now + seconds
        self.actions = []
        for _ in range(10_000):
            deadline = self.core.deadline()
            if deadline is None or deadline > end:
                break
            self.now = max(self.now, deadline)
            self._add(self.core.tick(self.now))
        self.now = end
        return self.actions

    def serve(self, **changes: Any) -> list[Any]:
        """Attach the node and have it accepted."""
        self.link_up()
        return self.answer(**changes)

    def updates(self) -> list[BindingUpdate]:
        """The updates among what was done last."""
        return [m for m in self._messages() if isinstance(m, BindingUpdate)]

    def advertisements(self) -> list[RouterAdvertisement]:
        return [m for m in self._messages() if isinstance(m, RouterAdvertisement)]

    def events(self) -> list[str]:
        return [action.event for action in self.actions if isinstance(action, do.Record)]

    def drops(self) -> list[str]:
        return [action.reason for action in self.actions if isinstance(action, do.Drop)]

    def state(self, octets: bytes = NODE) -> str:
        """The state of a node's entry; empty where there is none."""
        rows = {row["link_layer_address"]: row["state"] for row in self.core.bindings(self.now)}
        return str(rows.get(octets.hex(":"), ""))

    def _messages(self) -> list[Any]:
        return [action.message for action in self.actions if isinstance(action, do.SendMessage)]

    def _add(self, actions: Any) -> None:
        self.actions += actions
        self.asked += [
            action.message
            for action in actions
            if isinstance(action, do.SendMessage) and isinstance(action.message, BindingUpdate)
        ]


def opened(interface: str = ACCESS, prefix: Prefix = HOME) -> list[Any]:
    """The routes that serve a node, in order."""
    address = Address(prefix.network[:8] + HOME_ADDRESS[8:])
    return [
        do.AddRoute(prefix, interface=interface),
        do.AddNeighbor(interface, address, NODE),
        do.AddRoute(ALL_ZERO, tunnel=LMA, source=prefix),
    ]


def closed(interface: str = ACCESS, prefix: Prefix = HOME) -> list[Any]:
    """What takes them back, in order."""
    address = Address(prefix.network[:8] + HOME_ADDRESS[8:])
    return [
        do.RemoveRoute(prefix),
        do.RemoveRoute(ALL_ZERO, source=prefix),
        do.RemoveNeighbor(interface, address),
    ]


def kinds(actions: list[Any]) -> list[type]:
    return [type(action) for action in actions]
