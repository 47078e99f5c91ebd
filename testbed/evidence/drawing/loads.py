"""What each node carried: packets of flows at one side, signalling messages at the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from testbed.evidence.drawing.axis import Axis
from testbed.evidence.drawing.svg import box, picture, text

_WIDTH, _NAMES, _FIGURES, _ROW, _BAR, _TOP = 760.0, 130.0, 74.0, 24.0, 14.0, 30.0
_MOST = 30  # nodes drawn
_Row = Mapping[str, Any]


def loads_picture(nodes: Sequence[_Row]) -> str:
    """Return a row for each of ``nodes``, as a result has them, that carried most first."""
    order = sorted(nodes, key=lambda each: (-each["data_packets"], -each["signalling_packets"]))
    shown = order[:_MOST]
    half = (_WIDTH - _NAMES) / 2
    left = _Side("data_packets", "data_bytes", "packets of flows", "flow", _NAMES, half, order)
    right = _Side(
        *("signalling_packets", "signalling_bytes", "signalling messages", "binding_sent"),
        *(_NAMES + half, half, order),
    )
    parts = [*left.head(), *right.head()]
    for index, node in enumerate(shown):
        top = _TOP + _ROW * index
        parts.append(text((_NAMES - 10, top + 11), node["node"], "name", "end"))
        parts += [*left.bar(node, top), *right.bar(node, top)]
    height = _TOP + _ROW * len(shown) + 4
    if len(order) > len(shown):
        words = f"and {len(order) - len(shown)} nodes that carried less"
        parts.append(text((_NAMES, height + 10), words, "small"))
        height += 20
    return picture(_WIDTH, height, parts, "What each node carried")


class _Side:
    """One column of bars: the figure ``key``, from ``begin`` on and ``width`` wide."""

    def __init__(
        self,
        key: str,
        octets: str,
        words: str,
        class_: str,
        begin: float,
        width: float,
        nodes: Sequence[_Row],
    ) -> None:
        self._key, self._octets, self._words, self._class = key, octets, words, class_
        most = max((node[key] for node in nodes), default=0)
        self._axis = Axis(0.0, float(max(most, 1)), begin, begin + width - _FIGURES)

    def head(self) -> Iterator[str]:
        yield text((self._axis.begin, 14), self._words, "small")

    def bar(self, node: _Row, top: float) -> Iterator[str]:
        number = node[self._key]
        end = self._axis(number)
        title = f"{node['node']}: {number} {self._words}, {node[self._octets]} octets"
        if number:
            width = max(end - self._axis.begin, 1.0)
            yield box((self._axis.begin, top), width, _BAR, f"fill {self._class}", title, 2.0)
        yield text((end + 6, top + 11), f"{number}", "small")
