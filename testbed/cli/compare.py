"""`dmm-testbed compare`: one scenario under several protocols, or runs that exist, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from testbed.cli.arguments import Folder, TopologyPath, scenario_option, seed_option
from testbed.cli.errors import UNUSABLE, InputError
from testbed.cli.output import console

if TYPE_CHECKING:
    from testbed.comparison.gathered import Gathered
    from testbed.comparison.playing import Comparison, Play
    from testbed.topology.network import Network

MOST = 200  # repetitions
FAILED = 1
_OF_PLAYS = ("protocols", "repeat", "simulate", "scenario", "seed")
_BROKEN_OFF = "the run broke off and left no result.json"
_EPILOG = """\b
Examples:
  dmm-testbed compare comparison --simulate --repeat 10
  sudo dmm-testbed compare topologies/comparison --protocols all --repeat 10
  sudo dmm-testbed compare comparison --protocols pmipv6,sdpmip --out /tmp/two
  dmm-testbed compare results/comparison/20261121-101500 results/comparison/20261121-104000
"""


@click.command(epilog=_EPILOG)
@click.argument(
    "targets", nargs=-1, required=True, type=TopologyPath(), metavar="TOPOLOGY | RUN..."
)
@click.option(
    "--protocols",
    default="all",
    show_default=True,
    help="Which protocols, separated by commas; those that the topology does not fit are named.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, MOST),
    default=1,
    metavar="N",
    help="Run N times under each protocol, with consecutive seeds; from 2 on there are intervals.",
)
@click.option("--simulate", is_flag=True, help="In virtual time: seconds, and without root.")
@scenario_option
@seed_option
@click.option(
    "--out",
    type=Folder(),
    help="Leave the comparison, and its runs, in this folder.",
)
@click.pass_context
def command(
    context: click.Context,
    targets: tuple[str, ...],
    protocols: str,
    repeat: int,
    simulate: bool,
    scenario: str | None,
    seed: int | None,
    out: Path | None,
) -> None:
    """Lay protocols side by side: which loses least, which signals most, and why.

    With a TOPOLOGY its scenario is played under each protocol; with folders of runs (or of
    several runs) those are read. Leaves comparison.html, runs.csv and summary.csv, and prints a
    table. Exit status: 0 all expectations hold in all runs, 1 one fails or a run broke off, 2 the
    input is wrong or the machine cannot do it.
    """
    from testbed.comparison.errors import NotComparable

    try:
        if _are_runs(targets):
            _refuse_play(context)
            found = _existing(targets)
            context.exit(_show(found, out or _place(None, str(found.runs[0].document["name"]))))
        plans = _plans(targets[0], protocols, scenario, seed, repeat)
        context.exit(_play(plans, simulate, out))
    except NotComparable as error:
        raise InputError(str(error)) from error


def _are_runs(targets: Sequence[str]) -> bool:
    """Say whether these are folders of runs, and not one topology; InputError for neither."""
    from testbed.comparison.gathered import broken_off, run_folders

    absent = [each for each in targets if not run_folders(Path(each))]
    for each in absent:
        if Path(each).name == "result.json":
            raise InputError(f"{each} is a file of a run: give its folder, {Path(each).parent}")
        if broken := broken_off(Path(each)):
            raise InputError(f"{broken[0]}: {_BROKEN_OFF}: run it again, and compare that run")
    if absent and len(targets) > 1:
        said = "holds no result.json: give one topology, or folders of runs"
        raise InputError(f"{absent[0]} {said}")
    return not absent


def _refuse_play(context: click.Context) -> None:
    """Raise for an option that says how to play, where runs are given that exist."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in _OF_PLAYS and source is ParameterSource.COMMANDLINE:
            said = "says how to play a topology, and these are runs that exist: leave it out"
            raise InputError(f"{option.opts[0]} {said}")


def _existing(targets: Sequence[str]) -> Comparison:
    """Read runs that exist; whether their expectations held counts as it did then."""
    from testbed.comparison.gathered import broken_off, gather
    from testbed.comparison.playing import Comparison

    folders = [Path(each) for each in targets]
    runs = gather(folders)
    troubles = [f"{each}: {_BROKEN_OFF}" for folder in folders for each in broken_off(folder)]
    return Comparison(runs, [_status(run) for run in runs], troubles)


