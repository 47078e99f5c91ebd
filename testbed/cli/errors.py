"""Errors of the user's input: one line on standard error, and exit status 2."""

from __future__ import annotations

from typing import IO, Any

import click

UNUSABLE = 2


class InputError(click.ClickException):
    """The input is wrong, or the machine cannot do what it asks for."""

    exit_code = UNUSABLE

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the one line."""
        click.echo(f"dmm-testbed: {self.message}", file=file, err=True)
