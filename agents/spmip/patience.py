"""How long an asker whose node is not served yet goes on waiting for an answer."""

from __future__ import annotations

from dataclasses import replace

from agents.spmip.askers import Asked
from agents.spmip.config import RespondentConfig


class Patience:
    """Judges queries that have no answer yet by the pace at which gateways repeat theirs.

    A ``sole`` respondent takes every query for the last one. Of several, each counts: whoever
    has had an answer from another one does not repeat its query.
    """

    def __init__(self, config: RespondentConfig, sole: bool) -> None:
        self._timeout = config.query_timeout
        self._tries = config.query_tries
        self._negative_cache = config.negative_cache
        self._sole = sole

    def begin(self, asked: Asked, earlier: Asked | None) -> Asked:
        """Return ``asked`` with its count of tries and the time to forget it."""
        tries = self._tries if self._sole else self._count(asked, earlier)
        until = asked.at + self._window(tries) + self._negative_cache
        return replace(asked, tries=tries, until=until)

    def waits(self, asked: Asked, now: float) -> bool:
        """Say whether the asker would still take an answer."""
        return now - asked.at <= self._window(asked.tries)

    def unanswered(self, asked: Asked) -> bool:
        """Say whether the asker has no answer that holds, as far as can be known from here."""
        return asked.question is None or asked.tries == self._tries

    def _count(self, asked: Asked, earlier: Asked | None) -> int:
        if earlier is None or earlier.question is None or asked.question is None:
            return 1
        if earlier.question.sequence == asked.question.sequence:
            return earlier.tries  # a copy of the same message
        wait = (asked.at - earlier.at) / self._window(earlier.tries)
        return min(earlier.tries + 1, self._tries) if 0.5 < wait < 1.5 else 1

    def _window(self, tries: int) -> float:
        """Return how long the answer to this try is waited for: each time twice as long."""
        return self._timeout * (1 << (tries - 1))
