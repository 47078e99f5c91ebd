"""The page of ROMIP is true: its files and tests exist, its diagram is what happens."""

from __future__ import annotations

import re

import pytest
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests
from romip_nodes import AAA, LINKS, MAARS, home
from romip_world import World, step_name

from agents.romip import aaa, attachment, correspondence, exchanges, keeper, mobile_sessions
from agents.wire.address import Address

PAGE = (ROOT / "docs/romip.md").read_text()


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 9
    assert missing_files(PAGE, "agents/romip/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 40
    assert unwritten_tests(PAGE) == set()


def test_the_diagram_is_what_happens() -> None:
    world = World()
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, home(2, "b1"))
    world.settle((2, "b2"), (1, "a2"))
    start = len(world.sent)
    world.settle((1, "a3"))
    names = {address: place for place, address in MAARS.items()} | {AAA: "aaa"}

    def who(address: Address, other: str) -> str:
        return names.get(address, other)

    happened = []
    for sent in world.sent[start:]:
        step = step_name(sent)
        ends = {"RS": ("A", "a3"), "RA": ("a3", "A")}
        source, destination = ends.get(step, (who(sent.source, "?"), who(sent.destination, "?")))
        happened.append((source, destination, step))
    drawn = re.findall(r"^    (\w+)->>(\w+): (\w+)", PAGE, re.MULTILINE)
    assert drawn == happened
    assert set(LINKS) == set(MAARS)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("sessions that one node may list", attachment.SESSIONS_PER_NODE),
        ("entries of one internal list", keeper.ENTRIES_PER_NODE),
        ("nodes that were here and are elsewhere", keeper.RELEASES),
        ("lists released that can be repeated", int(keeper.MAX_BINDACK_TIMEOUT)),
        ("MAARs that send on, one after the other", exchanges.HOPS),
        ("transmissions of an sDBU", correspondence.TRIES),
        ("answers of the AAA server about one user that can be repeated", aaa.ANSWERS),
        ("sessions that a node's agent keeps", mobile_sessions.SESSIONS),
    ],
)
def test_the_bounds_are_those_of_the_code(what: str, value: int) -> None:
    row = re.search(rf"^\| {re.escape(what)} \| (\d+)", PAGE, re.MULTILINE)
    assert row is not None and int(row[1]) == value
