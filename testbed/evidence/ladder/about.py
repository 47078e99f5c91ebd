"""Whom a message is about: the mobile that it names, else whose question it answers."""

from __future__ import annotations

from collections.abc import Iterable

from agents.wire.address import Address
from agents.wire.options import HomeNetworkPrefix
from testbed.evidence.ladder.exchanges import ANSWERS, number_of
from testbed.evidence.ladder.rung import Rung
from testbed.evidence.observed import Sighting
from testbed.evidence.subjects import Subject, Subjects
from testbed.topology.network import Network

_Question = tuple[str, bytes, bytes, object]


class About:
    """Tells messages about one mobile from those about others."""

    def __init__(self, network: Network, subjects: Subjects) -> None:
        self._subjects = subjects
        self._mobiles = {node.name for node in network.nodes.values() if node.mobile}
        self._asked: dict[_Question, Subject] = {}

    def settle(self, rungs: Iterable[Rung]) -> None:
        """Write into ``rungs``, messages in order of time, whom each is about."""
        for rung in rungs:
            subject = self._by_question(rung) or self._named(rung)
            if subject is None:
                continue
            rung.mobile, rung.interface = subject
            self._asked[rung.name, rung.source, rung.destination, number_of(rung.message)] = subject

    def _named(self, rung: Rung) -> Subject | None:
        message = rung.message
        user = getattr(message, "user", None)
        if isinstance(user, str) and (node := self._subjects.named(user)):
            return node, ""
        if found := self._subjects.of_message(_as_seen(rung)):
            return found
        prefixes = (
            option.prefix.network
            for option in getattr(message, "options", ())
            if isinstance(option, HomeNetworkPrefix) and option.prefix.length
        )
        at_home = map(self._subjects.of_address, prefixes)
        return next(filter(None, at_home), None) or self._by_ends(rung)

    def _by_ends(self, rung: Rung) -> Subject | None:
        for octets in (rung.source, rung.destination):
            if found := self._subjects.of_address(Address(octets)):
                return found
        return (rung.receiver, "") if rung.receiver in self._mobiles else None

    def _by_question(self, rung: Rung) -> Subject | None:
        for question in ANSWERS.get(rung.name, ()):
            key = (question, rung.destination, rung.source, number_of(rung.message))
            if key in self._asked:
                return self._asked[key]
        return None


def _as_seen(rung: Rung) -> Sighting:
    """Return the message as it was seen at its sender."""
    return Sighting(
        *(rung.at, rung.sender, "", True, 0, (), rung.source, rung.destination),
        message=rung.message,
    )
