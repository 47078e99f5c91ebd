"""Where the numbered stops of a mobile's way are drawn, so that none covers another's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from testbed.evidence.drawing.svg import Point

GAP = 5.0  # between a pill and its name
_DEPTHS = (38.0, 58.0, 78.0, 98.0)  # below a router, where stops may be
_LETTER = 6.3  # a wide letter of the names
_TALL = 9.0  # half a pill's height, which names keep to as well

Area = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Stop:
    """A pill around ``spot`` with its name at its right (``side`` 1) or left (-1)."""

    spot: Point
    side: int
    areas: tuple[Area, Area]  # what the pill and the name cover


def pill_text(numbers: Sequence[str]) -> str:
    """Return what a pill says of the turns at which the way comes by."""
    return ",".join(numbers) if len(numbers) <= 3 else f"{numbers[0]},{numbers[1]}…"


def half_width(shown: str) -> float:
    """Return half the width of a pill that says ``shown``."""
    return 9.0 + 3 * (len(shown) - 1)


def place(router: Point, mobile: Point, shown: str, words: str, taken: Sequence[Area]) -> Stop:
    """Return a stop on the line between both that covers nothing ``taken``, if there is one."""
    stops = list(_stops(router, mobile, shown, words))
    free = (each for each in stops if not any(_meet(a, b) for a in each.areas for b in taken))
    return next(free, stops[0])


def _stops(router: Point, mobile: Point, shown: str, words: str) -> Iterator[Stop]:
    (x, y), (mobile_x, mobile_y) = router, mobile
    outside = 1 if mobile_x <= x else -1
    reach = half_width(shown)
    for depth, side in product(_DEPTHS, (outside, -outside)):
        spot_x, spot_y = x + (mobile_x - x) * depth / (mobile_y - y), y + depth
        near = spot_x + (reach + GAP) * side
        far = near + _LETTER * len(words) * side
        top, bottom = spot_y - _TALL, spot_y + _TALL
        pill = (spot_x - reach, top, spot_x + reach, bottom)
        yield Stop((spot_x, spot_y), side, (pill, (min(near, far), top, max(near, far), bottom)))


def _meet(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
