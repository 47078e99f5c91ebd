"""Runs of one protocol with different options: which are alike, and what tells the others apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from testbed.topology.network import Network

_MOST = 3  # options that a label names, if they tell all apart
_Place = tuple[str, str]  # a node, and the way to an option of its agent
_Options = Mapping[_Place, Any]


def variants(networks: Sequence[Network | None]) -> list[str]:
    """Return for each run which options its protocol has, of those in which the runs differ.

    It is empty where they differ in none, and for a run whose network is not known.
    """
    options = [None if network is None else _options(network) for network in networks]
    known = [each for each in options if each is not None]
    named = _named(_differing(known), known)
    labels = [_label(each, named, _MOST) for each in options]
    if len({*labels}) < len({_label(each, named, len(named)) for each in options}):
        labels = [_label(each, named, len(named)) for each in options]
    return labels


def _options(network: Network) -> _Options:
    configured = {node: agent.config for node, agent in network.agents.items()}
    found = {"": network.settings, **configured}
    return {(node, way): value for node, each in found.items() for way, value in _leaves(each)}


def _leaves(value: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a configuration with the keys that lead to it."""
    if isinstance(value, Mapping):
        inner: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    else:
        yield way, value
        return
    for key, each in inner:
        yield from _leaves(each, f"{way}.{key}" if way else str(key))


def _differing(known: Sequence[_Options]) -> list[_Place]:
    """Return where runs differ, at nodes that all of them have."""
    nodes = [{node for node, _ in each} for each in known]
    common = set.intersection(*nodes) if nodes else set()
    places = dict.fromkeys(place for each in known for place in each if place[0] in common)
    return [place for place in places if len({str(each.get(place)) for each in known}) > 1]


def _named(places: Sequence[_Place], known: Sequence[_Options]) -> list[_Place]:
    """Return a place of each option; without what differs at one node alone, if others imply it."""
    times = Counter(way for _, way in places)
    first = {way: (node, way) for node, way in reversed(places)}
    shared = [first[way] for way in sorted(first) if times[way] > 1]
    if _kinds(shared, known) == _kinds(places, known):
        return shared
    return [first[way] for way in sorted(first)]


def _kinds(places: Sequence[_Place], known: Sequence[_Options]) -> int:
    return len({str([each.get(place) for place in places]) for each in known})


def _label(options: _Options | None, named: Sequence[_Place], most: int) -> str:
    if options is None or not named:
        return ""
    parts = [f"{_called(way)} {_shown(options.get((node, way)))}" for node, way in named[:most]]
    more = len(named) - most
    return ", ".join([*parts, *([f"{more} more"] if more > 0 else [])])


def _called(way: str) -> str:
    """Return the last key on the way to an option that is no place in a list."""
    return next(key for key in reversed(way.split(".")) if not key.isdecimal())


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
