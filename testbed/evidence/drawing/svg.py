"""The few SVG elements that the pictures are made of.

Colours are CSS classes and variables of the page, so that one picture serves light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Point = tuple[float, float]

GAP = 10.0  # between a name and what it is of
_LETTER = 7.4  # the width of a letter of a name


def number(value: float) -> str:
    """Return a coordinate with one decimal, without the zeros that nobody needs."""
    return f"{value:.1f}".removesuffix(".0")


def element(tag: str, content: str = "", **attributes: object) -> str:
    """Return an element with ``content``, which is markup; ``class_`` is spelled without "_"."""
    spelled = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{spelled}>{content}</{tag}>" if content else f"<{tag}{spelled}/>"


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, float) else escape(str(value), quote=True)


def picture(width: float, height: float, parts: Iterable[str], label: str, style: str = "") -> str:
    """Return a whole picture that scales with its frame; ``label`` says what it shows."""
    content = (element("style", style) if style else "") + "".join(parts)
    return element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_label=label,
        style=f"min-width:{number(_least(width))}px;max-width:{number(width * 1.1)}px",
    )


def _least(width: float) -> float:
    """Return the width below which a picture scrolls in its frame rather than shrink."""
    return width * 0.6 if width > 520 else 0.0


def text(at: Point, words: str, class_: str = "", anchor: str = "start") -> str:
    """Return ``words`` with the baseline at ``at``."""
    return element(
        "text", escape(words), x=at[0], y=at[1], class_=class_ or None, text_anchor=anchor
    )


def beside(names: Iterable[str], least: float) -> float:
    """Return where a picture begins that has ``names`` at its left: ``least`` at least.

    The names end ``GAP`` before it.
    """
    return max([least, *(_LETTER * len(name) + GAP for name in names)])


def line(begin: Point, end: Point, class_: str) -> str:
    """Return a straight line."""
    return element("line", x1=begin[0], y1=begin[1], x2=end[0], y2=end[1], class_=class_)


def curve(begin: Point, crest: Point, end: Point, class_: str) -> str:
    """Return a line from ``begin`` to ``end`` that bends so as to pass ``crest``, midway."""
    x, y = crest[0], 2 * crest[1] - (begin[1] + end[1]) / 2
    first, bend, last = (f"{number(u)},{number(v)}" for u, v in (begin, (x, y), end))
    return element("path", d=f"M{first}Q{bend} {last}", class_=class_, fill="none")


def box(
    at: Point, width: float, height: float, class_: str, title: str = "", round_: float = 0
) -> str:
    """Return a rectangle with its upper left corner at ``at``; ``title`` shows on hovering."""
    content = element("title", escape(title)) if title else ""
    return element(
        "rect",
        content,
        x=at[0],
        y=at[1],
        width=max(width, 0.0),
        height=height,
        rx=round_ or None,
        class_=class_,
    )


def strokes(ends: Iterable[tuple[float, float, float]], class_: str) -> str:
    """Return vertical lines, each by its place and its two ends; nothing where there are none."""
    steps = "".join(f"M{number(x)},{number(top)}V{number(bottom)}" for x, top, bottom in ends)
    return element("path", d=steps, class_=class_) if steps else ""
