"""The flows of a mobile node, and what it uses for each of them (draft-liu §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agents.core.actions import Refuse
from agents.dmipv6.services import Service
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord
from agents.wire.private_options import BusinessFlowAttribute

REFUSED = 256
"""Names of refused flows that are remembered, until their programs close them too."""


class Via(StrEnum):
    """Whose address a flow has: the access network's, the home agent's or a home proxy's."""

    CARE_OF = "care-of"
    HOME = "home"
    PROXY = "proxy"


class Step(StrEnum):
    """What a flow that is being opened waits for (§5.1)."""

    ADDRESS = "care-of address"
    FINDING = "home proxies"
    APPLYING = "DHoA"
    BINDING = "binding of the DHoA"
    HOME = "binding of the home address"


@dataclass(slots=True)
class Opening:
    """It has no address yet; it gets one, of some kind, before ``until``.

    ``candidates`` are the home proxies that are tried next, ``waits_for`` what was told to
    whom it was asked of, ``proxy`` and ``address`` what it is about to use; where another home
    proxy is left, it is tried at ``patient_until``.
    """

    until: float
    patient_until: float = float("inf")
    step: Step = Step.ADDRESS
    candidates: list[DhpRecord] = field(default_factory=list)
    waits_for: Any = None
    proxy: Address | None = None
    address: Address | None = None

    @property
    def due_at(self) -> float:
        """Return when it has waited for too long for what it waits for."""
        binding = self.step is Step.BINDING and bool(self.candidates)
        return min(self.until, self.patient_until) if binding else self.until


@dataclass(slots=True)
class Open:
    """It goes from ``source``; ``moved`` while the binding of that waits for its confirmation."""

    via: Via
    source: Address
    proxy: Address | None = None
    moved: bool = False


@dataclass(slots=True)
class Ended:
    """It is over; its DHoA is given back, and ``refusal`` taken back, at ``until``."""

    until: float
    address: Address | None = None
    refusal: Refuse | None = None


State = Opening | Open | Ended


@dataclass(slots=True, eq=False)
class Flow:
    """A connection of one program, or of all programs of one ``user``, to ``destination``.

    ``port`` is the local one (of an ICMPv6 echo its identifier), 0 where it is not known;
    ``protocol`` is 0 for any. Who asked for it waits for the answer under ``token``.
    """

    name: str
    service: Service
    destination: Address
    protocol: int
    port: int
    user: int | None
    incoming: bool
    token: str
    state: State

    def attributes(self) -> tuple[BusinessFlowAttribute, ...]:
        """Return what a DHP Binding Update says of it: nothing where its port is not known.

        Nothing either once its DHoA is given back: the update then ends the binding, not a flow.
        """
        opening = isinstance(self.state, Opening) and self.state.address is not None
        in_use = opening or isinstance(self.state, Open)
        return (BusinessFlowAttribute(self.port, self.protocol),) if self.port and in_use else ()


class Flows:
    """The flows of one mobile node, by name and by DHoA; there is one flow to a DHoA."""

    def __init__(self) -> None:
        self._named: dict[str, Flow] = {}
        self._ended: list[Flow] = []
        self._refused: dict[str, None] = {}
        self._of: dict[Address, Flow] = {}

    def __len__(self) -> int:
        return len(self._named) + len(self._ended)

    def __iter__(self) -> Iterator[Flow]:
        return iter([*self._named.values(), *self._ended])

    def named(self, name: str) -> Flow | None:
        """Return the flow of that name that has not ended."""
        return self._named.get(name)

    def of(self, address: Address) -> Flow | None:
        """Return the flow that has the DHoA ``address``."""
        return self._of.get(address)

    def open(self) -> list[tuple[Flow, Open]]:
        """Return the flows that have their address."""
        return [(f, f.state) for f in self._named.values() if isinstance(f.state, Open)]

    def opening(self) -> list[tuple[Flow, Opening]]:
        """Return the flows that wait for their address."""
        return [(f, f.state) for f in self._named.values() if isinstance(f.state, Opening)]

    def add(self, flow: Flow) -> None:
        """Enter a new flow."""
        self._named[flow.name] = flow

    def give(self, flow: Flow, address: Address) -> None:
        """Take note that ``flow`` has the DHoA ``address``."""
        self._of[address] = flow

    def take(self, address: Address) -> None:
        """Take note that the DHoA ``address`` is nobody's any more."""
        self._of.pop(address, None)

    def was_refused(self, name: str) -> bool:
        """Say, once, whether a flow of that name was ended without its program's doing."""
        return self._refused.pop(name, 0) is None

    def end(self, flow: Flow, state: Ended, *, closed: bool) -> None:
        """Let the name of ``flow`` be free for another one; its program may have ``closed`` it."""
        del self._named[flow.name]
        if not closed:
            self._refused[flow.name] = None
            if len(self._refused) > REFUSED:
                del self._refused[next(iter(self._refused))]
        flow.state = state
        self._ended.append(flow)

    def forget(self, flow: Flow) -> None:
        """Drop a flow altogether."""
        if self._named.get(flow.name) is flow:
            del self._named[flow.name]
        if flow in self._ended:
            self._ended.remove(flow)
