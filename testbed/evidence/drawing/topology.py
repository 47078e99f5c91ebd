"""The network as a picture: domains by colour, links with their delays, the way of a mobile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from testbed.evidence.drawing.layers import Rows, rows
from testbed.evidence.drawing.stops import GAP, Area, Stop, half_width, pill_text, place
from testbed.evidence.drawing.svg import Point, box, curve, line, picture, text
from testbed.topology.network import LinkSettings, Network, Node

_BOX, _TALL = 92.0, 36.0
_ACROSS, _DOWN = 128.0, 92.0
_MARGIN = 34.0
_COLOURS = 8  # classes d0 to d7 of the page's style
_CLEAR = 8  # mobiles, up to which all their ways can be told apart
_LABELLED = 24  # links, up to which each says its delay


def topology_picture(
    network: Network, visited: Mapping[str, Sequence[str]], traveller: str = "", style: str = ""
) -> str:
    """Return the picture of ``network``.

    ``visited`` maps mobiles to the access links they came to, in order; the way of ``traveller``
    is numbered. ``style`` is put into the picture where it has to stand alone.
    """
    placed = rows(network, visited)
    widest = max(len(row) for row in placed)
    width = 2 * _MARGIN + max(widest * _ACROSS, 420.0)
    height = 2 * _MARGIN + (len(placed) - 1) * _DOWN + _TALL + 24
    at = _positions(placed, width)
    colours = _domain_colours(network)
    parts = [
        *_links(network, at),
        *_ways(network, visited, traveller, at),
        *(_node(node, at[node.name], colours[node.domain]) for node in network.nodes.values()),
        *_stops(network, visited.get(traveller, ()), traveller, at),
        *_legend(colours, height),
    ]
    return picture(width, height, parts, f"The network {network.name}", style)


def _positions(placed: Rows, width: float) -> dict[str, Point]:
    """Return the centre of each node."""
    inner = width - 2 * _MARGIN
    return {
        name: (
            _MARGIN + inner * (index + 0.5) / len(row),
            _MARGIN + _TALL / 2 + depth * _DOWN,
        )
        for depth, row in enumerate(placed)
        for index, name in enumerate(row)
    }


def _domain_colours(network: Network) -> dict[str, str]:
    domains = dict.fromkeys(node.domain for node in network.nodes.values())
    return {domain: f"d{index % _COLOURS}" for index, domain in enumerate(domains)}


def _node(node: Node, at: Point, colour: str) -> str:
    x, y = at
    class_ = f"node {colour}{' mobile' if node.mobile else ''}"
    corner = (x - _BOX / 2, y - _TALL / 2)
    said = f"{node.name}: {node.place} in {node.domain}, {node.address}"
    return "".join(
        [
            box(corner, _BOX, _TALL, class_, said, _TALL / 2 if node.mobile else 6.0),
            text((x, y - 1), node.name, "name", "middle"),
            text((x, y + 12), node.role or node.place, "role", "middle"),
        ]
    )


def _links(network: Network, at: Mapping[str, Point]) -> Iterable[str]:
    owner = {i.name: node.name for node in network.nodes.values() for i in node.interfaces}
    for link in network.links.values():
        begin, end = (at[owner[name]] for name in link.ends)
        crest = _crest(begin, end, at)
        yield curve(begin, crest, end, "link") if crest else line(begin, end, "link")
        if len(network.links) <= _LABELLED:
            ends = (begin, end) if crest is None else (crest, crest)
            yield _label(*ends, describe(link.settings))


def _crest(begin: Point, end: Point, at: Mapping[str, Point]) -> Point | None:
    """Return over which point a link bends that would else run behind a node of its row."""
    left, right = sorted((begin[0], end[0]))
    if begin[1] != end[1] or not any(y == begin[1] and left < x < right for x, y in at.values()):
        return None
    return (left + right) / 2, begin[1] - _TALL / 2 - 12


def describe(settings: LinkSettings) -> str:
    """Return what is special about a link: its delay, and its loss where it has one."""
    words = [f"{settings.delay * 1000:g} ms"] if settings.delay else []
    if settings.loss:
        words.append(f"{settings.loss * 100:g} % loss")
    return ", ".join(words)


def _label(begin: Point, end: Point, words: str) -> str:
    if not words:
        return ""
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2)
    steep = abs(end[1] - begin[1]) > abs(end[0] - begin[0]) / 4
    return text(
        (middle[0] + 6, middle[1] + 4) if steep else (middle[0], middle[1] - 5),
        words,
        "small halo",
        "start" if steep else "middle",
    )


def _ways(
    network: Network, visited: Mapping[str, Sequence[str]], traveller: str, at: Mapping[str, Point]
) -> Iterable[str]:
    """Draw from each mobile to the routers of the access links it was on."""
    others = "way" if len(visited) <= _CLEAR else "way faint"
    for mobile, accesses in visited.items():
        class_ = "way travelled" if mobile == traveller else others
        for router in dict.fromkeys(network.accesses[access].router for access in accesses):
            yield line(at[mobile], at[router], class_)


def _stops(
    network: Network, accesses: Sequence[str], traveller: str, at: Mapping[str, Point]
) -> Iterable[str]:
    """Number the access links along the traveller's way, below their routers."""
    turns: dict[str, list[str]] = {}
    for turn, access in enumerate(accesses, 1):
        turns.setdefault(access, []).append(str(turn))
    taken: list[Area] = []
    for access, numbers in turns.items():
        router = network.accesses[access].router
        words = ", ".join(filter(None, [access, describe(network.accesses[access].settings)]))
        found = place(at[router], at[traveller], pill_text(numbers), words, taken)
        taken += found.areas
        yield from _stop(found, pill_text(numbers), words)


def _stop(stop: Stop, shown: str, words: str) -> Iterable[str]:
    """Draw a pill with the numbers, and what the stop is called beside it."""
    x, y = stop.spot
    radius = half_width(shown)
    yield box((x - radius, y - 9), 2 * radius, 18.0, "stop", round_=9.0)
    yield text((x, y + 4), shown, "turn", "middle")
    anchor = "start" if stop.side > 0 else "end"
    yield text((x + (radius + GAP) * stop.side, y + 4), words, "small halo", anchor)


def _legend(colours: Mapping[str, str], height: float) -> Iterable[str]:
    x = _MARGIN
    for domain, colour in colours.items():
        yield box((x, height - 22), 12.0, 12.0, f"node {colour}", round_=3.0)
        yield text((x + 18, height - 12), domain, "small")
        x += 34 + 6.5 * len(domain)
