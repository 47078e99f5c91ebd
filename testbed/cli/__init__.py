"""The command `dmm-testbed`: a verb per file, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from testbed.cli.errors import InputError
from testbed.topology.errors import TopologyError

# Each verb's module has a click command named `command`; the help is here so that listing the
# verbs imports none of them.
VERBS = {
    "run": "Build a topology on this machine, play its timeline, measure.",
    "simulate": "Play the same file in virtual time, without root.",
    "compare": "Lay protocols, or runs that exist, side by side: a table, a page, CSV.",
    "wireshark": "Let Wireshark show what the protocols say; open a run's capture in it.",
    "decode": "Say in words what a message, or each packet of a capture, holds.",
    "ladder": "Draw the messages of a handover, alone or beside a document's figure.",
    "trace": "Follow single packets of a run from interface to interface.",
    "validate": "Check a topology file and show what it resolves to.",
    "check": "Say what this machine offers, and what to install.",
    "list": "List protocols, roles and topologies.",
    "exec": "Run a command on a node of a running testbed.",
    "clean": "End what a testbed left behind, and only that.",
}

_EPILOG = """\b
Examples:
  sudo dmm-testbed run pmipv6
  dmm-testbed simulate pmipv6 --seed 7
  dmm-testbed validate my-topology.yaml
  dmm-testbed COMMAND --help

\b
Completion of commands, options and topologies:
  bash   eval "$(_DMM_TESTBED_COMPLETE=bash_source dmm-testbed)"   in ~/.bashrc
  zsh    eval "$(_DMM_TESTBED_COMPLETE=zsh_source dmm-testbed)"    in ~/.zshrc
  fish   _DMM_TESTBED_COMPLETE=fish_source dmm-testbed | source    in config.fish
"""


class LazyGroup(click.Group):
    """A group that imports a verb's module when the verb is used."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Take the verb; what is wrong before it ends in one line and status 2."""
        try:
            return super().parse_args(context, args)
        except click.UsageError as error:
            raise _in_one_line(error) from error

    def invoke(self, context: click.Context) -> Any:
        """Run the verb; what is wrong with its input ends in one line and status 2."""
        try:
            return super().invoke(context)
        except TopologyError as error:
            raise InputError(str(error)) from error
        except click.UsageError as error:
            raise _in_one_line(error) from error

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the verbs in the order in which a user meets them."""
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import and return the verb ``name``; None where there is none."""
        if name not in VERBS:
            return None
        command: click.Command = import_module(f"testbed.cli.{name}").command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with their help, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


def _in_one_line(error: click.UsageError) -> click.ClickException:
    """Return ``error`` without the usage; a call without any arguments still gets the help."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        return error
    place = error.ctx.command_path if error.ctx else "dmm-testbed"
    said = " ".join(error.format_message().split()).rstrip(".")
    return InputError(f"{said} (see {place} --help)")


@click.group(
    cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="dmm-testbed")
def group() -> None:
    """Bring mobility protocols to life: one topology file, real nodes, every handover taken apart.

    The file says what the network is, who moves when, what traffic flows and what must hold. Exit
    status: 0 all holds, 1 an expectation fails, 2 the input or the machine will not do.
    """


def main() -> None:
    """Run the command line."""
    group(prog_name="dmm-testbed")
