"""Simulated runs, of healthy protocols and of such as are broken on purpose, for their ladders."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from agents.core.actions import Action, SendMessage
from agents.core.events import Event
from agents.roles import ROLES, Factory
from agents.wire.names import message_name
from testbed.evidence import figures
from testbed.evidence.figures import Comparison
from testbed.evidence.ladder.legs import first_packets
from testbed.evidence.ladder.recording import Recording
from testbed.evidence.moves import Move
from testbed.evidence.signalling import Signalling
from testbed.protocols import load
from testbed.simulated.run import Run, simulate
from testbed.topology.network import Network


def recorded(network: Network, run: Run) -> Recording:
    """Return what a run has shown, with the first packets of its flows."""
    signalling = Signalling(network)
    for sighting in run.sightings:
        if sighting.message is not None and not sighting.flow:
            signalling.see(sighting)
    events = sorted(run.events, key=lambda event: event.at)
    packets = first_packets(each for each in run.sightings if each.flow)
    return Recording(network, signalling.settle(), events, packets)


@cache
def healthy(topology: str) -> Recording:
    """Simulate a topology as it is."""
    network = load(topology)
    return recorded(network, simulate(network))


def fitting(recording: Recording, figure: str) -> list[Move]:
    return [
        move for move in recording.moves if figures.applies(figures.named(figure), recording, move)
    ]


def compared(recording: Recording, figure: str, index: int = 0) -> Comparison:
    """Lay ``figure`` beside the move of this place among those that it is about."""
    return figures.compare(figures.named(figure), recording, fitting(recording, figure)[index])


def said(comparison: Comparison) -> list[tuple[str, str]]:
    """Return the differences: kind, and the step's number or the message that is extra."""
    return [
        (each.kind, each.step.number if each.step else each.rung.name if each.rung else "")
        for each in comparison.differences
    ]


def with_discovery(folder: Path, way: str, upgraded: bool = False) -> Path:
    """Write the topology ``dmipv6`` with another way to find home proxies."""
    file = Path(__file__).parents[2] / "topologies" / "dmipv6" / "topology.yaml"
    text = file.read_text(encoding="utf-8")
    assert "discovery: anycast" in text
    text = text.replace("discovery: anycast", f"discovery: {way}")
    if upgraded:
        text = text.replace("{place: correspondent, role: none}", "{place: correspondent}")
    (folder / "topology.yaml").write_text(text, encoding="utf-8")
    return folder / "topology.yaml"


Change = Callable[[Action], Sequence[Action]]


class Broken:
    """A core whose actions are changed on their way out, from some time on."""

    def __init__(self, core: Any, change: Change, since: float) -> None:
        self._core, self._change, self._since = core, change, since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        return self._changed(self._core.handle(event, now), now)

    def tick(self, now: float) -> Sequence[Action]:
        return self._changed(self._core.tick(now), now)

    def _changed(self, actions: Sequence[Action], now: float) -> Sequence[Action]:
        if now < self._since:
            return actions
        return [each for action in actions for each in self._change(action)]


def broken(
    monkeypatch: Any,
    topology: str,
    roles: Iterable[tuple[str, str]],
    change: Callable[[], Change],
    since: float = 0.0,
) -> Recording:
    """Simulate ``topology`` with broken ``roles``; each core gets a ``change`` of its own."""

    def breaking(factory: Factory) -> Factory:
        return lambda config, random: Broken(factory(config, random), change(), since)

    for role in roles:
        monkeypatch.setitem(ROLES, role, breaking(ROLES[role]))
    network = load(topology)
    return recorded(network, simulate(network))


def _is(action: Action, name: str) -> bool:
    return isinstance(action, SendMessage) and message_name(action.message) == name


def silent(name: str, where: Callable[[Any], bool] = lambda message: True) -> Callable[[], Change]:
    """Never say ``name`` (only what is ``where``)."""

    def change(action: Action) -> Sequence[Action]:
        return [] if _is(action, name) and where(action.message) else [action]  # type: ignore

    return lambda: change


def after(name: str, other: str) -> Callable[[], Change]:
    """Say ``name`` only once ``other`` has been said."""

    def make() -> Change:
        held: deque[Action] = deque()

        def change(action: Action) -> Sequence[Action]:
            if _is(action, name):
                held.append(action)
                return []
            if _is(action, other) and held:
                late = [action, *held]
                held.clear()
                return late
            return [action]

        return change

    return make


def besides(name: str, more: Callable[[SendMessage], SendMessage]) -> Callable[[], Change]:
    """Say something ``more`` with each ``name``."""

    def change(action: Action) -> Sequence[Action]:
        if isinstance(action, SendMessage) and _is(action, name):
            return [action, more(action)]
        return [action]

    return lambda: change
