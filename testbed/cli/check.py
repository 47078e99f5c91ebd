"""`dmm-testbed check`: what this machine offers, and what to install."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

_EPILOG = """\b
Examples:
  sudo dmm-testbed check
  dmm-testbed check --json | jq '.[] | select(.met | not)'
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print the needs as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Try everything that a run needs, say which way each need is met, and what to install.

    Exit status 0 if a run can be made here, if not under every protocol, else 2.
    """
    from rich.console import Console
    from rich.table import Table

    from testbed.emulated.offer import examine

    needs = examine()
    if as_json:
        click.echo(json.dumps([asdict(need) for need in needs], indent=2))
    else:
        table = Table("need", "met", "by", "what to do")
        for need in needs:
            met = "[green]yes[/]" if need.met else "[bold red]no[/]"
            name = f"{need.name} ({need.only} only)" if need.only else need.name
            table.add_row(name, met, need.way, "" if need.met else need.mend)
        Console().print(table)
    context.exit(0 if all(need.met or need.only for need in needs) else 2)
