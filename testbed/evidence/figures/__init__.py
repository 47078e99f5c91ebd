"""The message sequences that documents draw, to lay a run beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from testbed.evidence.figures import jikim, liu, ma, rfc5213, rfc6275, xia
from testbed.evidence.figures.annotation import annotate as _annotate
from testbed.evidence.figures.comparison import Comparison, applies, compare
from testbed.evidence.figures.judging import Difference
from testbed.evidence.figures.model import Figure, Role, Step
from testbed.evidence.observed import LogEvent
from testbed.evidence.signalling import Signal
from testbed.topology.network import Network

__all__ = [
    "ALL",
    "Comparison",
    "Difference",
    "Figure",
    "Role",
    "Step",
    "annotate",
    "applies",
    "compare",
    "named",
    "of",
]

ALL: tuple[Figure, ...] = (
    rfc5213.FIG2,
    rfc5213.FIG3,
    rfc6275.REGISTERING,
    rfc6275.RETURN_ROUTABILITY,
    rfc6275.CORRESPONDENT,
    rfc6275.RETURNING_HOME,
    jikim.FIG1,
    jikim.FIG2,
    liu.FIG10A,
    liu.FIG10B,
    liu.HANDOFF,
    ma.FIG1,
    xia.FIG1,
)


def of(protocol: str) -> tuple[Figure, ...]:
    """Return the figures of the documents that ``protocol`` is of."""
    return tuple(figure for figure in ALL if protocol in figure.protocols)


def named(name: str) -> Figure:
    """Return the figure ``name``; LookupError where there is none."""
    for figure in ALL:
        if figure.name == name:
            return figure
    raise LookupError(name)


def annotate(
    network: Network, signals: Sequence[Signal], events: Sequence[LogEvent]
) -> Mapping[int, tuple[str, ...]]:
    """Return which steps of its protocol's figures each signal of a run is, in words.

    Keys are places in ``signals``, which like ``events`` are in order of time.
    """
    return _annotate(of(network.protocol), network, signals, events)
