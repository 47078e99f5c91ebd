"""How the results of one run, or of several, are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.cli.output import console

if TYPE_CHECKING:
    from testbed.evidence.result import Result


def show(results: Sequence[Result], folder: Path, as_json: bool) -> None:
    """Print the one result, or the statistics over several and leave them in ``folder``."""
    from testbed.evidence.repeat import summarise, write_summary
    from testbed.evidence.summary_tables import print_summary
    from testbed.evidence.tables import print_result

    document = results[0].document
    if len(results) > 1:
        document = summarise([result.document for result in results])
        write_summary(document, folder)
    if as_json:
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif len(results) > 1:
        print_summary(document, console(), folder)
    else:
        print_result(results[0], console(), folder)
