"""Moves: a mobile's cable is unplugged from one access link's bridge and plugged into another's."""

from __future__ import annotations

from time import monotonic

from testbed.emulated import rtnetlink
from testbed.emulated.agents import Agents
from testbed.emulated.journal import Journal
from testbed.emulated.links.wiring import Wiring
from testbed.emulated.loop import Loop
from testbed.topology.network import Network


class Mover:
    """Attaches, detaches and moves mobiles, and reports it as an access point would.

    The access router's agent hears of it at once; the mobile's kernel sees carrier come and go.
    """

    def __init__(
        self, network: Network, wiring: Wiring, agents: Agents, journal: Journal, loop: Loop
    ) -> None:
        self._network = network
        self._wiring = wiring
        self._agents = agents
        self._journal = journal
        self._loop = loop
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

    def recall(self, router: str) -> None:
        """Tell the agent of ``router``, which has just started, which mobiles are attached there.

        An access point that asks anew for its associations learns as much.
        """
        for interface, access in self._on.items():
            place = self._network.accesses[access]
            if place.router == router:
                mobile = self._wiring.ports[interface].interface
                self._agents.tell(router, "link_up", place.interface, mobile.mac)

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
            self._agents.tell(place.router, event, place.interface, mobile.mac)
        self._journal.log_at(at, event, subject=mobile.node, interface=interface, access=access)

    def _announce(self, step: str, interface: str, origin: str, target: str) -> None:
        subject = self._wiring.ports[interface].interface.node
        details = {"subject": subject, "interface": interface, "from": origin, "to": target}
        self._journal.log(step, **details)
