"""A ladder, alone or beside a figure, as rows in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from testbed.evidence.figures.comparison import Comparison
from testbed.evidence.figures.judging import DISORDERED, EXTRA, INCOMPLETE, LOST, MISSING
from testbed.evidence.figures.model import Step
from testbed.evidence.ladder.recording import Ladder
from testbed.evidence.ladder.rung import DATA, EVENT, MESSAGE, Rung

MATCHED, AGAIN, ASIDE = "matched", "again", "aside"
_OF_DATA = ("DestinationUnreachable", "PacketTooBig", "TimeExceeded")  # not about signalling
_MULTICAST = b"\xff"
_LINKS = ("link_up", "link_down")
_NOTED = (*_LINKS, "route_installed", "care_of_usable", "first_packet")


@dataclass(frozen=True, slots=True)
class Row:
    """Something that passed (``rung``), a step of a figure (``step``), or one that is the other.

    ``verdict`` is "matched", "again" (a step once more, or for a further peer), "aside" (no step
    and no difference), or what kind of difference it is; empty where nothing is compared.
    """

    rung: Rung | None = None
    step: Step | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be drawn: ``lanes`` are nodes from left to right; times count from ``zero``."""

    title: str
    ladder: Ladder
    lanes: Sequence[str]
    rows: Sequence[Row]
    zero: float
    comparison: Comparison | None = None
    left_out: int = 0  # rows that there was no place for


def alone(
    ladder: Ladder, title: str, zero: float, *, data: bool = False, most: int | None = None
) -> Sheet:
    """Return the sheet of ``ladder``, with the packets of flows that it has if ``data``.

    With ``most``, the rows after so many are left out.
    """
    rungs = _once([rung for rung in ladder.rungs if _shown(rung, ladder, data)])
    shown = rungs if most is None else rungs[:most]
    rows = [Row(rung) for rung in shown]
    return Sheet(title, ladder, _lanes(ladder, rows, ()), rows, zero, None, len(rungs) - len(shown))


def beside(ladder: Ladder, comparison: Comparison, title: str, zero: float) -> Sheet:
    """Return the sheet of ``ladder`` with the figure that ``comparison`` has laid beside it.

    It goes on to the last rung that is a step, if that is later than the ladder's end.
    """
    concerned = _concerned(comparison)
    noted = {id(rung) for rung in ladder.rungs if _shown(rung, ladder, False)}
    found = {id(rung): rung for rung in (*comparison.rungs, *ladder.rungs)}
    rungs = _once(
        [rung for key, rung in found.items() if key in concerned or key in noted], concerned
    )
    rows = _with_missing([_judged(rung, comparison) for rung in rungs], comparison)
    players = [
        comparison.roles[role.name]
        for role in comparison.figure.roles
        if role.name in comparison.roles
    ]
    return Sheet(title, ladder, _lanes(ladder, rows, players), rows, zero, comparison)


def _concerned(comparison: Comparison) -> set[int]:
    ofs = [rung for steps in (comparison.steps, *comparison.repeats) for rung in steps.values()]
    return {id(rung) for rung in ofs} | {id(each.rung) for each in comparison.differences}


def _once(rungs: Iterable[Rung], concerned: Collection[int] = ()) -> list[Rung]:
    """Return ``rungs`` in order of time, of a node's routes only the first to be there."""
    seen: set[tuple[str, str]] = set()
    result = []
    for rung in sorted(rungs, key=lambda each: each.at):
        sign = (rung.name, rung.sender)
        if rung.kind == EVENT and rung.name not in _LINKS and id(rung) not in concerned:
            if sign in seen:
                continue
            seen.add(sign)
        result.append(rung)
    return result


def _shown(rung: Rung, ladder: Ladder, data: bool) -> bool:
    if rung.at > ladder.end:
        return False
    if rung.kind == DATA:
        return data
    move = ladder.move
    if move is None:
        return rung.kind == MESSAGE or rung.name in _LINKS
    if rung.kind == EVENT:
        return rung.name in _NOTED
    if rung.name in _OF_DATA:
        return False
    if rung.mobile:
        return True
    if not rung.arrived and rung.destination[:1] == _MULTICAST:
        return False  # to a link on which nobody is
    accesses = ladder.network.accesses
    routers = {accesses[access].router for access in (move.origin, move.target) if access}
    return bool({rung.sender, rung.receiver} & routers)


def _judged(rung: Rung, comparison: Comparison) -> Row:
    for each in comparison.differences:
        if each.rung is rung:
            return Row(rung, each.step, each.kind)
    steps = comparison.steps_of(rung)
    if not steps:
        return Row(rung, None, ASIDE)
    first = comparison.steps.get(steps[0].number) is rung
    return Row(rung, steps[0], MATCHED if first else AGAIN)


def _with_missing(rows: Sequence[Row], comparison: Comparison) -> list[Row]:
    """Put each step that is missing behind the last row of a step that is drawn before it."""
    numbers = [step.number for step in comparison.figure.steps]
    result = list(rows)
    for each in comparison.differences:
        if each.kind != MISSING or each.step is None:
            continue
        earlier = numbers[: numbers.index(each.step.number)]
        places = [
            index
            for index, row in enumerate(result)
            if row.step and row.step.number in earlier and row.verdict != AGAIN
        ]
        result.insert(places[-1] + 1 if places else 0, Row(None, each.step, MISSING))
    return result


def _lanes(ladder: Ladder, rows: Iterable[Row], players: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for name in (*players, *_named(ladder, rows)) if name))


def _named(ladder: Ladder, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the mobile and its routers, then who else has a part."""
    if ladder.move is not None:
        yield ladder.move.node
        for access in (ladder.move.origin, ladder.move.target):
            yield ladder.network.accesses[access].router if access else ""
    for row in rows:
        if row.rung is not None:
            yield from (row.rung.sender, row.rung.receiver)


DIFFERENT = frozenset({MISSING, LOST, DISORDERED, INCOMPLETE, EXTRA})
"""The verdicts that make a ladder differ from its figure."""
