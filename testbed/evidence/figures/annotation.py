"""What each message of a run is in the documents' figures, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from testbed.evidence.figures.comparison import Comparison, applies, compare
from testbed.evidence.figures.model import Figure
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.topology.network import Network


def annotate(
    figures: Iterable[Figure],
    network: Network,
    signals: Sequence[Signal],
    events: Sequence[LogEvent],
) -> Mapping[int, tuple[str, ...]]:
    """Return which steps of ``figures`` each of ``signals`` is, by its place among them.

    ``signals`` and ``events`` are in order of time. A message is told wherever it was seen: where
    it was sent, passed on, and received. Each figure is laid beside every move that it is about.
    """
    recording = Recording(network, signals, events)
    found: dict[int, dict[str, None]] = {}
    for comparison in comparisons(figures, recording):
        for index, text in _told(comparison):
            found.setdefault(index, {})[text] = None
    return {index: tuple(texts) for index, texts in sorted(found.items())}


def comparisons(figures: Iterable[Figure], recording: Recording) -> Iterator[Comparison]:
    """Yield each of ``figures`` beside each move that it is about."""
    for figure in figures:
        for move in recording.moves:
            if applies(figure, recording, move):
                yield compare(figure, recording, move)


def _told(comparison: Comparison) -> Iterator[tuple[int, str]]:
    for rung in comparison.rungs:
        for step in comparison.steps_of(rung):
            text = comparison.figure.text(step)
            if rung.again:
                text += " (once more)"
            if not rung.arrived:
                text += " (lost)"
            for index in rung.seen:
                yield index, text
