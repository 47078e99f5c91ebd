"""Values: equal where their fields are, usable as keys, without room for other fields."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents.wire.numbers import HandoffIndication
from agents.wire.options import HandoffIndicator, Timestamp

SETS_A_FIELD = """
from agents.wire.options import HandoffIndicator

option = HandoffIndicator(1)
option.value = 2
"""


def test_equal_fields_make_equal_values_of_one_class() -> None:
    assert HandoffIndicator(1) == HandoffIndicator(
        int(HandoffIndication.ATTACHMENT_OVER_NEW_INTERFACE)
    )
    assert HandoffIndicator(1) != HandoffIndicator(2)
    other: object = Timestamp(1)
    assert HandoffIndicator(1) != other
    assert len({Timestamp(1), Timestamp(1), Timestamp(2)}) == 2


def test_a_value_has_no_other_fields() -> None:
    with pytest.raises(AttributeError):
        Timestamp(1).colour = "red"  # type: ignore[attr-defined]


def test_the_type_checker_keeps_fields_from_being_set(tmp_path: Path) -> None:
    file = tmp_path / "sets.py"
    file.write_text(SETS_A_FIELD)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert 'sets.py:5: error: Property "value" defined in "HandoffIndicator" is read-only' in (
        checked.stdout
    )
