"""What happened when: where each mobile was, when each flow ran, what else was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.stays import Span, ends_at, stays
from testbed.evidence.drawing.svg import GAP, beside, box, line, picture, text
from testbed.evidence.moves import Move
from testbed.evidence.observed import LogEvent
from testbed.evidence.traffic import Silence
from testbed.topology.network import Network

_WIDTH, _LEFT, _ROW, _BAR = 960.0, 128.0, 26.0, 16.0
_MOST_ROWS = 60
_FLOW = "flow "
_MARKED = {
    "agent_killed": "killed",
    "agent_restarted": "restarted",
    "link_changed": "changed",
    "command": "command",
}


def timeline_picture(
    network: Network,
    moves: Sequence[Move],
    events: Sequence[LogEvent],
    zero: float,
    silences: Mapping[str, Sequence[Silence]],
) -> str:
    """Return the picture of the run from its ``zero`` to its end.

    ``silences`` are those of flows, by name, that handovers have caused.
    """
    last = ends_at(network, events, zero)
    plugged = _by_name(network, moves, stays(network, moves, zero, last))
    spans = {**plugged, **_flows(events, zero, last)}
    shown = dict(list(spans.items())[:_MOST_ROWS])
    axis = Axis(0.0, last, beside(shown, _LEFT), _WIDTH - 16)
    height = 24 + _ROW * len(shown)
    parts = list(axis.below(16, height - 4, "seconds"))
    for index, (name, row) in enumerate(shown.items()):
        top = 20 + _ROW * index
        parts.append(text((axis.begin - GAP, top + 12), name, "name", "end"))
        parts.extend(_row(axis, row, top))
        parts.extend(_gaps(axis, silences.get(name.removeprefix(_FLOW), ()), top, zero))
    parts.extend(_marks(axis, events, zero, height))
    if len(spans) > len(shown):
        words = f"and {len(spans) - len(shown)} rows more"
        parts.append(text((axis.begin - GAP, height + 24), words, "small", "end"))
    return picture(_WIDTH, height + 30, parts, "The timeline of the run")


def _row(axis: Axis, row: Sequence[Span], top: float) -> Iterable[str]:
    for begin, end, class_, words in row:
        x, width = axis(begin), max(axis(end) - axis(begin), 1.0)
        yield box((x, top), width, _BAR, class_, f"{words}: {begin:.3f} to {end:.3f} s", 3.0)
        if width > 7 * len(words) + 8:
            yield text((x + 6, top + 12), words, "small ink" if "stay" in class_ else "small on")


def _by_name(
    network: Network, moves: Sequence[Move], spans: Mapping[str, list[Span]]
) -> Mapping[str, list[Span]]:
    """Return spans of interfaces by mobile, or by interface where a mobile has several."""
    owner = {move.interface: move.node for move in moves}
    return {
        name if len(network.nodes[owner[name]].interfaces) > 1 else owner[name]: row
        for name, row in spans.items()
    }


def _flows(events: Sequence[LogEvent], zero: float, last: float) -> Mapping[str, list[Span]]:
    rows: dict[str, list[Span]] = {}
    for event in events:
        name = f"{_FLOW}{event.details.get('flow')}"
        if event.event == "flow_started":
            rows.setdefault(name, []).append((event.at - zero, last, "fill flow", "running"))
        elif event.event in ("flow_stopped", "flow_ended") and rows.get(name):
            begin, end, class_, words = rows[name][-1]
            rows[name][-1] = (begin, min(end, event.at - zero), class_, words)
    return rows


def _gaps(axis: Axis, silences: Iterable[Silence], top: float, zero: float) -> Iterable[str]:
    for begin, end, _ in silences:
        x, width = axis(begin - zero), axis(end - zero) - axis(begin - zero)
        title = f"silent for {(end - begin) * 1000:.1f} ms at {begin - zero:.3f} s"
        yield box((x, top), max(width, 1.5), _BAR, "gap", title)


def _marks(axis: Axis, events: Sequence[LogEvent], zero: float, height: float) -> Iterable[str]:
    """Mark what the timeline did besides moving mobiles and starting flows."""
    marked = [event for event in events if event.event in _MARKED]
    for index, event in enumerate(marked):
        about = event.details.get("subject") or event.details.get("link") or ""
        x, after = axis(event.at - zero), index % 2
        yield line((x, 6), (x, height - 4), "mark")
        words = f"{about} {_MARKED[event.event]}".strip()
        yield text((x + (4 if after else -4), 12), words, "small", "start" if after else "end")
