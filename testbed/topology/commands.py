"""What agents may be told: commands of their role, and the arguments of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.topology.document import Location


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers from 0 to ``highest``, and null too where that ``or_null`` means something."""

    highest: int
    or_null: bool = False

    def has(self, value: object) -> bool:
        """Say whether ``value`` is one of them."""
        if value is None:
            return self.or_null
        return type(value) is int and 0 <= value <= self.highest

    def __str__(self) -> str:
        return f"a whole number of 0 to {self.highest}" + (" or null" if self.or_null else "")


Commands = Mapping[str, tuple[str, ...] | Mapping[str, Numbers]]
"""The names of the arguments of each command, or what each of them may be."""


class Misunderstood(Exception):
    """An agent would not know what it is told; ``location`` is below the step that tells it."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        super().__init__(message)


def check_command(
    who: str, role: str, known: Commands, command: str, arguments: Mapping[str, object]
) -> None:
    """Raise Misunderstood unless ``command`` is ``known``, and has arguments that it takes."""
    if command not in known:
        said = f"{who} has no command {command!r}: as {role} it knows {', '.join(known) or 'none'}"
        raise Misunderstood(("command",), said)
    declared = known[command]
    takes = ", ".join(declared)
    for name, value in arguments.items():
        if name not in declared:
            said = f"{command} of {who} has no argument {name!r}: it takes {takes or 'none'}"
            raise Misunderstood(("with", name), said)
        if isinstance(declared, Mapping) and not declared[name].has(value):
            said = f"{name} should be {declared[name]}, not {value!r}"
            raise Misunderstood(("with", name), said)
    if takes and not arguments:
        raise Misunderstood((), f"{command} of {who} lacks arguments, in `with`: {takes}")
