"""What a network's timeline plans: who moves when from where to where, and which flows run then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from testbed.topology.network import Flow, Network, Step

TOGETHER = 0.5  # s between two moves of both ends of a flow, within which neither finds the other

Interface = tuple[str, str]  # a node and one of its interfaces


@dataclass(frozen=True, slots=True)
class Planned:
    """A mobile's interface leaves ``origin`` at the instant ``at``.

    ``gap`` later it is at ``target``; ``where`` has the access link of every interface before that.
    """

    node: str
    interface: str
    origin: str
    target: str
    at: float
    gap: float
    where: Mapping[Interface, str]


def planned(network: Network) -> list[Planned]:
    """Return the moves of all interfaces in the order of their link-ups, first attachments not."""
    where: dict[Interface, str] = {}
    left: dict[Interface, float] = {}
    found = []
    for step in network.timeline:
        key = (step.node, step.interface)
        if step.kind == "detach":
            left[key] = step.at
        elif step.kind in ("attach", "move"):
            if key in where:
                gone = left.pop(key, step.at)
                gap = step.at + step.gap - gone
                origin, before = where[key], dict(where)
                found.append(Planned(*key, origin, step.target, gone, gap, before))
            where[key] = step.target
    return sorted(found, key=lambda each: each.at + each.gap)


def running(network: Network, at: float) -> list[Flow]:
    """Return the flows that have been started by ``at`` and not been stopped."""
    active: dict[str, bool] = {}
    for step in network.timeline:
        if step.at <= at and step.kind in ("start", "stop"):
            active[step.target] = step.kind == "start"
    return [flow for name, flow in network.flows.items() if active.get(name)]


def begun_at(network: Network, flow: Flow) -> Mapping[Interface, str]:
    """Return the access link of every interface when ``flow`` was first started."""
    where: dict[Interface, str] = {}
    for step in network.timeline:
        if step.kind == "start" and step.target == flow.name:
            break
        if step.kind in ("attach", "move"):
            where[step.node, step.interface] = step.target
    return where


def moves_too(moves: Sequence[Planned], move: Planned, peer: str) -> Planned | None:
    """Return the move of ``peer`` at about the same time as ``move``, if there is one."""
    near = (each for each in moves if each.node == peer and abs(each.at - move.at) < TOGETHER)
    return next(near, None)


def stays(network: Network, flow: Flow) -> Iterator[tuple[float, Mapping[Interface, str]]]:
    """Yield for how long everybody was where, from the start of ``flow`` to its stop."""
    where: dict[Interface, str] = {}
    since: float | None = None
    for at, step in sorted(((_done(step), step) for step in network.timeline), key=_at):
        about = step.kind in ("start", "stop") and step.target == flow.name
        if since is not None and (about or step.kind in ("attach", "move")):
            yield at - since, dict(where)
            since = at
        if about:
            since = at if step.kind == "start" else None
        if step.kind in ("attach", "move"):
            where[step.node, step.interface] = step.target
    if since is not None:
        yield network.duration - since, dict(where)


def _done(step: Step) -> float:
    """Return when ``step`` is done: a move when the link is back."""
    return step.at + step.gap


def _at(pair: tuple[float, Step]) -> float:
    return pair[0]
