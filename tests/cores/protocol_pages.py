"""What the page of a protocol names: the files of its roles, and the tests of each section."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def named_files(page: str) -> set[str]:
    """Return the names of the files that ``page`` names."""
    return set(re.findall(r"`([\w/]+\.(?:py|md))`", page))


def missing_files(page: str, folder: str) -> list[str]:
    """Return those files that are neither in ``folder`` nor where pages and tests are."""
    places = ("", folder, "tests/cores/", "docs/")
    return [
        name
        for name in named_files(page)
        if not any((ROOT / place / name).exists() for place in places)
    ]


def named_tests(page: str) -> set[str]:
    """Return the names of the tests that ``page`` names."""
    return set(re.findall(r"`(test_\w+)`", page))


def unwritten_tests(page: str) -> set[str]:
    """Return those tests that no file of this folder has."""
    return named_tests(page) - {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
