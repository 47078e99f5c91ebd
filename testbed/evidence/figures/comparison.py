"""A ladder beside a figure: which steps are there, missing, out of order, and what is extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from testbed.evidence.figures.casting import Cast, cast
from testbed.evidence.figures.judging import Difference, Judge
from testbed.evidence.figures.matching import Match, Matcher
from testbed.evidence.figures.model import ANY, ATTACHMENT, HANDOVER, Figure, Step
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.ladder.rung import Rung
from testbed.evidence.moves import Move


@dataclass(frozen=True)
class Comparison:
    """How ``figure`` and the ladder of ``move`` go together.

    ``roles`` says who plays which role (a role that nobody was found for is missing),
    ``steps`` which rung each step is, ``repeats`` the same for further peers. ``rungs`` are those
    that were compared.
    """

    figure: Figure
    move: Move
    roles: Mapping[str, str]
    steps: Mapping[str, Rung]
    repeats: Sequence[Mapping[str, Rung]]
    differences: Sequence[Difference]
    rungs: Sequence[Rung]

    @property
    def matches(self) -> bool:
        """Whether the run did what the figure shows, and nothing else."""
        return not self.differences

    def steps_of(self, rung: Rung) -> list[Step]:
        """Return the steps that ``rung`` is, also for a further peer, or says once more."""
        return self._by_rung.get(id(rung), [])

    @cached_property
    def _by_rung(self) -> Mapping[int, list[Step]]:
        by_number = {step.number: step for step in self.figure.steps}
        found: dict[int, list[Step]] = {}
        for steps in (self.steps, *self.repeats):
            for number, rung in steps.items():
                found.setdefault(id(rung), []).append(by_number[number])
        once = [(rung, by_number[number]) for number, rung in self.steps.items()]
        for rung in self.rungs:
            if (rung.again or rung.lost_after) and id(rung) not in found:
                same = [step for each, step in once if _alike(each, rung)]
                if same:
                    found[id(rung)] = same[:1]
        return found


def _alike(one: Rung, other: Rung) -> bool:
    return (one.kind, one.name, one.sender, one.destination) == (
        *(other.kind, other.name, other.sender),
        other.destination,
    )


def compare(figure: Figure, recording: Recording, move: Move) -> Comparison:
    """Lay ``figure`` beside what ``recording`` has of ``move``."""
    figure = figure.played_by(recording.network.nodes[move.node].mobile)
    ladder = recording.of(move, figure.whole)
    allowed = cast(figure, recording.network, move, recording.whereabouts)
    matcher = Matcher(figure, allowed, ladder.rungs, _domains(recording))
    main = matcher.match()
    used = {id(rung) for rung in main.steps.values()}
    together = [figure.repeats, *([group] for group in figure.repeats)]
    repeats = [each for groups in together for each in matcher.again(groups, main, used)]
    judge = Judge(figure, allowed, main, ladder.rungs, used, move.node)
    return Comparison(
        figure,
        move,
        _players(figure, main, allowed),
        main.steps,
        [each.steps for each in repeats],
        judge.differences(),
        ladder.rungs,
    )


def _domains(recording: Recording) -> Mapping[str, str]:
    return {node.name: node.domain for node in recording.network.nodes.values()}


def applies(figure: Figure, recording: Recording, move: Move) -> bool:
    """Say whether ``figure`` is of such moves, and there is a node for each of its roles."""
    about = ATTACHMENT if move.origin is None else HANDOVER
    if figure.about not in (ANY, about):
        return False
    return all(cast(figure, recording.network, move, recording.whereabouts).values())


def _players(figure: Figure, main: Match, allowed: Cast) -> dict[str, str]:
    """Return who plays each role that has a step, or that one node alone may play."""
    bound = {name: str(node) for name, node in main.roles.items() if name in allowed}
    only = {name: next(iter(nodes)) for name, nodes in allowed.items() if len(nodes) == 1}
    found = {name: node for name, node in only.items() if node not in bound.values()}
    return {role.name: who for role in figure.roles if (who := {**found, **bound}.get(role.name))}
