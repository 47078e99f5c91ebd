"""Events of the runner -> when which interface left which access link and came to which."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from testbed.evidence.observed import LogEvent

RUNNER = ""  # what the log calls the runner, which alone plugs interfaces
_ABOUT_LINKS = frozenset({"attach", "detach", "move", "link_down", "link_up"})
_Key = tuple[str, str]  # node and interface


@dataclass(frozen=True, slots=True)
class Move:
    """An interface came to the access link ``target``, from ``origin`` (None: from nowhere).

    ``at`` is when the timeline began it, ``until`` when the interface's next move begins
    (infinity where none does); ``came`` is when it had come to where it was last (minus infinity
    where it had not been anywhere); all in seconds on the run's clock.
    """

    node: str
    interface: str
    origin: str | None
    target: str
    at: float
    link_down: float | None
    link_up: float
    until: float = float("inf")
    came: float = float("-inf")

    @property
    def begins(self) -> float:
        """The first instant at which the move can have had an effect."""
        return self.at if self.link_down is None else min(self.at, self.link_down)


@dataclass(slots=True)
class _Plug:
    """Where one interface is plugged in while the events are read."""

    access: str | None = None
    began_at: float | None = None
    link_down: float | None = None


def zero(events: Sequence[LogEvent]) -> float:
    """Return the instant that a result counts from: "ready", else the first event, else 0."""
    ready = [event.at for event in events if event.event == "ready"]
    return min(ready or [event.at for event in events], default=0.0)


def moves(events: Sequence[LogEvent]) -> list[Move]:
    """Return the completed moves of all interfaces, in the order of their link-ups.

    ``events`` are in order of time. A move whose link never came up is none.
    """
    plugs: dict[_Key, _Plug] = {}
    found: list[Move] = []
    last: dict[_Key, int] = {}
    for event in events:
        if event.node != RUNNER or event.event not in _ABOUT_LINKS:
            continue
        key = (event.details["subject"], event.details["interface"])
        plug = plugs.setdefault(key, _Plug())
        if plug.began_at is None:
            plug.began_at = event.at
            if key in last:
                found[last[key]] = replace(found[last[key]], until=event.at)
        if event.event == "link_down":
            plug.link_down = event.at
        elif event.event == "link_up":
            target = event.details["access"]
            came = found[last[key]].link_up if key in last else float("-inf")
            found.append(
                Move(*key, plug.access, target, plug.began_at, plug.link_down, event.at, came=came)
            )
            last[key] = len(found) - 1
            plugs[key] = _Plug(access=target)
    return found


class Whereabouts:
    """Which access link each interface was on at any time."""

    def __init__(self, found: Sequence[Move]) -> None:
        self._times: dict[_Key, list[float]] = {}
        self._accesses: dict[_Key, list[str]] = {}
        for move in found:
            key = (move.node, move.interface)
            self._times.setdefault(key, []).append(move.link_up)
            self._accesses.setdefault(key, []).append(move.target)

    def at(self, node: str, interface: str, when: float) -> str | None:
        """Return the access link that ``interface`` last came to by ``when``, if any."""
        times = self._times.get((node, interface), [])
        index = bisect_right(times, when) - 1
        return self._accesses[node, interface][index] if index >= 0 else None
