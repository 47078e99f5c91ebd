"""Moves: a mobile's cable is unplugged from one access link's bridge and plugged into another's."""

from __future__ import annotations

from time import monotonic

from testbed.emulated import rtnetlink
from testbed.emulated.agents import Agents
from testbed.emulated.journal import Journal
from testbed.emulated.links.wiring import Wiring
from testbed.emulated.loop import Loop
from testbed.topology.network import Access, Interface, LinkSettings, Network


class Mover:
    """Attaches, detaches and moves mobiles, and reports it as an access point would.

    The access router's agent hears of it at once; the mobile's kernel sees carrier come and go,
    and its agent, if it has one, hears of what the link is capable of as from a driver.
    """

    def __init__(
        self, network: Network, wiring: Wiring, agents: Agents, journal: Journal, loop: Loop
    ) -> None:
        self._network = network
        self._wiring = wiring
        self._agents = agents
        self._journal = journal
        self._loop = loop
        self._rates = {name: each.settings.rate for name, each in network.accesses.items()}
        self._on: dict[str, str] = {}
        self._heading: dict[str, str] = {}  # where an interface will come up after its gap

    def where(self, interface: str) -> str:
        """Return the access link that ``interface`` is on, "" where it is on none."""
        return self._on.get(interface, "")

    def attach(self, interface: str, access: str) -> None:
        """Bring ``interface`` up on ``access`` now."""
        self._announce("attach", interface, self.where(interface), access)
        self._up(interface, access)

    def detach(self, interface: str) -> None:
        """Take ``interface`` off the access link that it is on."""
        self._announce("detach", interface, self.where(interface), "")
        self._down(interface)

    def move(self, interface: str, access: str, gap: float, silently: bool = False) -> None:
        """Take ``interface`` off its link now, and bring it up on ``access`` after ``gap`` s.

        ``silently``: the access router that it leaves is not told, as where an access point
        notices the loss of a node late or never.
        """
        self._announce("move", interface, self.where(interface), access)
        self._down(interface, silently)
        # Counted from the loss of the link, not from the request for it: on a busy machine the
        # kernel may take its time, and the mobile would be without a link for less than the gap.
        lost_at = monotonic()
        self._heading[interface] = access
        self._loop.at(lost_at + gap, lambda: self._arrive(interface, access))

    def recall(self, node: str) -> None:
        """Tell the agent of ``node``, which has just started, what it would have heard of links.

        That is which mobiles are attached, as an access point that asks anew for its associations
        learns, and what a mobile's own links are capable of.
        """
        for interface, access in self._on.items():
            place, mobile = self._network.accesses[access], self._wiring.ports[interface].interface
            if place.router == node:
                self._tell_router("link_up", place, mobile)
            if mobile.node == node:
                self._tell_quality(mobile, access)

    def changed(self, access: str, settings: LinkSettings) -> None:
        """Take note that ``access`` treats packets by ``settings`` now; other links are ignored."""
        if access not in self._rates:
            return
        self._rates[access] = settings.rate
        for interface, here in self._on.items():
            if here == access:
                self._tell_quality(self._wiring.ports[interface].interface, access)

    def _arrive(self, interface: str, access: str) -> None:
        if self._heading.get(interface) == access:
            self._up(interface, access)

    def _down(self, interface: str, silently: bool = False) -> None:
        self._heading.pop(interface, None)
        access = self._on.pop(interface, None)
        if access is None:
            return
        index = self._wiring.ports[interface].index
        self._wiring.requests.send(
            [
                rtnetlink.set_up(index, False, interface),
                rtnetlink.set_master(index, 0, interface),
            ]
        )
        self._report("link_down", interface, access, silently)

    def _up(self, interface: str, access: str) -> None:
        self._down(interface)
        port = self._wiring.ports[interface]
        # First, so that the agent knows what has come up by the time that it sees the carrier.
        self._tell_quality(port.interface, access)
        self._wiring.requests.send(
            [
                rtnetlink.set_master(port.index, self._wiring.bridges[access], interface),
                rtnetlink.isolate(port.index, interface),
                rtnetlink.forward(port.index, port.interface.mac, interface),
                rtnetlink.set_up(port.index, True, interface),
            ]
        )
        self._on[interface] = access
        self._report("link_up", interface, access)

    def _report(self, event: str, interface: str, access: str, silently: bool = False) -> None:
        at = monotonic()
        mobile = self._wiring.ports[interface].interface
        place = self._network.accesses[access]
        if not silently:
            self._tell_router(event, place, mobile)
        self._journal.log_at(at, event, subject=mobile.node, interface=interface, access=access)

    def _tell_router(self, event: str, access: Access, mobile: Interface) -> None:
        told = {"interface": access.interface, "link_layer_address": mobile.mac}
        self._agents.tell(access.router, event, **told)

    def _tell_quality(self, mobile: Interface, access: str) -> None:
        rate = self._rates[access]
        self._agents.tell(mobile.node, "link_quality", interface=mobile.name, rate=rate)

    def _announce(self, step: str, interface: str, origin: str, target: str) -> None:
        subject = self._wiring.ports[interface].interface.node
        details = {"subject": subject, "interface": interface, "from": origin, "to": target}
        self._journal.log(step, **details)
