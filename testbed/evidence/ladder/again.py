"""Which messages are one exchange, and which say again what was said: repetitions, renewals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from agents.wire.options import (
    AlternateCareOfAddress,
    HomeNetworkPrefix,
    MobilityMessageAuthentication,
    SessionHomeAddress,
    Timestamp,
)
from testbed.evidence.ladder.exchanges import ANSWERS, QUESTIONS, number_of, transaction_of
from testbed.evidence.ladder.rung import Rung

_UNIT = 4  # s: the unit of a binding's lifetime (RFC 6275 §6.1.7)
_LEAST = 0.25  # of its lifetime that a binding has lasted when it is renewed
_PASSING = (Timestamp, MobilityMessageAuthentication)  # what is new in each transmission
_OF_QUERY = (HomeNetworkPrefix,)
_OF_UPDATE = (AlternateCareOfAddress, SessionHomeAddress)


@dataclass(slots=True, eq=False)
class _Exchange:
    """A question with all its repetitions, and who has answered it."""

    latest: Rung
    numbers: set[object] = field(default_factory=set)
    answered_by: set[str] = field(default_factory=set)
    answer: Rung | None = None  # that came in first
    repeated: bool = False

    def covers(self, answer: Rung) -> bool:
        if answer.receiver and answer.receiver != self.latest.sender:
            return False
        return number_of(answer.message) in self.numbers


def mark(rungs: Iterable[Rung]) -> None:
    """Mark exchanges, what is said ``again`` and each ``renewal`` among messages by time."""
    exchanges: dict[object, _Exchange] = {}
    asked: dict[tuple[str, str], list[_Exchange]] = {}
    for rung in rungs:
        if rung.name in QUESTIONS:
            _ask(rung, exchanges, asked)
        elif rung.name in ANSWERS:
            _answer(rung, asked)


def _ask(
    rung: Rung,
    exchanges: dict[object, _Exchange],
    asked: dict[tuple[str, str], list[_Exchange]],
) -> None:
    key = (rung.name, rung.sender, rung.destination, rung.mobile, _gist(rung))
    exchange = exchanges.get(key)
    if exchange and exchange.latest.seen is rung.seen:  # to another of a group
        rung.again, rung.exchange = exchange.latest.again, exchange
        return
    if exchange and exchange.answer is None:
        rung.again = exchange.repeated = True
        exchange.latest, rung.exchange = rung, exchange
        exchange.numbers.add(number_of(rung.message))
        return
    rung.renewal = exchange is not None and _renews(rung, exchange.answer)
    rung.exchange = exchanges[key] = fresh = _Exchange(rung, {number_of(rung.message)})
    asked.setdefault((rung.name, rung.sender), []).append(fresh)


def _answer(rung: Rung, asked: dict[tuple[str, str], list[_Exchange]]) -> None:
    found = [
        each
        for question in ANSWERS[rung.name]
        for each in reversed(asked.get((question, rung.receiver), ()))
        if each.covers(rung)
    ]
    if not found:
        return
    direct = [each for each in found if each.latest.destination == rung.source] or found
    exchange = direct[0]
    rung.again = exchange.repeated and rung.sender in exchange.answered_by
    rung.exchange = exchange if len(direct) == 1 else None  # numbers are not always unique
    rung.renewal = exchange.latest.renewal
    exchange.answered_by.add(rung.sender)
    if rung.arrived and exchange.answer is None:
        exchange.answer = rung


def _gist(rung: Rung) -> object:
    """Return what a repetition has in common with its original, and other questions have not."""
    message: Any = rung.message
    options = getattr(message, "options", ())
    if rung.name == "ProxyBindingQuery":
        return tuple(each for each in options if isinstance(each, _OF_QUERY))
    if "lifetime" in getattr(type(message), "__slots__", ()) and options:
        kept = tuple(each for each in options if _matters(each))
        return message.lifetime > 0, kept
    lasting = tuple(each for each in options if not isinstance(each, _PASSING))
    return type(message), transaction_of(message), lasting


def _matters(option: Any) -> bool:
    """Say whether ``option`` of a Binding Update makes it one about something else."""
    return isinstance(option, _OF_UPDATE) or "Flow" in type(option).__name__


def _renews(rung: Rung, answer: Rung | None) -> bool:
    """Say whether the binding that ``answer`` grants had lasted for long."""
    granted = getattr(answer.message, "lifetime", 0) * _UNIT if answer else 0
    return bool(granted and answer and rung.at - answer.ends_at >= granted * _LEAST)
