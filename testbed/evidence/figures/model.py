"""How a message sequence of a document is written down: roles, and steps between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from testbed.evidence.ladder.rung import MESSAGE, Rung
from testbed.topology.network import Mobile

Condition = Callable[[Rung], bool]

ATTACHMENT, HANDOVER, ANY = "attachment", "handover", "any"


class Who(Enum):
    """Which nodes of a network may play a role, seen from one move of one mobile."""

    MOBILE = "the mobile that moves"
    TARGET = "the access router that it comes to"
    ORIGIN = "the access router that it leaves"
    HOME = "its anchor, to whose link it comes"
    VISITED = "the access router that it comes to, away from home"
    SERVING = "the access router of another interface of it"
    GATEWAY = "an access router"
    ANCHOR = "its anchor"
    CORRESPONDENT = "the other end of a flow of it"
    PROXY = "a distributed home proxy"
    SERVER = "who may be asked for home proxies"
    AAA = "the AAA server"


@dataclass(frozen=True, slots=True)
class Role:
    """A lane of a figure, called as the document calls it, and who may play it.

    ``lane`` names the role in whose lane it is drawn, where the document draws it as another; it
    may be played by the same node as that. Else roles of one ``who`` have a node each.
    """

    name: str
    who: Who
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An arrow of a figure.

    ``names`` are the messages that it may be (or, by ``kind``, the events; data has none), and
    ``where`` what must hold of it besides. It follows the steps ``after`` (None: the one before
    it). Steps of one ``group`` go together: all of an optional group are there or none. ``note``
    says what is drawn otherwise than it is encoded here, and why.
    """

    number: str
    sender: str
    receiver: str
    label: str
    names: tuple[str, ...] = ()
    kind: str = MESSAGE
    optional: bool = False
    group: str = ""
    after: tuple[str, ...] | None = None
    where: Condition | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A message sequence of a document.

    ``about`` says of which moves it is. ``also`` are messages that may pass meanwhile and that
    the figure leaves out, as is what is ``aside``; ``repeats`` the groups that come once for each
    peer. ``whole`` figures begin with the mobile's first attachment, others with the move. What is
    no step counts as extra from there on or, unless the figure is ``strict``, from its first step
    on; and in a figure that is ``among`` its roles, only if it passes between two of them. The
    roles of ``together`` are played by nodes of one domain. ``shared`` are the steps that stand for
    those of their numbers where the mobile's interfaces share an address.
    """

    name: str
    title: str
    source: str
    protocols: tuple[str, ...]
    about: str
    roles: tuple[Role, ...]
    steps: tuple[Step, ...]
    also: frozenset[str] = frozenset()
    repeats: tuple[str, ...] = ()
    whole: bool = False
    strict: bool = True
    aside: Condition | None = None
    among: bool = False
    together: frozenset[str] = frozenset()
    shared: tuple[Step, ...] = ()

    def played_by(self, mobile: Mobile | None) -> Figure:
        """Return the figure with the steps that are those of ``mobile``."""
        if not self.shared or mobile is None or not _shares(mobile):
            return self
        instead = {step.number: step for step in self.shared}
        return replace(self, steps=tuple(instead.get(step.number, step) for step in self.steps))

    def role(self, name: str) -> Role:
        """Return the role ``name``."""
        return next(role for role in self.roles if role.name == name)

    def text(self, step: Step) -> str:
        """Return what a packet is said to be: the figure, the step, and between whom."""
        return f"{self.name} step {step.number}: {step.label}, {step.sender} -> {step.receiver}"


def _shares(mobile: Mobile) -> bool:
    addresses = list(mobile.home_addresses.values())
    return len(addresses) > 1 and all(each == addresses[0] for each in addresses)
