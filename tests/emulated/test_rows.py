"""What the prompt prints of agents: whole addresses, and a table for each kind of row."""

from __future__ import annotations

import re

import pytest

from testbed.emulated.rows import print_rows

BINDING = {
    "node": "mn1@home",
    "home_address": "fd00:a:0:9c3e:17ea:7a8f:9269:8bf1",
    "peer": "fd00:b::1",
    "care_of": "fd00:2:0:1:0:ff:fe13:0",
    "state": "[registered]",
    "remaining": None,
}
FLOW = {"flow": "exec-10455", "service": "voip", "moves": ["wlan1", "wlan2"]}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    print_rows("mn1 (mn)", [BINDING, FLOW, {**BINDING, "node": "mn2@home"}])
    return capsys.readouterr().out


def test_addresses_are_whole_and_nothing_passes_for_an_emoji_or_markup(printed: str) -> None:
    cells = [line.split("│")[1:-1] for line in printed.splitlines() if line.startswith("│")]
    bindings = [[cell.strip() for cell in row] for row in cells if len(row) == len(BINDING)]
    columns = ["".join(column) for column in zip(*bindings, strict=True)]
    first, second = (list(map(_text, {**BINDING, "node": f"mn{n}@home"}.values())) for n in (1, 2))
    assert columns == [one + other for one, other in zip(first, second, strict=True)]


def test_rows_with_other_keys_stand_below_their_own_names(printed: str) -> None:
    heads = [re.split("[┃]", line)[1:-1] for line in printed.splitlines() if "┃" in line]
    assert [cell.strip() for cell in heads[-1]] == ["flow", "service", "moves"]
    assert [cell.strip() for cell in printed.splitlines()[-2].split("│")[1:-1]] == [
        *("exec-10455", "voip", "wlan1, wlan2"),
    ]


def _text(value: object) -> str:
    return "-" if value is None else str(value)
