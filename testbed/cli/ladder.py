"""`dmm-testbed ladder`: the message sequence of a handover, alone or beside a document's figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from testbed.cli.arguments import Folder
from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.cli.ladder_choice import Choice
    from testbed.evidence.figures import Comparison, Figure
    from testbed.evidence.sheets.rows import Sheet

_ABOUT = {"attachment": "an attachment", "handover": "a handover", "any": "any move"}

_EPILOG = """\b
Examples:
  dmm-testbed ladder results/pmipv6/20261121-101500
  dmm-testbed ladder /tmp/mine --handover 2 --svg handover2.svg
  dmm-testbed ladder /tmp/mine --against jikim-fig1
  dmm-testbed ladder /tmp/mine --from 5s --to 5.2s --data
  dmm-testbed ladder --figures
"""


@click.command(epilog=_EPILOG)
@click.argument("run", required=False, type=Folder())
@click.option("--handover", type=click.IntRange(1), metavar="N", help="Of the run's Nth handover.")
@click.option("--attachment", type=click.IntRange(1), metavar="N", help="Of its Nth attachment.")
@click.option("--from", "begin", metavar="TIME", help="All messages from here on (with --to).")
@click.option("--to", "end", metavar="TIME", help="All messages up to here (with --from).")
@click.option("--against", metavar="FIGURE", help="Lay this figure of a document beside it.")
@click.option("--data", is_flag=True, help="Show the first packet of each way of each flow, too.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it there.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison for programs.")
@click.option("--figures", "listed", is_flag=True, help="List the documents' figures, and end.")
@click.pass_context
def command(
    context: click.Context,
    run: Path | None,
    handover: int | None,
    attachment: int | None,
    begin: str | None,
    end: str | None,
    against: str | None,
    data: bool,
    svg: Path | None,
    as_json: bool,
    listed: bool,
) -> None:
    """Draw who sent what to whom in the folder RUN, message by message.

    Without an option it is the first handover, or the first attachment. With --against, the steps
    of the figure are found in it, and what is missing, lost, extra or out of order is said. Exit
    status: 0 it matches (or nothing is compared), 1 it differs, 2 the input is wrong.
    """
    from testbed.cli.ladder_choice import Choice

    figure = _figure(against)
    if listed or (run is None and figure is not None):
        _print_figures(figure)
        return
    if run is None:
        raise InputError("which run? Give its folder (see dmm-testbed ladder --help)")
    if as_json and figure is None:
        raise InputError("--json prints a comparison: say with which figure, --against FIGURE")
    choice = Choice.made(handover, attachment, begin, end)
    sheet = _sheet(run, choice, figure, data)
    if svg is not None:
        _draw(sheet, svg)
    if as_json and sheet.comparison is not None:
        click.echo(json.dumps(_document(sheet, sheet.comparison), indent=2, ensure_ascii=False))
    elif not as_json:
        _print(sheet)
    context.exit(0 if sheet.comparison is None or sheet.comparison.matches else 1)


def _figure(name: str | None) -> Figure | None:
    from testbed.evidence import figures
    from testbed.topology.errors import suggest

    try:
        return None if name is None else figures.named(name)
    except LookupError as error:
        known = suggest(name or "", [each.name for each in figures.ALL])
        raise InputError(f"--against {name}: no such figure; {known}") from error


def _sheet(folder: Path, choice: Choice, figure: Figure | None, data: bool) -> Sheet:
    from testbed.cli.ladder_choice import sheet_of
    from testbed.cli.stored import read_run

    return sheet_of(read_run(folder), choice, figure, data)


def _print(sheet: Sheet) -> None:
    from testbed.cli.output import console
    from testbed.evidence.sheets.text import lines

    styles = {"head": "bold", "good": "green", "bad": "red", "dim": "dim", "": ""}
    out = console()
    for line in lines(sheet):
        out.print(line.text, style=styles[line.style], soft_wrap=True)


def _print_figures(only: Figure | None) -> None:
    from testbed.evidence import figures
    from testbed.evidence.sheets.text import figure_lines

    for figure in [only] if only else figures.ALL:
        for line in figure_lines(figure):
            click.echo(line.text.rstrip())
        of = ", ".join(figure.protocols)
        click.echo(f"      of {_ABOUT[figure.about]}")
        click.echo(f"      under {of}\n")


def _draw(sheet: Sheet, file: Path) -> None:
    from testbed.evidence.drawing.ladder import ladder_picture
    from testbed.evidence.report import picture_style

    try:
        file.write_text(ladder_picture(sheet, picture_style()), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from error


def _document(sheet: Sheet, comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as plain values, its times counted as in ``result.json``."""
    steps = [
        {
            "step": number,
            "message": rung.name,
            "from": rung.sender,
            "to": rung.receiver,
            "at": round(rung.at - sheet.zero, 6),
            "frames": [frame for frame in rung.frames if frame],
        }
        for number, rung in comparison.steps.items()
    ]
    return {
        "figure": comparison.figure.name,
        "of": sheet.title,
        "matches": comparison.matches,
        "roles": dict(comparison.roles),
        "steps": steps,
        "differences": [
            {
                "kind": each.kind,
                "step": each.step and each.step.number,
                "at": each.rung and round(each.rung.at - sheet.zero, 6),
                "text": each.text,
            }
            for each in comparison.differences
        ],
    }
