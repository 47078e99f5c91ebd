"""Which part of a run its ladder is drawn of, and that part drawn up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.cli.errors import InputError

if TYPE_CHECKING:
    from testbed.cli.stored import StoredRun, Wanted
    from testbed.evidence.figures import Figure
    from testbed.evidence.ladder.recording import Recording
    from testbed.evidence.moves import Move
    from testbed.evidence.sheets.rows import Sheet
    from testbed.topology.network import Flow

HANDOVERS, ATTACHMENTS = "handovers", "attachments"


@dataclass(frozen=True, slots=True)
class Choice:
    """The ``number``th of the ``kind``, or a time from ``begin`` to ``end`` in seconds."""

    kind: str = ""
    number: int = 1
    begin: float | None = None
    end: float | None = None

    @classmethod
    def made(
        cls, handover: int | None, attachment: int | None, begin: str | None, end: str | None
    ) -> Choice:
        """Return what the options choose; InputError where they do not go together."""
        if (begin is None) != (end is None):
            raise InputError("--from and --to go together")
        if sum(each is not None for each in (handover, attachment, begin)) > 1:
            raise InputError("choose one of --handover, --attachment, and --from with --to")
        if begin is not None and end is not None:
            return _period(begin, end)
        if attachment is not None:
            return cls(ATTACHMENTS, attachment)
        return cls() if handover is None else cls(HANDOVERS, handover)


def _period(begin: str, end: str) -> Choice:
    choice = Choice(begin=_seconds("--from", begin), end=_seconds("--to", end))
    if choice.begin == choice.end or (choice.begin or 0) > (choice.end or 0):
        raise InputError(f"--from {begin} --to {end}: the end has to be later than the begin")
    return choice


def _seconds(option: str, text: str) -> float:
    from testbed.topology.units import duration

    try:
        return duration(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from error


def sheet_of(run: StoredRun, choice: Choice, figure: Figure | None, data: bool) -> Sheet:
    """Return what ``choice`` is of ``run``, beside ``figure`` where there is one."""
    if choice.begin is not None and choice.end is not None:
        if figure is not None:
            raise InputError("--against needs a move: --handover N or --attachment N")
        return _between(run, choice.begin, choice.end, data)
    return _of_move(run, choice, figure, data)


def _between(run: StoredRun, begin: float, end: float, data: bool) -> Sheet:
    from testbed.evidence.sheets.rows import alone

    bounds = (begin + run.zero, end + run.zero)
    recording = _recorded(run, lambda seen: data and bounds[0] <= seen.at < bounds[1])
    title = f"{run.network.name}, {run.network.protocol}: from {begin:g} s to {end:g} s"
    return alone(recording.between(*bounds), title, run.zero, data=data)


def _recorded(run: StoredRun, wanted: Wanted) -> Recording:
    from testbed.evidence.ladder.legs import first_packets
    from testbed.evidence.ladder.recording import Recording

    signals, packets = run.read(wanted)
    return Recording(run.network, signals, run.events, first_packets(packets))


def _of_move(run: StoredRun, choice: Choice, figure: Figure | None, data: bool) -> Sheet:
    from testbed.evidence.figures import compare
    from testbed.evidence.ladder.recording import Recording
    from testbed.evidence.sheets.moves import ladder_of, moved
    from testbed.evidence.sheets.rows import alone, beside

    planned = Recording(run.network, (), run.events)
    kind, index, move = _chosen(planned, choice, figure)
    begin = planned.of(move, figure is not None and figure.whole).begin
    flows = {each.name for each in run.network.flows.values() if move.node in _ends(each)}
    recording = _recorded(
        run,
        lambda seen: (
            (data or figure is not None) and begin <= seen.at < move.until and seen.flow in flows
        ),
    )
    ladder = ladder_of(recording, move, _phases(run, kind, index), run.zero)
    title = f"{run.network.name}, {run.network.protocol}: {kind[:-1]} {index + 1}, {moved(move)}"
    if figure is None:
        return alone(ladder, title, run.zero, data=data)
    return beside(ladder, compare(figure, recording, move), title, run.zero)


def _ends(flow: Flow) -> tuple[str, str]:
    return flow.source, flow.destination


def _chosen(recording: Recording, choice: Choice, figure: Figure | None) -> tuple[str, int, Move]:
    """Return the kind, place and move that is chosen; of its own accord, one that fits."""
    from testbed.evidence.figures import applies

    moves = {
        HANDOVERS: [move for move in recording.moves if move.origin is not None],
        ATTACHMENTS: [move for move in recording.moves if move.origin is None],
    }
    if choice.kind:
        found = moves[choice.kind]
        if choice.number > len(found):
            raise InputError(f"the run has {len(found)} {choice.kind}, no {choice.number}")
        return choice.kind, choice.number - 1, found[choice.number - 1]
    places = [(kind, index, move) for kind in moves for index, move in enumerate(moves[kind])]
    if figure is not None:
        places = [each for each in places if applies(figure, recording, each[2])]
        places.sort(key=lambda each: each[2].link_up)
    if places:
        return places[0]
    if figure is None:
        raise InputError("nothing has moved in this run: choose a time by --from and --to")
    raise InputError(f"no move of this run is one that {figure.name} ({figure.title}) is about")


def _phases(run: StoredRun, kind: str, index: int) -> Mapping[str, float | None]:
    rows = run.result[kind]
    phases: Mapping[str, float | None] = rows[index]["phases"] if index < len(rows) else {}
    return phases
