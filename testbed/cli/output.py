"""The terminal that the verbs print to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(stderr: bool = False) -> Console:
    """Return a console that prints text as it is: `fd00:a::1` holds no emoji, `[1]` no markup."""
    from rich.console import Console

    return Console(stderr=stderr, emoji=False, markup=False, highlight=False)
