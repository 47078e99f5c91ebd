"""What agents may be told: commands of their role, and the arguments of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from testbed.topology.document import Location

Commands = Mapping[str, tuple[str, ...]]
"""The names of the arguments of each command."""


class Misunderstood(Exception):
    """An agent would not know what it is told; ``location`` is below the step that tells it."""

    def __init__(self, location: Location, message: str) -> None:
        self.location = location
        super().__init__(message)


def check_command(
    who: str, role: str, known: Commands, command: str, arguments: Collection[str]
) -> None:
    """Raise Misunderstood unless ``command`` is ``known``, and has arguments that it takes."""
    if command not in known:
        said = f"{who} has no command {command!r}: as {role} it knows {', '.join(known) or 'none'}"
        raise Misunderstood(("command",), said)
    takes = ", ".join(known[command])
    for name in arguments:
        if name not in known[command]:
            said = f"{command} of {who} has no argument {name!r}: it takes {takes or 'none'}"
            raise Misunderstood(("with", name), said)
    if takes and not arguments:
        raise Misunderstood((), f"{command} of {who} lacks arguments, in `with`: {takes}")
