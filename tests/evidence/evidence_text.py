"""What a function prints on a wide terminal, and the words of a line of it."""

from io import StringIO
from pathlib import Path

from rich.console import Console


def shown(function, *arguments):
    console = Console(width=200, record=True, file=StringIO())
    function(*arguments, console, Path("/results/small/1"))
    return console.export_text()


def row(text, start):
    return next(line for line in text.splitlines() if start in line).replace("│", " ").split()
