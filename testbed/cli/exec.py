"""`dmm-testbed exec`: run a command on a node of a running testbed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.emulated.running import Sandbox

_EPILOG = """\b
Examples:
  sudo dmm-testbed exec mn1 -- ip -6 route
  sudo dmm-testbed exec cn -- ping -c 3 2001:db8:1:8000:0:ff:fe07:0
  sudo dmm-testbed exec lma --run pmipv6-many -- bash
  sudo dmm-testbed exec mn1 --service voip -- iperf3 -c cn
"""


@click.command(epilog=_EPILOG)
@click.argument("node")
@click.argument("command_line", metavar="-- COMMAND...", nargs=-1, required=True)
@click.option("--run", "name", help="Name of the run, where several go on (or its process id).")
@click.option(
    "--service",
    help="Ask NODE's agent for the source address of a flow of this service, and run from there.",
)
@click.option("--to", help="With --service: the node or address that COMMAND talks to.")
@click.pass_context
def command(
    context: click.Context,
    node: str,
    command_line: Sequence[str],
    name: str | None,
    service: str | None,
    to: str | None,
) -> None:
    """Run COMMAND inside NODE of a testbed that runs, with its network, processes and mounts.

    With --service it runs as a flow that NODE's mobility protocol knows of: as a user (61000 to
    61099) whose packets get the address that the agent chose, with root's capabilities. Without
    --to the first argument of COMMAND that is a node or an address is where it talks to.

    The exit status is that of the command.
    """
    if to is not None and service is None:
        raise InputError("--to goes with --service: it says where the flow of a service goes")
    chosen = _choose(name)
    holder = chosen.holder(node)
    if holder is None:
        known = ", ".join(chosen.nodes) or "none yet"
        raise InputError(f"no node {node} in run {chosen.name}: there are {known}")
    if service is not None:
        from testbed.cli import service as services

        context.exit(services.run(chosen, node, service, to, command_line))
    enter = ["nsenter", "-t", str(holder), "-n", "-m", "-p"]
    if os.geteuid():
        enter += ["-U", "--preserve-credentials"]
    try:
        os.execvp("nsenter", [*enter, "--", *command_line])
    except OSError as error:
        raise InputError(f"cannot start nsenter: {error.strerror}") from error


def _choose(name: str | None) -> Sandbox:
    from testbed.emulated.running import sandboxes

    running = sandboxes()
    fitting = [each for each in running if name in (None, each.name, str(each.pid))]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{each.name} (process {each.pid})" for each in running)
    if not running:
        raise InputError("no testbed is running that you may enter: start one, or use sudo")
    if not fitting:
        raise InputError(f"no run {name}: there are {listed}")
    raise InputError(f"several testbeds are running, choose with --run: {listed}")
