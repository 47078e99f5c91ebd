"""Which flow was on which interface of a mobile when: a lane each, with a row for each flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.causes import LINE, Cause, causes, marks
from testbed.evidence.drawing.stays import Span
from testbed.evidence.drawing.svg import GAP, beside, box, element, number, picture, text
from testbed.evidence.flow_stays import FlowStay

_WIDTH, _LEFT = 960.0, 128.0
_STRIP, _ROW, _BAR, _GAP = 22.0, 20.0, 14.0, 12.0
_TIP, _BESIDE = 4.5, 7.0
_COLOURS = 8
_MOST_ROWS = 24  # of a lane
_Move = Mapping[str, Any]


def lanes_picture(
    node: str,
    plugged: Mapping[str, Sequence[Span]],
    stays: Sequence[FlowStay],
    moves: Sequence[tuple[int, _Move]],
    time: tuple[float, float],
) -> str:
    """Return the lanes of the interfaces of ``node`` that ``plugged`` has spans of.

    ``stays`` are those of its flows, ``moves`` as a result has them, each with its number. The
    ``time`` is the zero of the result, and how long after that the picture ends.
    """
    zero, last = time
    names = [*plugged, *(stay.flow for stay in stays)]
    axis = Axis(0.0, last, beside(names, _LEFT), _WIDTH - 16)
    told = causes(moves, axis, _WIDTH)
    top = 10 + LINE * (1 + max((cause.row for cause in told), default=-1))
    lanes = _Lanes(plugged, stays, zero, axis, top)
    parts = [
        *axis.below(top, lanes.bottom, "seconds"),
        *marks(told, lanes.bottom),
        *lanes.drawn(),
        *lanes.hops(told),
    ]
    label = f"Which flow was on which interface of {node} when"
    return picture(_WIDTH, lanes.bottom + 30, parts, label)


class _Lanes:
    """Where each flow's row is in each lane."""

    def __init__(
        self,
        plugged: Mapping[str, Sequence[Span]],
        stays: Sequence[FlowStay],
        zero: float,
        axis: Axis,
        top: float,
    ) -> None:
        self._plugged, self._stays, self._zero, self._axis = plugged, stays, zero, axis
        flows = list(dict.fromkeys(stay.flow for stay in stays))
        self._colour = {flow: f"f{index % _COLOURS}" for index, flow in enumerate(flows)}
        directions = {(stay.flow, stay.direction) for stay in stays}
        self._both = {flow for flow in flows if {(flow, "down"), (flow, "up")} <= directions}
        self._strips: dict[str, float] = {}
        self._rows: dict[tuple[str, str], float] = {}
        self._left_out: dict[str, int] = {}
        self.bottom = self._place(flows, top + 6)

    def _place(self, flows: Sequence[str], y: float) -> float:
        there = {(stay.interface, stay.flow) for stay in self._stays}
        for interface in self._plugged:
            self._strips[interface] = y
            y += _STRIP
            own = [flow for flow in flows if (interface, flow) in there]
            for flow in own[:_MOST_ROWS]:
                self._rows[interface, flow] = y
                y += _ROW
            if len(own) > _MOST_ROWS:
                self._left_out[interface] = len(own) - _MOST_ROWS
                y += _ROW
            y += _GAP
        return y - _GAP + 4

    def drawn(self) -> Iterator[str]:
        """Yield strips, names and bars."""
        left = self._axis.begin - GAP
        for interface, y in self._strips.items():
            yield text((left, y + 12), interface, "name", "end")
            yield from self._strip(interface, y)
        for (_, flow), y in self._rows.items():
            yield text((left, y + 11), flow, "small", "end")
        for interface, count in self._left_out.items():
            y = max(y for (lane, _), y in self._rows.items() if lane == interface) + _ROW
            yield text((left, y + 11), f"and {count} flows more", "small", "end")
        yield from dict.fromkeys(bar for stay in self._stays for bar in self._bar(stay))

    def _strip(self, interface: str, y: float) -> Iterator[str]:
        for begin, end, class_, words in self._plugged[interface]:
            x, width = self._axis(begin), self._axis(end) - self._axis(begin)
            said = f"{interface} on {words}: {begin:.3f} to {end:.3f} s"
            yield box((x, y), max(width, 1.0), 17.0, class_, said, 3.0)
            if width > 7 * len(words) + 8:
                yield text((x + width - 6, y + 12), words, "small ink", "end")

    def _bar(self, stay: FlowStay) -> Iterator[str]:
        y = self._rows.get((stay.interface, stay.flow))
        if y is None:
            return
        begin, end = stay.begin - self._zero, stay.end - self._zero
        x, width = self._axis(begin), self._axis(end) - self._axis(begin)
        half = stay.flow in self._both
        height = _BAR / 2 - 0.5 if half else _BAR
        lower = half and stay.direction == "up"
        words = f"{stay.flow}, {stay.direction}, {begin:.3f} to {end:.3f} s: {stay.packets} packets"
        at = (x, y + _BAR / 2 + 0.5 if lower else y)
        yield box(at, max(width, 1.5), height, f"carried {self._colour[stay.flow]}", words, 2.0)

    def hops(self, told: Sequence[Cause]) -> Iterator[str]:
        """Yield an arrow for each move, those that would cover each other side by side."""
        x = 0.0
        for move in (move for cause in told for _, move in cause.moves):
            origin, target = (self._rows.get((move[end], move["flow"])) for end in ("from", "to"))
            if origin is not None and target is not None:
                x = max(self._axis(move["at"]) + 2, x + _BESIDE)
                yield self._hop(move, x, origin, target)

    def _hop(self, move: _Move, x: float, origin: float, target: float) -> str:
        begin = self._axis(move["at"])
        down = target > origin
        edge = target if down else target + _BAR
        foot = edge - _TIP if down else edge + _TIP
        middle = origin + _BAR / 2
        way = f"M{number(begin)},{number(middle)}H{number(x)}V{number(foot)}"
        tip = " ".join(
            f"{number(at)},{number(y)}" for at, y in ((x - _TIP, foot), (x + _TIP, foot), (x, edge))
        )
        said = element("title", f"{move['flow']}, {move['direction']}: {move['at']:.3f} s")
        colour = self._colour[move["flow"]]
        shown = (
            element("path", d=way, class_="hop around"),
            element("path", d=way, class_=f"hop {colour}"),
            element("polygon", points=tip, class_=f"carried {colour}"),
        )
        return element("g", said + "".join(shown))
