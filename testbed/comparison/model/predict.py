"""What each handover of a network should come to, by the model of its protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.comparison.model.places import Map
from testbed.comparison.model.plan import Planned, planned
from testbed.comparison.model.procedure import Procedure, Sent
from testbed.comparison.model.protocols import model_of
from testbed.comparison.model.scene import Call, Scene, scene
from testbed.comparison.model.trains import Effect, Stage, earliest, effect, through
from testbed.comparison.model.ways import Passing, Ways
from testbed.topology.network import Network


@dataclass(frozen=True, slots=True)
class Expected:
    """What one handover should come to; instants in seconds after the link is back.

    ``first_packets`` by flow, ``silences`` and ``lost`` by flow and by what the results call the
    direction. ``latency`` is None where a flow of the mobile is not modelled. ``running`` names
    all of the mobile's flows.
    """

    move: Planned
    latency: float | None
    first_packets: Mapping[str, float | None]
    silences: Mapping[str, Mapping[str, float | None]]
    lost: Mapping[str, Mapping[str, float]]
    reordered: Mapping[str, Mapping[str, float]]
    sent: Sequence[Sent]
    running: frozenset[str]


def predict(network: Network) -> list[Expected] | None:
    """Return what each handover should come to, in order; None where there is no model."""
    model = model_of(network)
    if model is None:
        return None
    map_, moves = Map(network), planned(network)
    handover = model.begin(network, map_)
    found = []
    for move in moves:
        here = scene(network, map_, moves, move)
        procedure = Procedure(map_)
        passing = handover(here, procedure)
        found.append(_expected(here, procedure, passing))
    return found


def _expected(here: Scene, procedure: Procedure, passing: Passing) -> Expected:
    effects = {call.flow.name: _effects(here, call, passing) for call in here.calls if call.peer}
    arriving = {name: each["in"].firsts for name, each in effects.items() if "in" in each}
    whole = len(arriving) == sum(call.inward is not None for call in here.calls)
    first = earliest(list(arriving.values()))
    named = {call.flow.name: call for call in here.calls}
    return Expected(
        here.move,
        first - here.gap if whole and first is not None else None,
        {name: _after(earliest([each]), here.gap) for name, each in arriving.items()},
        {
            name: {named[name].direction(way): found.silence for way, found in each.items()}
            for name, each in effects.items()
            if named[name].flow.kind != "tcp"
        },
        {
            name: {named[name].direction(way): found.lost for way, found in each.items()}
            for name, each in effects.items()
        },
        {
            name: {named[name].direction(way): found.reordered for way, found in each.items()}
            for name, each in effects.items()
        },
        tuple(procedure.sent),
        frozenset(named),
    )


def _after(at: float | None, link_up: float) -> float | None:
    return None if at is None else at - link_up


def _effects(here: Scene, call: Call, passing: Passing) -> dict[str, Effect]:
    """Return the effects on one flow, "in" to the mobile and "out" from it."""
    peer = call.peer
    if peer is None:
        return {}
    found = {}
    for way, train in (("in", call.inward), ("out", call.outward)):
        if train is not None:
            stage = _stage(call, passing(call, peer, train.octets), way)
            found[way] = effect(train, stage, here.gap)
    return found


def _stage(call: Call, ways: Ways, way: str) -> Stage:
    """Return what packets of one direction pass; replies begin with the request's way."""
    own, other = (ways.inward, ways.outward) if way == "in" else (ways.outward, ways.inward)
    answers = call.echo and call.echo != way
    return through(other, own) if answers else own
