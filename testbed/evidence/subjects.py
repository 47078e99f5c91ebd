"""Which mobile node, and which of its interfaces, a message or an agent's event is about."""

from __future__ import annotations

from collections.abc import Iterable

from agents.wire.address import Address, Prefix
from agents.wire.draft_numbers import SessionRole
from agents.wire.options import (
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    SessionHomeAddress,
)
from testbed.evidence.observed import LogEvent, Sighting
from testbed.topology.network import Network

ASSIGNED = "address_assigned"
Subject = tuple[str, str]  # a mobile and its interface, "" where only the mobile is known


class Subjects:
    """Which mobile, and which of its interfaces, a message or an event is about.

    ``events`` tell which addresses routers have assigned to mobiles while the network ran.
    """

    def __init__(self, network: Network, events: Iterable[LogEvent] = ()) -> None:
        self._mobiles = {
            node.mobile.identifier: node.name for node in network.nodes.values() if node.mobile
        }
        self._names = frozenset(self._mobiles.values())
        self._macs = {
            bytes.fromhex(interface.mac.replace(":", "")): interface.name
            for name in self._names
            for interface in network.nodes[name].interfaces
        }
        self._prefixes = _homes(network)
        self._homes = sorted(
            ((Prefix.parse(text), home) for text, home in self._prefixes.items()),
            key=lambda each: -each[0].length,
        )
        self._at_home: dict[Address, Subject | None] = {}
        self._assigned = {
            str(event.details["address"]): node
            for event in events
            if event.event == ASSIGNED and event.node not in self._names
            if (node := self._named(event))
        }

    def of_message(self, sighting: Sighting) -> Subject | None:
        """Return the mobile of a message and its interface ("" where the message names none)."""
        node, interface = sighting.node if sighting.node in self._names else "", ""
        for option in getattr(sighting.message, "options", ()):
            if isinstance(option, MobileNodeIdentifier):
                node = self.named(option.identifier.decode(errors="replace"))
            elif isinstance(option, MobileNodeLinkLayerIdentifier):
                interface = self._macs.get(option.identifier, "")
            elif isinstance(option, SessionHomeAddress) and option.role == SessionRole.MOVED_NODE:
                node = node or self._assigned.get(str(option.address), "")
        return (node, interface) if node else None

    def named(self, identifier: str) -> str:
        """Return the mobile with this identifier, "" where there is none."""
        return self._mobiles.get(identifier, "")

    def of_address(self, address: Address) -> Subject | None:
        """Return the mobile whose home address this is, or in whose home prefix it lies."""
        if address not in self._at_home:
            homes = (home for prefix, home in self._homes if prefix.contains(address))
            self._at_home[address] = next(homes, None)
        return self._at_home[address]

    def of_event(self, event: LogEvent) -> Subject | None:
        """Return the mobile of an agent's event: by home prefix, by identifier, or as its actor."""
        for key in ("prefix", "source"):
            prefix = str(event.details.get(key))
            if found := self._prefixes.get(prefix):
                return found
            if node := self._assigned.get(prefix.removesuffix("/128")):
                return node, ""
        node = self._named(event) or (event.node if event.node in self._names else "")
        node = node or self._mobiles.get(event.node, "")
        return (node, "") if node else None

    def _named(self, event: LogEvent) -> str:
        """Return the mobile whose identifier an event names, "" where it names none."""
        names = (str(event.details.get(key)) for key in ("subject", "node"))
        return next((self._mobiles[name] for name in names if name in self._mobiles), "")


def _homes(network: Network) -> dict[str, Subject]:
    """Return whose each home prefix is, if it is one interface's alone, and each home address."""
    owners: dict[str, set[Subject]] = {}
    for node in network.nodes.values():
        mobile = node.mobile
        for interface in mobile.home_prefixes if mobile else ():
            assert mobile is not None
            texts = [*mobile.home_prefixes[interface]]
            texts += [f"{address}/128" for address in mobile.home_addresses.get(interface, ())]
            for text in texts:
                owners.setdefault(text, set()).add((node.name, interface))
    return {text: owner for text, (owner, *others) in owners.items() if not others}
