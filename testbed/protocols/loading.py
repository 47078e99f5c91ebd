"""From the path of a topology to the network that a backend builds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from testbed.protocols.protocol import Options, Protocol, Refused
from testbed.protocols.registry import PROTOCOLS, all_places
from testbed.protocols.shelf import FILE, find
from testbed.topology.check import check
from testbed.topology.document import Document, read
from testbed.topology.errors import TopologyError, suggest
from testbed.topology.model import PlayModel, TopologyModel
from testbed.topology.network import Network
from testbed.topology.resolve import resolve, with_name
from testbed.topology.sources import Sources


def load(
    path: str | Path,
    protocol: str | None = None,
    scenario: str | Path | None = None,
    seed: int | None = None,
) -> Network:
    """Load and resolve a topology; TopologyError says what in which file is wrong.

    ``path`` is a file, a folder with a topology.yaml, or the name of one under ``topologies``.
    ``scenario`` is a file whose flows, timeline, expectations, duration and seed replace those of
    the topology; ``protocol`` and ``seed`` replace what the files say.
    """
    file = find(path)
    document = read(file)
    _refuse_plan(document)
    model = check(TopologyModel, document)
    chosen = _choose(protocol, model, document)
    options = _options(model, document)
    sources = Sources(document, read(Path(scenario)) if scenario else None)
    _check_roles(model, document)
    model = _with_play(model, sources, seed)
    traits = replace(chosen.traits, places=all_places(PROTOCOLS.values()))
    network = with_name(resolve(model, sources, traits), _name(file))
    try:
        return _complete(network, chosen, options[chosen.name])
    except Refused as error:
        raise sources.error(error.location, error.message) from error


def _complete(network: Network, protocol: Protocol, options: Options) -> Network:
    """Add to a resolved network what the protocol that runs on it brings."""
    network = protocol.adjust(network, options)
    agents, multicast = protocol.agents(network, options), protocol.multicast(network, options)
    return replace(network, agents=agents, multicast=multicast)


def load_runs(
    path: str | Path,
    protocol: str | None,
    scenario: str | Path | None,
    seed: int | None,
    repeat: int,
) -> list[Network]:
    """Load a topology for each of ``repeat`` runs, which have consecutive seeds; as ``load``."""
    first = load(path, protocol, scenario, seed)
    seeds = range(first.seed + 1, first.seed + repeat)
    return [first, *(load(path, protocol, scenario, each) for each in seeds)]


def _refuse_plan(document: Document) -> None:
    """Raise for the `topology.yaml` that a run leaves: all addresses are typed in it."""
    data = document.data
    if {"agents", "accesses", "expectations"} <= data.keys():
        said = "is what a run has made of a topology, with every address and route spelled out"
        named = data.get("name")
        raise TopologyError(f"{said}: give the topology itself, {named}", document.file, 1)


def _name(file: Path) -> str:
    """Return what a topology is called that does not say: its folder's name, or its file's."""
    return file.resolve().parent.name if file.name == FILE else file.stem


def _choose(protocol: str | None, model: TopologyModel, document: Document) -> Protocol:
    name = model.protocol if protocol is None else protocol
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    said = f"unknown protocol {name!r}: {suggest(name, PROTOCOLS)}"
    if protocol is None:
        raise document.error(("protocol",), said)
    raise TopologyError(said, key="--protocol")


def _options(model: TopologyModel, document: Document) -> dict[str, Options]:
    """Check the options of every protocol, so that a file is sound whichever it runs under."""
    for name in model.protocols:
        if name not in PROTOCOLS:
            said = f"unknown protocol {name!r}: {suggest(name, PROTOCOLS)}"
            raise document.error(("protocols", name), said)
    return {
        name: check(known.options, document, ("protocols", name))
        if name in model.protocols
        else known.options()
        for name, known in PROTOCOLS.items()
    }


def _check_roles(model: TopologyModel, document: Document) -> None:
    """Check the roles that nodes have by protocol, also those of protocols that are not run."""
    for node, its in model.nodes.items():
        for name, role in its.role.items() if isinstance(its.role, dict) else ():
            where = ("nodes", node, "role", name)
            if name not in PROTOCOLS:
                said = f"unknown protocol {name!r}: {suggest(name, PROTOCOLS)}"
                raise document.error(where, said)
            known = [*PROTOCOLS[name].roles, "none"]
            if role not in known:
                said = f"unknown role of {name} {role!r}: {suggest(role, known)}"
                raise document.error(where, said)


def _with_play(model: TopologyModel, sources: Sources, seed: int | None) -> TopologyModel:
    changes: dict[str, Any] = {}
    if sources.scenario:
        play = check(PlayModel, sources.scenario)
        changes = {key: getattr(play, key) for key in play.model_fields_set}
        if "timeline" in changes:
            changes.setdefault("duration", None)
    if seed is not None:
        changes["seed"] = seed
    return model.model_copy(update=changes)
