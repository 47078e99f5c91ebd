"""The phases of handovers as bars: how long each took, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import GAP, beside, box, picture, text
from testbed.evidence.phases import PHASES

WORDS = {
    "link_up": "no link",
    "solicited": "until solicited",
    "care_of_usable": "until care-of usable",
    "query_sent": "until query sent",
    "query_answered": "query",
    "binding_sent": "until binding sent",
    "binding_acknowledged": "binding",
    "route_installed": "route installed",
    "first_packet": "until first packet",
}
_WIDTH, _LEFT, _RIGHT, _ROW, _BAR = 960.0, 176.0, 84.0, 32.0, 20.0
_LEGEND = 20.0  # the height of a row of the legend
MOST = 40  # handovers drawn


def bars_picture(handovers: Sequence[Mapping[str, Any]]) -> str:
    """Return one bar per handover, from the link's loss (or its coming) to the first packet."""
    shown = handovers[:MOST]
    longest = max([sum(_lengths(each).values()) for each in shown] + [1e-6])
    axis = Axis(0.0, longest * 1000, beside(map(_name, shown), _LEFT), _WIDTH - _RIGHT)
    legend = _legend([name for name in PHASES if any(name in _lengths(each) for each in shown)])
    top = 16 + _LEGEND * (1 + max((row for row, _, _ in legend), default=0))
    height = top + 10 + _ROW * len(shown)
    parts = [*_explained(legend), *axis.below(top - 4, height - 2, "ms")]
    for index, handover in enumerate(shown):
        parts.extend(_bar(handover, axis, top + _ROW * index))
    return picture(_WIDTH, height + 28, parts, "Phases of the handovers in milliseconds")


def _lengths(handover: Mapping[str, Any]) -> dict[str, float]:
    """Return the phases that took a time, in the order in which they were reached."""
    known = {name: took for name, took in handover["durations"].items() if took is not None}
    order = sorted(known, key=lambda name: (handover["phases"][name], PHASES.index(name)))
    return {name: known[name] for name in order}


def _name(handover: Mapping[str, Any]) -> str:
    return f"{handover['node']} {handover['from'] or 'nowhere'} > {handover['to']}"


def _bar(handover: Mapping[str, Any], axis: Axis, top: float) -> Iterable[str]:
    yield text((axis.begin - GAP, top + 14), _name(handover), "name", "end")
    lengths = _lengths(handover)
    begin = 0.0
    for phase, took in lengths.items():
        x, width = axis(begin * 1000), axis((begin + took) * 1000) - axis(begin * 1000)
        words = f"{took * 1000:.1f}"
        title = f"{WORDS[phase]}: {took * 1000:.3f} ms"
        yield box((x, top), max(width, 1.0), _BAR, f"fill {phase}", title)
        if width > 7 * len(words) + 6:
            yield text((x + width / 2, top + 14), words, "small on", "middle")
        begin += took
    if lengths:
        yield text((axis(begin * 1000) + 6, top + 14), f"{begin * 1000:.1f} ms", "name")


def _legend(phases: Iterable[str]) -> list[tuple[int, float, str]]:
    """Return where each phase is explained: its row, and how far to the right."""
    found: list[tuple[int, float, str]] = []
    row, x = 0, _LEFT
    for phase in phases:
        width = 32 + 6.2 * len(WORDS[phase])
        if x + width > _WIDTH:
            row, x = row + 1, _LEFT
        found.append((row, x, phase))
        x += width
    return found


def _explained(legend: Iterable[tuple[int, float, str]]) -> Iterable[str]:
    for row, x, phase in legend:
        y = 4 + _LEGEND * row
        yield box((x, y), 12.0, 12.0, f"fill {phase}", round_=3.0)
        yield text((x + 17, y + 10), WORDS[phase], "small")
