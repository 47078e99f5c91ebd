"""What a row of a ladder says of its message: the fields that one looks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agents.wire.address import UNSPECIFIED, Address
from agents.wire.numbers import Status
from agents.wire.options import (
    AlternateCareOfAddress,
    HandoffIndicator,
    HomeNetworkPrefix,
    SessionHomeAddress,
)
from testbed.evidence.ladder.rung import DATA, EVENT, Rung
from testbed.evidence.signalling import Owners
from testbed.topology.network import Network

_UNIT = 4  # s: the unit of a binding's lifetime (RFC 6275 §6.1.7)
_EVENTS = {
    "link_up": "link up",
    "link_down": "link down",
    "route_installed": "route installed",
    "route_removed": "route removed",
    "care_of_usable": "care-of address usable",
    "first_packet": "first packet",
}
_IN_UNITS = ("Binding", "DBU", "DBA")  # whose lifetime is counted in units


class Words:
    """Says what is in a rung; addresses are called by the nodes that have them."""

    def __init__(self, network: Network) -> None:
        self._owners = Owners(network)

    def title(self, rung: Rung) -> str:
        """Return what the rung is."""
        if rung.kind == DATA:
            around = {0: "", 1: " in a tunnel"}.get(rung.depth, f" in {rung.depth} tunnels")
            return f"packet of {rung.name}{around}"
        return _EVENTS.get(rung.name, rung.name) if rung.kind == EVENT else rung.name

    def details(self, rung: Rung) -> str:
        """Return the key fields of a message; empty where there are none."""
        if rung.message is None:
            return ""
        fields = (*self._of_header(rung), *self._of_options(rung.message))
        return ", ".join(field for field in fields if field)

    def _of_header(self, rung: Rung) -> Iterator[str]:
        message = rung.message
        for name, say in _HEADER.items():
            value = getattr(message, name, None)
            if value is not None and not callable(value):
                yield say(value, rung.name)
        for name in ("previous", "dhoa", "care_of_address"):
            address = getattr(message, name, None)
            if isinstance(address, bytes):
                yield f"{name.replace('_', '-')} {self._called(Address(address))}"

    def _of_options(self, message: Any) -> Iterator[str]:
        for option in getattr(message, "options", ()):
            match option:
                case HomeNetworkPrefix(prefix=prefix) if prefix.length == 128:
                    yield f"of {self._called(prefix.network)}"
                case HomeNetworkPrefix(prefix=prefix):
                    yield str(prefix)
                case AlternateCareOfAddress(address=address):
                    yield f"at {self._called(address)}"
                case SessionHomeAddress(address=address):
                    yield str(address)
                case HandoffIndicator(value=value):
                    yield f"HI {value}"

    def _called(self, address: Address) -> str:
        if address == UNSPECIFIED:
            return "none"
        return self._owners.name(address) or str(address)


def _lifetime(value: int, name: str) -> str:
    if any(part in name for part in _IN_UNITS):
        return f"lifetime {value * _UNIT} s" if value else "lifetime 0"
    return f"lifetime {value} s"


def _status(value: int, _: str) -> str:
    if value == 0:
        return "accepted"
    known = {int(each): each.name for each in Status}
    return f"status {value}" + (f" {known[value]}" if value in known else "")


_HEADER: Mapping[str, Callable[[int, str], str]] = {
    "status": _status,
    "result": lambda value, _: f"result {value}",
    "reason": lambda value, _: f"reason {value}",
    "lifetime": _lifetime,
    "router_lifetime": _lifetime,
    "sequence": lambda value, _: f"no. {value}",
}
