"""The ladder of one move, from its begin to the last of its phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from testbed.evidence.ladder.recording import Ladder, Recording
from testbed.evidence.ladder.rung import EVENT, Rung
from testbed.evidence.moves import Move

_SETTLED = 0.5  # s after the link-up of an attachment, which may have no packet for long
_FIRST = "first_packet"


def ladder_of(
    recording: Recording, move: Move, phases: Mapping[str, float | None], zero: float
) -> Ladder:
    """Return the ladder of ``move``; its ``phases`` are as a result has them, from ``zero`` on."""
    whole = recording.of(move)
    reached = [at + zero for at in phases.values() if at is not None]
    least = move.link_up if move.origin is not None else move.link_up + _SETTLED
    rungs = list(whole.rungs)
    first = phases.get(_FIRST)
    if first is not None:
        rungs.append(Rung(EVENT, first + zero, _FIRST, move.node, mobile=move.node))
        rungs.sort(key=lambda rung: rung.at)
    return replace(whole, end=min(max([least, *reached]), move.until), rungs=rungs)


def moved(move: Move) -> str:
    """Return who moved from where to where, in words."""
    return f"{move.node} from {move.origin or 'nowhere'} to {move.target}"
