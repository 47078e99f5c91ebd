"""An event of the log in words."""

from __future__ import annotations

from typing import Any

from testbed.evidence.moves import RUNNER
from testbed.evidence.observed import LogEvent

_PACKETS_SHOW = frozenset({"message_sent", "message_received"})
_TIMELINE = "timeline"
_LONGEST = 120  # characters of a value, beyond which it is output and no fact


def said_of(event: LogEvent) -> str:
    """Return who did what to what; empty where packets show it themselves."""
    if event.event in _PACKETS_SHOW:
        return ""
    who = _TIMELINE if event.node == RUNNER else event.node
    facts = ", ".join(
        f"{key} {said}" for key, value in event.details.items() if (said := _said(value))
    )
    what = event.event.replace("_", " ")
    return f"{who}: {what} ({facts})" if facts else f"{who}: {what}"


def _said(value: Any) -> str:
    """Return a value in words; empty where there is none, or it is longer than a fact."""
    if isinstance(value, list | tuple):
        value = " ".join(str(each) for each in value)
    if isinstance(value, dict):
        value = " ".join(f"{key}={each}" for key, each in value.items())
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else ""
