"""`dmm-testbed clean`: end what a testbed left behind, and only that."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress

import click

_EPILOG = """\b
Examples:
  sudo dmm-testbed clean
  sudo dmm-testbed clean --all
"""


@click.command(epilog=_EPILOG)
@click.option("--all", "everything", is_flag=True, help="End runs whose runner still lives, too.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(everything: bool, as_json: bool) -> None:
    """End sandboxes whose runner has gone. There should be none.

    A run lives in namespaces of its own that go with its runner, so this looks for sandboxes that
    a testbed made and that lost theirs. It touches nothing else: no other Mininet, no namespace,
    interface or process that a testbed did not start.
    """
    from testbed.emulated.running import sandboxes

    found = sandboxes()
    ended = [each for each in found if everything or each.orphaned]
    for each in ended:
        with suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGKILL)
    if as_json:
        rows = [
            {"name": each.name, "pid": each.pid, "folder": each.folder, "ended": each in ended}
            for each in found
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for each in found:
        done = "ended" if each in ended else "left alone, its runner lives (--all ends it)"
        click.echo(f"{each.name} (process {each.pid}): {done}")
    if not found:
        click.echo("nothing to clean")
