"""Figure 1 of the draft as a world of real cores: home, two access links, two domains with DHPs.

Virtual time jumps from event to event; a test chooses what happens to each message.
"""

from __future__ import annotations

from typing import Any

from dmipv6_net import DELAY, Net, Sent, octets_of
from dmipv6_nodes import (
    DHPS,
    HA,
    HOA,
    LINKS,
    MAC,
    MN,
    WLAN,
)
from pmipv6_world import START

from agents.core import actions as do
from agents.core.events import (
    CarrierDown,
    CarrierUp,
    Command,
    LinkDown,
    LinkQuality,
    LinkUp,
    PeerHeard,
)
from agents.wire.address import Address
from agents.wire.dmipv6_messages import MulticastDhpAcknowledgement
from agents.wire.icmpv6_messages import (
    RouterAdvertisement,
)


class World(Net):
    """The mobile node and everybody it talks to: what a test does with them, and looks at."""

    # --- what a test does ---------------------------------------------------------------------

    def kill(self, *names: str) -> None:
        """Let nodes vanish with all that they route."""
        for name in names:
            node = self.nodes[name]
            node.core = None
            self.mute |= node.addresses

    def attach(self, link: str) -> None:
        if self.link is not None:
            self.detach()
        self.link = link
        self.give("mn", CarrierUp(WLAN))
        if link in self.rates:
            self.give("mn", LinkQuality(WLAN, self.rates[link]))
        self.give(LINKS[link], LinkUp(link, MAC))

    def detach(self) -> None:
        assert self.link is not None
        link, self.link = self.link, None
        self.give("mn", CarrierDown(WLAN))
        self.give(LINKS[link], LinkDown(link, MAC))

    def ready(self, link: str = "wlan1") -> World:
        """Let the mobile node come, and its first binding stand."""
        self.attach(link)
        self.run(3)
        return self

    def command(self, name: str, command: str, **arguments: Any) -> str:
        token = f"t{next(self._order)}"
        self.give(name, Command(command, arguments, token))
        return token

    def open(self, flow: str, destination: Address, wait: float = 10, **more: Any) -> Any:
        """Open a flow, and return what its program is told within ``wait`` seconds."""
        arguments = {"flow": flow, "destination": str(destination), "protocol": 17, "port": 5060}
        token = self.command("mn", "open_flow", **{**arguments, **more})
        self.run(wait)
        return self.replies.get(token)

    def close(self, flow: str) -> Any:
        return self.replies.get(self.command("mn", "close_flow", flow=flow))

    def hear(self, home: Address, peer: Address) -> None:
        self.give("mn", PeerHeard(home, peer))

    def forge(self, node: str, message: Any, source: Address, **more: Any) -> None:
        """Let a message arrive at ``node`` that nobody has sent."""
        destination = more.pop("destination", self.nodes[node].address)
        action = do.SendMessage(message, source, destination, **more)
        self._hand(node, action, octets_of(action))

    # --- what a test looks at -----------------------------------------------------------------

    def records(self, event: str, node: str = "mn") -> list[dict[str, Any]]:
        return [
            dict(action.details)
            for _, name, action in self.log
            if name == node and isinstance(action, do.Record) and action.event == event
        ]

    def drops(self, node: str = "mn") -> list[str]:
        return [a.reason for _, name, a in self.log if name == node and isinstance(a, do.Drop)]

    def messages(self, *names: str, since: float = 0.0) -> list[Sent]:
        return [s for s in self.sent if s.name in names and s.at >= START + since]

    def rows(self, name: str) -> list[dict[str, Any]]:
        core = self.nodes[name].core
        assert core is not None
        return [dict(row) for row in core.bindings(self.now)]

    def assert_works(self, source: Address, destination: Address, way: str) -> None:
        """Packets go both ways, and that way."""
        assert self.up(source, destination) == way, self.story()
        assert self.down(source, destination) == way, self.story()

    def story(self) -> str:
        lines = [f"seed {self.seed}"]
        for at, name, action in self.log:
            routine = isinstance(action, do.SendMessage) and isinstance(
                action.message, RouterAdvertisement | MulticastDhpAcknowledgement
            )
            if not routine:
                lines.append(f"{at - START:9.4f} {name} {str(action)[:200]}")
        return "\n".join(lines)


__all__ = ["DELAY", "DHPS", "HA", "HOA", "MN", "World"]
