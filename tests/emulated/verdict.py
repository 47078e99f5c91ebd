"""What a test asks of a run's expectations, on a machine that has other work to do."""

from __future__ import annotations

import json
import re
from typing import Any

FAILED = 1
SLACK = 3
"""By how much a bound on a time or a loss may be missed: a busy machine adds some tenths of a
second, and what goes wrong in a protocol (a message lost, a timer that ends) adds one or more."""
ELAPSED = re.compile(r"\.(latency|interruption|durations|delay|lost)\b[^<]*<=? *([0-9.]+)(ms|s|)$")
UNITS = {"": 1.0, "s": 1.0, "ms": 0.001}


def held(status: int, output: str, errors: str) -> Any:
    """Return what a run with ``--json`` printed, or fail with the expectations that it missed."""
    assert status in (0, FAILED) and output, errors
    result = json.loads(output)
    missed = [check for check in result["checks"] if not check["holds"] and not _late(check)]
    assert not missed, missed
    assert status == 0 or not all(check["holds"] for check in result["checks"]), errors
    return result


def _late(check: dict[str, Any]) -> bool:
    """Say whether no more is wrong than that something took longer than expected."""
    bound = ELAPSED.search(check["expect"])
    if bound is None:
        return False
    found = check["value"] if isinstance(check["value"], list) else [check["value"]]
    most = SLACK * float(bound[2]) * UNITS[bound[3]]
    return all(value is not None and value <= most for value in found)
