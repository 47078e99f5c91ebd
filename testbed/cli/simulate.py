"""`dmm-testbed simulate`: play a topology in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.cli.arguments import json_option, play_options
from testbed.cli.errors import InputError
from testbed.cli.shown import show

if TYPE_CHECKING:
    from rich.console import Console

    from testbed.evidence.result import Result
    from testbed.simulated.run import Progress
    from testbed.topology.network import Network

_EPILOG = """\b
Examples:
  dmm-testbed simulate pmipv6
  dmm-testbed simulate pmipv6 --seed 7 --repeat 20
  dmm-testbed simulate my-topology.yaml --out /tmp/mine --json | jq .handovers
"""


@click.command(epilog=_EPILOG)
@play_options
@json_option
@click.pass_context
def command(
    context: click.Context,
    topology: str,
    protocol: str | None,
    scenario: str | None,
    seed: int | None,
    repeat: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Play a topology in virtual time: no root, no kernel, equal seeds give equal results.

    The protocol's roles are those of `run`; links, hosts and traffic are modelled. What is lost
    of a run's meaning is said: a flow that is a command of the user's is not simulated.
    """
    from rich.console import Console

    from testbed.evidence.folders import place_for
    from testbed.protocols import load_runs

    networks = load_runs(topology, protocol, scenario, seed, repeat)
    date = datetime.now().astimezone()
    folder = place_for(out, networks[0].name, date)
    folders = [folder / str(n) for n in range(1, repeat + 1)] if repeat > 1 else [folder]
    notes = Console(stderr=True)
    results = [
        play(network, place, date, notes) for network, place in zip(networks, folders, strict=True)
    ]
    _warn(networks[0], notes)
    show(results, folder, as_json)
    context.exit(0 if all(result.passed for result in results) else 1)


def play(network: Network, folder: Path, date: datetime, notes: Console) -> Result:
    """Play ``network``, measure, and leave the folder of the run; progress goes to ``notes``."""
    from testbed.evidence.result import measure
    from testbed.simulated.folder import write_folder
    from testbed.simulated.run import simulate

    with _progress(network, notes) as progress:
        run = simulate(network, progress)
    result = measure(network, run.sightings, run.events, run.captures, "simulated")
    try:
        write_folder(folder, network, run, result, date.isoformat(timespec="seconds"))
    except OSError as error:
        raise InputError(f"cannot write {error.filename or folder}: {error.strerror}") from error
    return result


@contextmanager
def _progress(network: Network, notes: Console) -> Iterator[Progress]:
    """Show how much virtual time has passed, on a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    text = TextColumn("{task.completed:.1f} of {task.total:.1f} s of virtual time")
    columns = (TextColumn("{task.description}"), BarColumn(), text, TimeElapsedColumn())
    hidden = not notes.is_terminal
    with Progress(*columns, console=notes, transient=True, disable=hidden) as bar:
        task = bar.add_task(f"{network.name}, seed {network.seed}", total=network.duration)
        yield lambda reached: bar.update(task, completed=min(reached, network.duration))


def _warn(network: Network, notes: Console) -> None:
    """Say once what of the topology is not simulated."""
    flows = [flow.name for flow in network.flows.values() if flow.kind == "command"]
    steps = [f"line {step.line}" for step in network.timeline if step.kind == "run"]
    if flows or steps:
        which = ", ".join([*flows, *steps])
        said = f"not simulated, since only a real node can run commands: {which}"
        notes.print(said, style="yellow", soft_wrap=True, highlight=False)
