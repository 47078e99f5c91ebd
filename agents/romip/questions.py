"""Steps 2 and 3, as the MAAR: who is this node, and where was it (draft-ma §3.1)."""

from __future__ import annotations

from agents.core.actions import Action, Record, SendMessage
from agents.core.retransmission import Retransmission
from agents.romip.config import MaarConfig
from agents.romip.lists import Asking, Left, Visit
from agents.wire.address import Address
from agents.wire.diameter import REALM_NOT_SERVED, SUCCESS, AaAnswer, AaRequest

_PERMANENT = 5000  # RFC 6733 §7.1.5: these failures will not pass; 3xxx and 4xxx may


class Questions:
    """The requests to the AAA server that it has not answered, by their Session-Ids.

    One is repeated with its Session-Id, as the server names the previous MAAR in it once only.
    """

    def __init__(self, config: MaarConfig) -> None:
        self._config = config
        self._visits: dict[str, Visit] = {}
        self._epoch = 0
        self._count = 0

    def start(self, now: float) -> None:
        """Tell the Session-Ids of this agent from those of an earlier one (RFC 6733 §8.8)."""
        self._epoch = int(now * 1000) & 0xFFFFFFFF

    def ask(self, visit: Visit, now: float) -> list[Action]:
        """Ask about a node; a question that was not answered is asked again, not anew."""
        if visit.request is None:
            visit.request = self._request(visit)
            self._visits[visit.request.session] = visit
        visit.state = Asking(Retransmission.after(now, self._config.initial_timeout))
        details = {"node": visit.identifier, "session": visit.request.session}
        return [*self._send(visit), Record("query_sent", details)]

    def ask_again(self, visit: Visit, now: float) -> list[Action]:
        """Repeat a question that was not answered in time."""
        assert isinstance(visit.state, Asking)
        visit.state = Asking(visit.state.retransmission.again(now, self._config.max_timeout))
        return self._send(visit)

    def ask_for_next(self, visit: Visit) -> list[Action]:
        """The next MAAR of a node that has left wants to know what the AAA server has said."""
        return self._send(visit) if isinstance(visit.state, Left) else []

    def asked_in(self, source: Address, answer: AaAnswer) -> Visit | None:
        """Return the visit that ``answer`` is about, if it was asked and ``source`` may say."""
        visit = self._visits.get(answer.session)
        known = visit is not None and answer.user == visit.identifier
        return visit if known and source == self._config.aaa else None

    def forget(self, visit: Visit) -> None:
        """Wait for no answer about this visit any more."""
        if visit.request is not None:
            del self._visits[visit.request.session]
            visit.request = None

    def _request(self, visit: Visit) -> AaRequest:
        self._count += 1
        config = self._config
        return AaRequest(
            f"{config.origin_host};{self._epoch};{self._count}",
            visit.identifier,
            config.address,
            config.origin_host,
            config.realm,
            config.aaa_realm,
        )

    def _send(self, visit: Visit) -> list[Action]:
        if visit.request is None:
            return []
        return [SendMessage(visit.request, self._config.address, self._config.aaa)]


def is_final(result: int) -> bool:
    """Say whether a Result-Code will be the same if the request is repeated."""
    return result in (SUCCESS, REALM_NOT_SERVED) or result >= _PERMANENT
