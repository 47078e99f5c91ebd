"""The rungs of a ladder that are the steps of a figure: the assignment that lacks least.

A search with bounds: each step takes the first rung that fits, between each pair of nodes that may
play its roles; or one that is out of order; or none. What is best so far bounds what is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testbed.evidence.figures.casting import Cast
from testbed.evidence.figures.model import Figure, Step
from testbed.evidence.ladder.exchanges import QUESTIONS
from testbed.evidence.ladder.rung import DATA, Rung

MISSING, DISORDERED, SKIPPED = 100, 10, 1  # what it costs that a step is so
_MOST = 20_000  # steps that are tried
_PACKET = "a packet"  # the role of the packet that all data steps are about
_Bound = dict[str, object]


@dataclass(slots=True)
class Match:
    """Which rung each step is, by the step's number, and which steps came too early."""

    steps: dict[str, Rung] = field(default_factory=dict)
    disordered: frozenset[str] = frozenset()
    roles: _Bound = field(default_factory=dict)
    cost: int = 1 << 30


def ready_at(step: Step, before: str, chosen: Mapping[str, Rung], figure: Figure) -> float:
    """Return when ``step`` may come: when what it follows has come to its sender, or was sent.

    ``before`` is the number of the step before it. A step that is missing is followed no further
    than what it followed itself.
    """
    times = [float("-inf")]
    for number in step.after if step.after is not None else (before,):
        rung = chosen.get(number)
        if rung is not None:
            times.append(rung.ends_at if step.sender == _taker(figure, number) else rung.at)
        elif number:
            index = [each.number for each in figure.steps].index(number)
            earlier = figure.steps[index - 1].number if index else ""
            times.append(ready_at(figure.steps[index], earlier, chosen, figure))
    return max(times)


def _taker(figure: Figure, number: str) -> str:
    return next(step.receiver for step in figure.steps if step.number == number)


class Matcher:
    """Finds the steps of ``figure`` among ``rungs``, with the nodes that ``cast`` allows.

    ``domains`` has the domain of each node.
    """

    def __init__(
        self, figure: Figure, cast: Cast, rungs: Sequence[Rung], domains: Mapping[str, str]
    ) -> None:
        self._figure, self._domains = figure, domains
        self._numbers = ["", *(step.number for step in figure.steps)]
        self._fitting = {
            step.number: [rung for rung in rungs if fits(step, rung, cast)] for step in figure.steps
        }

    def match(self) -> Match:
        """Return the best assignment of all steps."""
        return self._search(self._figure.steps, {}, frozenset())

    def again(self, groups: Sequence[str], main: Match, used: set[int]) -> Iterator[Match]:
        """Yield further instances of the steps of ``groups``, of rungs that are not ``used``."""
        steps = [step for step in self._figure.steps if step.group in groups]
        outer = {key: rung for key, rung in main.steps.items() if key not in _numbers(steps)}
        while True:
            found = self._search(steps, outer, frozenset(used))
            if found.cost >= DISORDERED or not set(found.steps) & _numbers(steps):
                return
            numbers = (step.number for step in steps)
            found.steps = {key: found.steps[key] for key in numbers if key in found.steps}
            used.update(id(rung) for rung in found.steps.values())
            yield found

    def _search(
        self, steps: Sequence[Step], chosen: Mapping[str, Rung], used: frozenset[int]
    ) -> Match:
        search = _Search(self._figure, self._domains, self._fitting, self._numbers, steps, used)
        search.go(0, dict(chosen), {}, frozenset(), 0)
        return search.best


def _numbers(steps: Sequence[Step]) -> set[str]:
    return {step.number for step in steps}


def fits(step: Step, rung: Rung, cast: Cast) -> bool:
    """Say whether ``rung`` can be ``step``, whatever the others are."""
    if rung.kind != step.kind or not rung.arrived:
        return False
    if rung.sender not in cast[step.sender] or rung.receiver not in cast[step.receiver]:
        return False
    return named(step, rung)


def named(step: Step, rung: Rung) -> bool:
    """Say whether ``rung`` is what ``step`` says, between whomever it went."""
    if rung.kind != step.kind or (rung.kind != DATA and rung.name not in step.names):
        return False
    return step.where is None or step.where(rung)


