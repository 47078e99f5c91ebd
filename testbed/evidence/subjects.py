"""Which mobile node, and which of its interfaces, a message or an agent's event is about."""

from __future__ import annotations

from agents.wire.address import Address, Prefix
from agents.wire.options import MobileNodeIdentifier, MobileNodeLinkLayerIdentifier
from testbed.evidence.observed import LogEvent, Sighting
from testbed.topology.network import Network

Subject = tuple[str, str]  # a mobile and its interface, "" where only the mobile is known


class Subjects:
    """Which mobile, and which of its interfaces, a message or an event is about."""

    def __init__(self, network: Network) -> None:
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

    def of_message(self, sighting: Sighting) -> Subject | None:
        """Return the mobile of a message and its interface ("" where the message names none)."""
        node, interface = sighting.node if sighting.node in self._names else "", ""
        for option in getattr(sighting.message, "options", ()):
            if isinstance(option, MobileNodeIdentifier):
                node = self._mobiles.get(option.identifier.decode(errors="replace"), "")
            elif isinstance(option, MobileNodeLinkLayerIdentifier):
                interface = self._macs.get(option.identifier, "")
        return (node, interface) if node else None

    def of_address(self, address: Address) -> Subject | None:
        """Return the mobile whose home address this is, or in whose home prefix it lies."""
        if address not in self._at_home:
            homes = (home for prefix, home in self._homes if prefix.contains(address))
            self._at_home[address] = next(homes, None)
        return self._at_home[address]

    def of_event(self, event: LogEvent) -> Subject | None:
        """Return the mobile of an agent's event: by home prefix, by identifier, or as its actor."""
        for key in ("prefix", "source"):
            if found := self._prefixes.get(str(event.details.get(key))):
                return found
        for key in ("subject", "node"):
            if node := self._mobiles.get(str(event.details.get(key))):
                return node, ""
        node = event.node if event.node in self._names else self._mobiles.get(event.node)
        return (node, "") if node else None


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
