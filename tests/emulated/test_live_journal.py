"""What an agent writes of what it drops: all of it is counted, of a flood some is logged."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agents.live import journal
from agents.live.journal import Journal

FLOOD = 5000


class Clock:
    """A monotonic clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(journal, "monotonic", made)
    return made


def written(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "events").read_text().splitlines()]


def opened(folder: Path) -> Journal:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    events, log = (os.open(folder / name, flags) for name in ("events", "log"))
    return Journal("mn1", events, log, 0.0)


def test_of_a_flood_some_is_logged_and_all_of_it_counted(tmp_path: Path, clock: Clock) -> None:
    agent = opened(tmp_path)
    for number in range(FLOOD):
        agent.drop("checksum", {"number": number})
        agent.flush()
    agent.drop("malformed", {"number": 0})
    agent.flush()
    assert agent.counters["dropped: checksum"] == FLOOD
    rows = written(tmp_path)
    assert [row["reason"] for row in rows].count("malformed") == 1, "another reason is not hidden"
    logged = len(rows) - 1
    assert 100 <= logged <= 1000
    assert len((tmp_path / "log").read_text().splitlines()) == len(rows)


def test_what_was_not_logged_is_told_with_the_next_that_is(tmp_path: Path, clock: Clock) -> None:
    agent = opened(tmp_path)
    for _ in range(FLOOD):
        agent.drop("checksum", {})
    clock.now += 1
    agent.drop("checksum", {})
    agent.drop("checksum", {})
    agent.flush()
    rows = written(tmp_path)
    assert sum(1 + int(str(row.get("unlogged", 0))) for row in rows) == FLOOD + 2
    assert ["unlogged" in row for row in rows[-2:]] == [True, False]
