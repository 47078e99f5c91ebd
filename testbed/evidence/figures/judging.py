"""What of a figure a ladder lacks, what it has in another order, and what it has besides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from testbed.evidence.figures.casting import Cast
from testbed.evidence.figures.matching import Match, fits, named
from testbed.evidence.figures.model import Figure, Step
from testbed.evidence.ladder.rung import DATA, MESSAGE, Rung
from testbed.evidence.signalling import ERRORS

_DENIALS = (*ERRORS, "BindingError")
MISSING, LOST, DISORDERED, EXTRA = "missing", "lost", "out of order", "extra"
INCOMPLETE = "incomplete"  # a group of steps with one more peer


@dataclass(frozen=True, slots=True)
class Difference:
    """``kind`` is "missing", "lost", "out of order", "incomplete" or "extra".

    It is about a ``step`` of the figure, or about a ``rung`` that is none, or about both.
    """

    kind: str
    step: Step | None = None
    rung: Rung | None = None

    @property
    def text(self) -> str:
        """What differs and where, in words."""
        drawn = f"step {self.step.number} ({_arrow(self.step)})" if self.step else ""
        went = _went(self.rung) if self.rung else ""
        if self.kind == LOST and self.rung:
            return (
                f"{drawn} is lost: {self.rung.sender} sent it, seen last at {self.rung.lost_after}"
            )
        if self.kind == EXTRA:
            return f"extra: {went} is no step of the figure"
        if self.kind == INCOMPLETE:
            return f"{drawn} is done by {went}, but not the steps that go with it"
        return f"{drawn} is {self.kind}" + (f": {went} came too early" if went else "")


def _arrow(step: Step) -> str:
    return f"{step.label}, {step.sender} -> {step.receiver}"


def _went(rung: Rung) -> str:
    return f"{rung.name} {rung.sender} -> {rung.receiver or 'nobody'}"


class Judge:
    """Says how ``match`` falls short of ``figure``; ``used`` are the rungs that are steps."""

    def __init__(
        self,
        figure: Figure,
        cast: Cast,
        match: Match,
        rungs: Sequence[Rung],
        used: Collection[int],
        mobile: str,
    ) -> None:
        self._figure, self._cast, self._match = figure, cast, match
        self._rungs, self._used, self._mobile = rungs, used, mobile
        self._told = set(used)
        self._players = {str(match.roles.get(role.name)) for role in figure.roles}

    def differences(self) -> list[Difference]:
        """Return the differences: by step in the figure's order, then what is extra."""
        return [*self._of_steps(), *self._incomplete(), *self._extra()]

    def _of_steps(self) -> Iterator[Difference]:
        begun = {step.group for step in self._figure.steps if step.number in self._match.steps}
        for step in self._figure.steps:
            rung = self._match.steps.get(step.number)
            if step.number in self._match.disordered:
                yield Difference(DISORDERED, step, rung)
            elif rung is None and (not step.optional or (step.group and step.group in begun)):
                lost = self._lost(step)
                yield Difference(LOST if lost else MISSING, step, lost)

    def _lost(self, step: Step) -> Rung | None:
        """Return what would be ``step`` if it had arrived."""
        allowed = self._cast[step.sender]
        bound = self._match.roles.get(step.sender)
        for rung in self._rungs:
            sender = rung.sender == bound if bound else rung.sender in allowed
            same = rung.kind != DATA or rung.identity in {
                each.identity for each in self._match.steps.values() if each.kind == DATA
            }
            if sender and same and not rung.arrived and named(step, rung):
                return rung
        return None

    def _incomplete(self) -> Iterator[Difference]:
        """Yield the first step of a group that was begun with one more peer, and not ended.

        A peer that answers by an error has ended it.
        """
        for group in self._figure.repeats:
            first = next(step for step in self._figure.steps if step.group == group)
            for rung in self._rungs:
                begun = fits(first, rung, self._cast) and id(rung) not in self._used
                if begun and rung.mobile == self._mobile and not self._over(rung):
                    yield Difference(INCOMPLETE, first, rung)
                    self._told.add(id(rung))

    def _over(self, rung: Rung) -> bool:
        if rung.again or rung.renewal or rung.kind == DATA:
            return True
        return any(
            each.name in _DENIALS
            and (each.sender, each.receiver) == (rung.receiver, rung.sender)
            and each.at >= rung.at
            for each in self._rungs
        )

    def _extra(self) -> Iterator[Difference]:
        matched = self._match.steps.values()
        if not matched:
            return
        begin = self._rungs[0].at if self._figure.strict else min(each.at for each in matched)
        end = max(each.ends_at for each in matched)
        for rung in self._rungs:
            if begin <= rung.at <= end and self._counts(rung):
                yield Difference(EXTRA, None, rung)

    def _counts(self, rung: Rung) -> bool:
        if rung.kind != MESSAGE or rung.mobile != self._mobile or id(rung) in self._told:
            return False
        if not rung.arrived and any(named(step, rung) for step in self._figure.steps):
            return False  # told as a step that is lost, or sent once more
        if self._figure.among and not {rung.sender, rung.receiver} <= self._players:
            return False
        if self._figure.aside is not None and self._figure.aside(rung):
            return False
        return not (rung.again or rung.renewal or rung.name in {*self._figure.also, *ERRORS})
