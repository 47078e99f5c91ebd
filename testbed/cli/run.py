"""`dmm-testbed run`: build a topology on this machine and play it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.cli.arguments import json_option, play_options
from testbed.cli.errors import InputError
from testbed.cli.shown import show

if TYPE_CHECKING:
    from testbed.emulated.options import Options
    from testbed.emulated.outcome import Outcome
    from testbed.topology.network import Network

_EPILOG = """\b
Examples:
  sudo dmm-testbed run pmipv6
  sudo dmm-testbed run pmipv6 --repeat 10 --json > statistics.json
  sudo dmm-testbed run my-topology.yaml --scenario walk.yaml --seed 7 --out /tmp/walk
  sudo dmm-testbed run pmipv6 --cli
  dmm-testbed run pmipv6 --dry-run
"""


@click.command(epilog=_EPILOG)
@play_options
@click.option(
    "--cli",
    "prompt",
    is_flag=True,
    help="Open Mininet's prompt in the running network; `play` there plays the timeline.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be built and played, and end.")
@click.option(
    "--links",
    type=click.Choice(["auto", "netem", "delay-line"]),
    default="auto",
    envvar="DMM_TESTBED_LINKS",
    show_envvar=True,
    help="How links get delay, jitter, loss and rate; auto takes what the kernel offers.",
)
@click.option(
    "--snaplen",
    type=click.IntRange(96, 262144),
    help="How many octets of each packet the captures keep (256, or what the protocol needs).",
)
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
    prompt: bool,
    dry_run: bool,
    links: str,
    snaplen: int | None,
    as_json: bool,
) -> None:
    """Build TOPOLOGY in namespaces of its own, play its timeline, capture, measure, tear down.

    Needs root, or a system that lets users make namespaces. Whatever ends it, Ctrl-C included,
    it leaves nothing on the machine but its folder. Exit status: 0 all expectations hold, 1 one
    fails or the run broke off, 2 the input is wrong or the machine cannot do it.
    """
    from testbed.protocols import load_runs

    if dry_run and (prompt or as_json):
        other = "--cli" if prompt else "--json"
        raise InputError(f"--dry-run and {other} do not go together: nothing is built or played")
    networks = load_runs(topology, protocol, scenario, seed, repeat)
    if dry_run:
        _print_plan(networks[0], links)
        return
    if prompt and repeat > 1:
        raise InputError("--cli and --repeat do not go together: a prompt is for one run")
    outcomes = _run_all(networks, out, _options(links, snaplen, prompt))
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    if results:
        folder = outcomes[0].folder
        show(results, folder.parent if repeat > 1 else folder, as_json)
    context.exit(max(outcome.status for outcome in outcomes))


def _options(links: str, snaplen: int | None, prompt: bool) -> Options:
    from testbed.emulated.links.choice import Way
    from testbed.emulated.options import Options

    return Options(None if links == "auto" else Way(links), snaplen, prompt)


def _run_all(networks: Sequence[Network], out: Path | None, options: Options) -> list[Outcome]:
    """Run one network after the other, up to the first that breaks off."""
    from testbed.emulated import run
    from testbed.emulated.errors import EmulationError
    from testbed.emulated.folder import choose

    outcomes = []
    try:
        root = choose(out, networks[0].name).root
        for number, network in enumerate(networks, start=1):
            folder = root / str(number) if len(networks) > 1 else root
            outcomes.append(run(network, folder, options))
            if outcomes[-1].result is None:
                break
    except EmulationError as error:
        raise InputError(str(error)) from error
    return outcomes


def _print_plan(network: Network, links: str) -> None:
    from testbed.cli.output import console
    from testbed.emulated.plan import print_plan

    print_plan(network, console(), links)