class _Search:
    """One search: the steps to assign, what may be taken, and the best so far."""

    def __init__(
        self,
        figure: Figure,
        domains: Mapping[str, str],
        fitting: Mapping[str, Sequence[Rung]],
        numbers: Sequence[str],
        steps: Sequence[Step],
        used: frozenset[int],
    ) -> None:
        self._figure, self._domains, self._fitting = figure, domains, fitting
        self._numbers, self._steps, self._used = numbers, steps, used
        self._left = _MOST
        self.best = Match()

    def go(
        self, index: int, chosen: dict[str, Rung], roles: _Bound, early: frozenset[str], cost: int
    ) -> None:
        """Assign the steps from ``index`` on; ``early`` are those out of order so far."""
        self._left -= 1
        if cost >= self.best.cost or self._left < 0:
            return
        if index == len(self._steps):
            self.best = Match(dict(chosen), early, roles, cost)
            return
        step = self._steps[index]
        for rung, in_order in (
            self._choices(step, chosen, roles) if self._begun(step, chosen) else ()
        ):
            bound = {**roles, **self._told(step, rung)}
            dear = cost if in_order else cost + DISORDERED
            late = early if in_order else early | {step.number}
            self.go(index + 1, {**chosen, step.number: rung}, bound, late, dear)
        self.go(index + 1, chosen, roles, early, cost + self._price(step, chosen))

    def _price(self, step: Step, chosen: Mapping[str, Rung]) -> int:
        """Return what it costs that ``step`` is not there: little where its group is not begun."""
        begun = any(
            each.number in chosen for each in self._figure.steps if each.group == step.group != ""
        )
        return SKIPPED if step.optional and not begun else MISSING

    def _begun(self, step: Step, chosen: Mapping[str, Rung]) -> bool:
        """Say whether an optional group, if ``step`` goes on with one, has been begun."""
        if not step.optional or not step.group:
            return True
        first = next(each for each in self._figure.steps if each.group == step.group)
        return first.number == step.number or first.number in chosen

    def _choices(
        self, step: Step, chosen: Mapping[str, Rung], roles: _Bound
    ) -> Iterator[tuple[Rung, bool]]:
        """Yield the first rung in order between each pair of nodes, then the first in disorder."""
        before = self._numbers[self._numbers.index(step.number) - 1]
        ready = ready_at(step, before, chosen, self._figure)
        taken = {id(rung) for rung in chosen.values()}
        open_ = [
            rung
            for rung in self._fitting[step.number]
            if id(rung) not in taken
            and id(rung) not in self._used
            and self._agrees(step, rung, roles)
        ]
        for in_order in (True, False):
            pairs = set()
            for rung in open_:
                pair = (rung.sender, rung.receiver, rung.identity)
                if (rung.at >= ready) is in_order and pair not in pairs:
                    pairs.add(pair)
                    yield rung, in_order

    def _agrees(self, step: Step, rung: Rung, roles: _Bound) -> bool:
        """Say whether the nodes of ``rung`` may play its roles beside those that are cast."""
        told = self._told(step, rung)
        if any(roles.get(role, node) != node for role, node in told.items()):
            return False
        players = {**roles, **told}
        near = self._figure.together
        places = {self._domains[str(node)] for role, node in players.items() if role in near}
        return len(places) < 2 and not self._doubled(players)

    def _doubled(self, players: _Bound) -> bool:
        """Say whether one node plays two roles that are there to be played by different nodes."""
        parts = [
            (role.who, players[role.name])
            for role in self._figure.roles
            if role.name in players and not role.lane
        ]
        return len(set(parts)) < len(parts)

    @staticmethod
    def _told(step: Step, rung: Rung) -> _Bound:
        told: _Bound = {step.sender: rung.sender, step.receiver: rung.receiver}
        if rung.kind == DATA:
            told[_PACKET] = rung.identity
        if step.group and rung.exchange is not None:
            (answer, *_) = QUESTIONS.get(rung.name, (rung.name,))
            pair = " and ".join(sorted((step.sender, step.receiver)))
            told[f"{answer} of {step.group} between {pair}"] = rung.exchange
        return told
