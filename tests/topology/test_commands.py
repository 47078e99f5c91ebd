"""The commands that protocols declare are those that the cores of their roles take."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from romip_world import World

import agents
from agents.core.actions import Drop, Record
from agents.core.core import Core
from agents.core.events import Command
from agents.roles import ROLES
from testbed.protocols import load
from testbed.protocols.registry import PROTOCOLS
from testbed.topology.commands import Misunderstood, check_command

TOPOLOGIES = {name: name for name in PROTOCOLS} | {
    "mipv6": "mipv6-ro",
    "flowbinding": "flow-binding",
}
ARGUMENTS = {
    "node": "mn1@home",
    "flow": "call",
    "service": "voip",
    "destination": "2001:db8:11::9",
    "protocol": 17,
    "port": 5001,
    "user": 3,
    "incoming": True,
}


class Watched(dict[str, Any]):
    """Arguments that note which of them were asked for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)


@cache
def words() -> frozenset[str]:
    """Return every text of the agents' sources: a core can compare a command with no other."""
    folder = Path(agents.__file__).parent
    found = (ast.walk(ast.parse(file.read_text())) for file in folder.rglob("*.py"))
    constants = (node.value for nodes in found for node in nodes if isinstance(node, ast.Constant))
    return frozenset(each for each in constants if isinstance(each, str) and each.isidentifier())


def cores(protocol: str) -> Iterator[tuple[str, Core]]:
    """Yield a core of each role in the topology of ``protocol``."""
    for agent in load(TOPOLOGIES[protocol], protocol=protocol).agents.values():
        yield agent.role, ROLES[protocol, agent.role](agent.config, Random(1))


def of_role(protocol: str, role: str) -> Core:
    return next(core for name, core in cores(protocol) if name == role)


def refuses(core: Core, command: str) -> bool:
    drops = [each for each in core.handle(Command(command), 1.0) if isinstance(each, Drop)]
    return any(
        each.reason == "unknown command" or "Command" in each.details.values() for each in drops
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_role_takes_the_commands_that_are_declared_and_no_others(protocol: str) -> None:
    declared, seen = PROTOCOLS[protocol].traits.commands, set()
    for role, core in cores(protocol):
        taken = {word for word in words() if not refuses(core, word)}
        assert taken == set(declared.get(role, {})), role
        seen.add(role)
    assert seen == {role for name, role in ROLES if name == protocol}


def reading(core: Core, command: str, arguments: Watched) -> set[str]:
    core.handle(Command(command, arguments), 1.0)
    return arguments.read


@pytest.mark.parametrize(
    ("protocol", "role"),
    [
        ("pmipv6", "mag"),
        ("spmip", "mag"),
        ("sdpmip", "mag"),
        ("flowbinding", "mag"),
        ("mipv6", "mn"),
        ("dmipv6", "mn"),
    ],
)
def test_commands_read_the_arguments_that_are_declared(protocol: str, role: str) -> None:
    for command, declared in PROTOCOLS[protocol].traits.commands[role].items():
        core = of_role(protocol, role)
        assert reading(core, command, Watched(ARGUMENTS)) == set(declared)


def test_commands_of_romip_read_the_arguments_that_are_declared() -> None:
    declared = PROTOCOLS["romip"].traits.commands["mn"]
    for command in declared:
        world = World()
        world.settle((1, "a1"))
        arguments = Watched(ARGUMENTS)
        world.tell(1, Command(command, arguments))
        assert arguments.read == set(declared[command])


def test_a_status_has_the_parts_that_are_declared() -> None:
    core = of_role("dmipv6", "dhp")
    taken = set()
    for word in words():
        actions = core.handle(Command("set_status", {word: 7}), 1.0)
        if any(isinstance(each, Record) and each.event == "status_set" for each in actions):
            taken.add(word)
    assert taken == set(PROTOCOLS["dmipv6"].traits.commands["dhp"]["set_status"])


STATUS = [(name, value) for name in ("load", "security") for value in (0, 255, 256, -1, None)] + [
    ("distance", True),
    ("distance", 2.0),
    ("capability", "7"),
]


@pytest.mark.parametrize(("name", "value"), STATUS)
def test_a_status_is_refused_where_the_home_proxy_would_not_take_it(
    name: str, value: object
) -> None:
    actions = of_role("dmipv6", "dhp").handle(Command("set_status", {name: value}), 1.0)
    taken = any(isinstance(each, Record) and each.event == "status_set" for each in actions)
    known = PROTOCOLS["dmipv6"].traits.commands["dhp"]
    try:
        check_command("dhp1", "dhp", known, "set_status", {name: value})
    except Misunderstood as error:
        assert not taken
        assert error.location == ("with", name)
        assert str(error).startswith(f"{name} should be a whole number of 0 to 255")
    else:
        assert taken