def _status(run: Gathered) -> int:
    return 0 if all(check["holds"] for check in run.document.get("checks", ())) else FAILED


def _plans(
    topology: str, protocols: str, scenario: str | None, seed: int | None, repeat: int
) -> list[list[Network]]:
    """Load the topology for each protocol and repetition."""
    from testbed.comparison.stagger import staggered
    from testbed.protocols import load_runs
    from testbed.topology.errors import TopologyError

    plans: list[list[Network]] = []
    refusals: list[TopologyError] = []
    for name in _names(protocols):
        try:
            loaded = load_runs(topology, name, scenario, seed, repeat)
        except TopologyError as error:
            if protocols != "all":
                raise
            refusals.append(error)
        else:
            plans.append([staggered(network) for network in loaded])
    if not plans:
        raise refusals[0]
    for refusal in refusals:
        console(stderr=True).print(f"left out: {refusal}", style="yellow", soft_wrap=True)
    return plans


def _names(protocols: str) -> list[str]:
    """Return the protocols that --protocols names; InputError for one that is not known."""
    from testbed.protocols.registry import PROTOCOLS

    if protocols == "all":
        return list(PROTOCOLS)
    names = list(dict.fromkeys(each.strip() for each in protocols.split(",")))
    for name in names:
        if name not in PROTOCOLS:
            known = f"known: {', '.join(PROTOCOLS)}; or give all"
            raise InputError(f"--protocols: unknown protocol {name!r}: {known}")
    return names


def _place(out: Path | None, name: str) -> Path:
    """Return the folder of a new comparison."""
    from testbed.evidence.folders import place_for

    return place_for(out, f"{name}-compared", datetime.now().astimezone())


def _play(plans: Sequence[Sequence[Network]], simulate: bool, out: Path | None) -> int:
    from testbed.comparison.playing import play_all
    from testbed.emulated.folder import RunFolder

    notes = console(stderr=True)

    def tell(number: int, total: int, network: Network) -> None:
        said = f"run {number} of {total}: {network.protocol}, seed {network.seed}"
        notes.print(said, style="bold", soft_wrap=True)

    files = RunFolder(_place(out, plans[0][0].name).absolute())
    found = play_all(plans, files.root, _simulated() if simulate else _emulated(), tell)
    if not found.runs:
        raise InputError(found.troubles[0] if found.troubles else "no run came to its end")
    status = _show(found, files.root)
    files.give_back()
    return status


def _simulated() -> Play:
    from testbed.cli.simulate import play
    from testbed.comparison.gathered import Gathered
    from testbed.comparison.playing import Played

    notes, date = console(stderr=True), datetime.now().astimezone()

    def one(network: Network, folder: Path) -> Played:
        try:
            result = play(network, folder, date, notes)
        except InputError as error:
            return Played(UNUSABLE, None, error.message)
        return Played(0 if result.passed else FAILED, Gathered(result.document, network, folder))

    return one


def _emulated() -> Play:
    from testbed.comparison.gathered import Gathered
    from testbed.comparison.playing import Played
    from testbed.emulated import run
    from testbed.emulated.errors import EmulationError

    def one(network: Network, folder: Path) -> Played:
        try:
            outcome = run(network, folder)
        except EmulationError as error:
            return Played(UNUSABLE, None, str(error))
        if outcome.result is None:
            return Played(outcome.status, None, f"broke off, see {outcome.folder}")
        document = outcome.result.document
        return Played(outcome.status, Gathered(document, network, outcome.folder))

    return one


def _show(found: Comparison, folder: Path) -> int:
    """Print the table, write page and CSV, and return the exit status."""
    from testbed.comparison.comparing import compare
    from testbed.comparison.table import print_comparison
    from testbed.comparison.writing import write

    compared = compare(found.runs, found.troubles)
    try:
        page = write(compared, folder)
    except OSError as error:
        raise InputError(f"cannot write {error.filename or folder}: {error.strerror}") from error
    print_comparison(compared, console(), page)
    return FAILED if found.troubles or any(found.statuses) else 0
