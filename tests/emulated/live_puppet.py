"""A core on strings: it performs what commands say and records what it is told.

``python live_puppet.py DIR`` is the agents' parent with this core as its only role.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any

from agents.core import actions
from agents.core.actions import Action, Delivery, Record, Reply
from agents.core.events import Command, Event, LinkDown, LinkUp, MessageReceived, Started
from agents.core.flows import FlowSelector
from agents.live.parent import Parent
from agents.wire import icmpv6, mobility
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingRefreshRequest, BindingUpdate
from agents.wire.ndisc import RouterAdvertisement
from agents.wire.numbers import BindingUpdateFlag


def _itself(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "prefix": Prefix.parse,
    "source": lambda text: Prefix.parse(text) if "/" in text else Address.parse(text),
    "link_layer_address": bytes.fromhex,
    "link_layer_destination": bytes.fromhex,
    "delivery": Delivery,
    "interface": str,
    "message": lambda spelled: _message(spelled),
    "types": frozenset,
    "selector": lambda spelled: FlowSelector(**{k: _FIELDS[k](v) for k, v in spelled.items()}),
    "inner": lambda prefixes: tuple(map(Prefix.parse, prefixes)),
    **dict.fromkeys(("tunnelled", "reverse_path", "name", "protocol", "port", "user"), _itself),
    **dict.fromkeys(("priority", "idle_timeout", "interval"), _itself),
}
_FIELDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("source", "destination"), Prefix.parse),
    **dict.fromkeys(("source_ports", "destination_ports"), tuple),
    **dict.fromkeys(("protocol", "traffic_class"), _itself),
}
_MESSAGES = {
    "update": BindingUpdate(7, int(BindingUpdateFlag.PROXY), 10),
    "refresh": BindingRefreshRequest(),
    "advertisement": RouterAdvertisement(64, 0, 1800, 0, 0),
}


class Puppet:
    """Performs the actions of the command "perform", wakes after "sleep", records the rest.

    It answers the command "echo" at once, and "promise" when it is told to "keep" it.
    """

    def __init__(self, config: Mapping[str, Any], random: Random) -> None:
        self._initial = list(config.get("initial", ()))
        self._due: float | None = None
        self._promised = ""
        self._draw = random.random()
        if "refuse" in config:
            raise ValueError(config["refuse"])

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Record what happened, and obey."""
        match event:
            case Started():
                return [*map(action, self._initial), Record("came_up", {"draw": self._draw})]
            case MessageReceived():
                return [Record("heard", _heard(event))]
            case LinkUp() | LinkDown():
                name = type(event).__name__
                return [Record(name, {"mac": event.link_layer_address, "on": event.interface})]
            case Command(name="perform"):
                return [*map(action, event.arguments["actions"]), Record("performed")]
            case Command(name="sleep"):
                self._due = now + float(event.arguments["seconds"])
                return []
            case Command(name="echo"):
                return [Reply(event.token, event.arguments)]
            case Command(name="promise"):
                self._promised = event.token
                return []
            case Command(name="keep"):
                return [Reply(self._promised, event.arguments)]
        return [Record(type(event).__name__, _fields(event))]

    def tick(self, now: float) -> Sequence[Action]:
        """Record how late the deadline was kept."""
        due, self._due = self._due, None
        return [Record("woke", {"late": now - (due or now)})]

    def deadline(self) -> float | None:
        """Return when to wake."""
        return self._due

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return a row, to be told apart from any other."""
        return [{"prefix": Prefix.parse("2001:db8::/64"), "now": now}]


class Crashing(Puppet):
    """A puppet with a fault: any command breaks it."""

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Fail on a command."""
        if isinstance(event, Command):
            raise RuntimeError("the puppet's fault")
        return super().handle(event, now)


def action(spelled: Mapping[str, Mapping[str, Any]]) -> Action:
    """Return the action that ``{"AddRoute": {"prefix": "...", ...}}`` spells."""
    ((name, fields),) = spelled.items()
    values = {key: _READERS.get(key, Address.parse)(text) for key, text in fields.items()}
    made: Action = getattr(actions, name)(**values)
    return made


def _heard(event: MessageReceived) -> Mapping[str, Any]:
    return {
        "message": type(event.message).__name__,
        "from": event.source,
        "to": event.destination,
        "on": event.interface,
        "mac": event.link_layer_source,
        "octets": event.octets,
        "home_address": event.home_address,
        "routed_to": event.routed_to,
    }


def _fields(event: Event) -> Mapping[str, Any]:
    return {each.name: getattr(event, each.name) for each in fields(event)}


def _message(spelled: str) -> Any:
    """Return the message of that name, or the one that "mobility:HEX" or "icmpv6:HEX" spells."""
    family, _, digits = spelled.partition(":")
    if not digits:
        return _MESSAGES[spelled]
    parse = mobility.parse if family == "mobility" else icmpv6.parse
    return parse(bytes.fromhex(digits))


if __name__ == "__main__":
    Parent(
        Path(sys.argv[1]), {("puppet", "puppet"): Puppet, ("puppet", "crashing"): Crashing}
    ).run()
