"""Arguments and options that several verbs share, with their completion in the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

Function = TypeVar("Function", bound=Callable[..., Any])


class TopologyPath(click.ParamType[str]):
    """A topology's file, its folder, or the name of one that comes with the testbed."""

    name = "topology"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        """Return it; click's error for an empty one, which would be the present folder."""
        if value == "":
            self.fail("it is empty: name a topology, . for the one here", parameter, context)
        return str(value)

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the topologies that come with the testbed, and files."""
        from testbed.protocols.shelf import shelved

        names = [CompletionItem(name) for name in shelved() if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


class Folder(click.Path):
    """A folder, there or not; the empty name of a variable that is not set would be the present."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Return the path; click's error for an empty one."""
        if value == "":
            self.fail("it is empty: name a folder, . for this one", parameter, context)
        return super().convert(value, parameter, context)


class ProtocolName(click.ParamType[str]):
    """The name of a protocol; whether it is known is said where the topology is loaded."""

    name = "protocol"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the known protocols."""
        from testbed.protocols.registry import PROTOCOLS

        return [CompletionItem(name) for name in PROTOCOLS if name.startswith(incomplete)]


def topology_argument(function: Function) -> Function:
    """Add the argument TOPOLOGY."""
    return click.argument("topology", type=TopologyPath())(function)


def protocol_option(function: Function) -> Function:
    """Add the option --protocol."""
    said = "Run this protocol instead of the one that the topology names."
    return click.option("--protocol", type=ProtocolName(), help=said)(function)


def scenario_option(function: Function) -> Function:
    """Add the option --scenario."""
    said = "Take flows, timeline, expect, duration and seed from this file."
    return click.option("--scenario", type=click.Path(dir_okay=False), help=said)(function)


def seed_option(function: Function) -> Function:
    """Add the option --seed."""
    return click.option("--seed", type=int, help="Draw random moves from this seed.")(function)


def repeat_option(function: Function) -> Function:
    """Add the option --repeat."""
    said = "Run N times, with consecutive seeds, and print the statistics over the runs."
    option = click.option("--repeat", type=click.IntRange(1), default=1, metavar="N", help=said)
    return option(function)


def out_option(function: Function) -> Function:
    """Add the option --out."""
    said = "Leave the run in this folder instead of results/NAME/TIME."
    return click.option("--out", type=Folder(), help=said)(function)


def play_options(function: Function) -> Function:
    """Add what says what to play, how often and where to: TOPOLOGY and five options."""
    for add in (out_option, repeat_option, seed_option, scenario_option, protocol_option):
        function = add(function)
    return topology_argument(function)


def json_option(function: Function) -> Function:
    """Add the option --json of the verbs that play a topology."""
    said = "Print result.json (or statistics.json)."
    return click.option("--json", "as_json", is_flag=True, help=said)(function)
