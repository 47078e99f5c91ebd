"""Names: what a host asks a name server, and what that answers (RFC 1035, RFC 3596)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agents.wire.address import Address
from testbed.simulated.node import Node
from testbed.simulated.packet import HEADER, Packet

TRIES = 3
TIMEOUT = 1.0  # s that each question waits for its answer
_UDP, _HEADER = 8, 12  # octets, RFC 1035 §4.1.1
_TYPE_AND_CLASS = 4  # octets after the name in a question
_EDNS = 11  # octets of the record by which both ends say how much they take (RFC 6891 §6.1.2)
_RECORD = 28  # octets of an AAAA record whose name is a pointer to that of the question

Answered = Callable[[tuple[Address, ...], bool], None]
"""``answered(addresses, True)``, or ``answered((), False)`` where no answer has come."""


class Question(NamedTuple):
    """A query for the addresses of ``name``; ``number`` tells it from others of its sender."""

    number: int
    name: str


class Answer(NamedTuple):
    """The answer to the question ``number``."""

    number: int
    addresses: tuple[Address, ...]


class NameServer:
    """Answers what ``node`` is asked, from a table of names and their addresses."""

    def __init__(self, node: Node, names: Mapping[str, tuple[str, ...]]) -> None:
        self._node = node
        self._names = {
            _canonical(name): tuple(Address.parse(text) for text in addresses)
            for name, addresses in names.items()
        }
        node.applications.services[Question] = self._take

    def _take(self, packet: Packet) -> None:
        question: Question = packet.payload
        addresses = self._names.get(_canonical(question.name), ())
        length = _length(question.name) + _RECORD * len(addresses)
        answer = Answer(question.number, addresses)
        self._node.send(Packet(packet.destination, packet.source, length, payload=answer))


class Resolver:
    """Asks name servers for a node, again where no answer comes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._asked = 0
        self._waiting: dict[int, Answered] = {}
        node.applications.services[Answer] = self._take

    def ask(self, name: str, server: Address, source: Address, answered: Answered) -> None:
        """Ask ``server`` for ``name``, from ``source``; ``answered`` is called once."""
        self._asked += 1
        self._waiting[self._asked] = answered
        self._try(Question(self._asked, name), server, source, TRIES)

    def forget(self) -> None:
        """Let go of all questions: nobody waits for their answers."""
        self._waiting.clear()

    def _try(self, question: Question, server: Address, source: Address, left: int) -> None:
        if question.number not in self._waiting:
            return
        if not left:
            self._waiting.pop(question.number)((), False)
            return
        packet = Packet(source, server, _length(question.name), payload=question)
        self._node.send(packet)
        self._node.clock.after(TIMEOUT, self._try, question, server, source, left - 1)

    def _take(self, packet: Packet) -> None:
        answer: Answer = packet.payload
        answered = self._waiting.pop(answer.number, None)
        if answered is not None:
            answered(answer.addresses, True)


def _canonical(name: str) -> str:
    return name.rstrip(".").lower()


def _length(name: str) -> int:
    """Return the octets of a packet with a question for ``name``."""
    labels = len(_canonical(name)) + 2  # each dot is the length of a label, and two come more
    return HEADER + _UDP + _HEADER + labels + _TYPE_AND_CLASS + _EDNS
