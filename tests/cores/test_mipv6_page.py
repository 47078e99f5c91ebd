"""The page of the protocol is true: its files and tests exist."""

from __future__ import annotations

from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests

PAGE = (ROOT / "docs/mipv6.md").read_text()


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 20
    assert missing_files(PAGE, "agents/mipv6/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 40
    assert unwritten_tests(PAGE) == set()
