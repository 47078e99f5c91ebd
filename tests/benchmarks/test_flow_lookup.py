"""What steered flows cost the node that steers them: its packet rate with few and with many.

Run with ``pytest tests/benchmarks/test_flow_lookup.py -s`` to see the figures, which
``flow_rates.py`` measures. They are of processor time, so that other work on this machine weighs
little, and hold the sender's share of it, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

LEAST = 0.9
SCRIPT = str(Path(__file__).with_name("flow_rates.py"))


@lru_cache(maxsize=1)
def rates() -> dict[str, dict[str, float]]:
    """Return packets a second by row and by the number of flows that are steered."""
    words = ["unshare", "-mnpf", "--kill-child", sys.executable, SCRIPT]
    done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "row",
    [
        "to others",
        "to the same mobiles, not steered",
        "steered",
        "steered by ranges of ports",
    ],
)
def test_a_thousand_flows_leave_nine_tenths_of_the_rate(row: str) -> None:
    by_flows = rates()[row]
    first = next(iter(by_flows.values()))
    print(f"\n{row}")
    for count, rate in by_flows.items():
        print(f"  {count:>4} flows  {rate / 1000:5.0f} k packets/s  {rate / first:.3f}")
    assert min(by_flows.values()) / first >= LEAST
