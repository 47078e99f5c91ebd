"""What an agent leaves behind: events for the evidence, a log for people, counters for both.

Both files are written once per input that was handled, after the work that they tell of; until
then an event costs next to nothing, so that no packet waits for it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from enum import IntEnum
from time import monotonic
from typing import Any

from agents.core.rate import TokenBucket
from agents.wire.address import Address, Prefix

_DROPS_PER_SECOND, _DROPS_AT_ONCE = 100, 1000  # of one reason: more would fill the disk

# In a row "node" is who acts and "event" what was done: details name what that was about.
_NAMES = {"node": "subject", "event": "about"}


class Level(IntEnum):
    """How much of the log is written."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


class Journal:
    """Events as JSON lines, a log of text lines, and counters by name.

    ``clock_offset`` added to the monotonic clock gives the clock that all nodes share.
    """

    def __init__(
        self, node: str, events: int, log: int, clock_offset: float, level: Level = Level.INFO
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._node = node
        self._events, self._log = events, log
        self._offset = clock_offset
        self._level = level
        self._gathered: list[tuple[float, str, Mapping[str, Any]]] = []
        self._log_lines: list[str] = []
        self._limits: dict[str, TokenBucket] = {}
        self._unlogged: Counter[str] = Counter()
        self._encode = json.JSONEncoder(separators=(",", ":")).encode

    def now(self) -> float:
        """Return the time on the clock that all nodes share, in seconds since 1970-01-01."""
        return monotonic() + self._offset

    def event(self, event: str, details: Mapping[str, Any], at: float | None = None) -> None:
        """Note an event; its details, which must not change any more, become JSON, addresses text.

        ``at`` is when it happened, on the monotonic clock: now if not given.
        """
        self._gathered.append((monotonic() if at is None else at, event, details))

    def _line(self, at: float, event: str, details: Mapping[str, Any]) -> str:
        row = {
            "at": round(at + self._offset, 6),
            "monotonic": round(at, 6),
            "node": self._node,
            "event": event,
            **{_NAMES.get(key, key): plain(value) for key, value in details.items()},
        }
        return self._encode(row)

    def drop(self, reason: str, details: Mapping[str, Any]) -> None:
        """Count and log that something received was not acted upon.

        Of a flood only some are logged; the next one tells how many came "unlogged" before it.
        """
        self.counters[f"dropped: {reason}"] += 1
        limit = self._limits.setdefault(reason, TokenBucket(_DROPS_PER_SECOND, _DROPS_AT_ONCE))
        if not limit.take(self.now()):
            self._unlogged[reason] += 1
            return
        if unlogged := self._unlogged.pop(reason, 0):
            details = {**details, "unlogged": unlogged}
        self.event("dropped", {"reason": reason, **details})
        self.log(Level.WARNING, lambda: f"dropped: {reason} {_text(details)}")

    def log(self, level: Level, text: Callable[[], str]) -> None:
        """Write the line that ``text`` returns, if the log goes down to ``level``."""
        if level >= self._level:
            self._log_lines.append(f"{self.now():.6f} {level.name} {text()}")

    def rehearse(self) -> None:
        """Go through the motions of an event without writing it."""
        self.event("rehearsed", {"prefix": Prefix(Address(bytes(16)), 64), "values": [1, "two"]})
        for event in self._gathered:
            self._line(*event)
        self._gathered.clear()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._gathered:
            _write(self._events, [self._line(*event) for event in self._gathered])
            self._gathered.clear()
        if self._log_lines:
            _write(self._log, self._log_lines)
            self._log_lines.clear()


def plain(value: Any) -> Any:
    """Return ``value`` as JSON knows it: addresses and prefixes as text, octets as hex digits."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Address | Prefix):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def _text(details: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={plain(value)}" for key, value in details.items())


def _write(descriptor: int, lines: list[str]) -> None:
    os.write(descriptor, "\n".join([*lines, ""]).encode())
