"""The timeline with compound steps unrolled, each step checked against what came before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import singledispatchmethod
from random import Random  # noqa: TID251 - seeded, so that a walk repeats

from testbed.topology import steps
from testbed.topology.attachment import Attachments
from testbed.topology.commands import Commands, Misunderstood, check_command
from testbed.topology.errors import TopologyError
from testbed.topology.model import PlayModel
from testbed.topology.network import Access, Link, LinkSettings, Node, Step
from testbed.topology.sources import Sources
from testbed.topology.walk import walk
from testbed.topology.wiring import ANY


@dataclass(frozen=True, slots=True)
class Stage:
    """What the timeline plays on; ``foreign`` under a protocol that is not the file's own.

    ``commands`` are those that agents take, by their roles.
    """

    nodes: Mapping[str, Node]
    links: Mapping[str, Link]
    accesses: Mapping[str, Access]
    flows: Sequence[str]
    seed: int
    commands: Mapping[str, Commands]
    foreign: bool = False


def resolve_timeline(model: PlayModel, sources: Sources, stage: Stage) -> tuple[Step, ...]:
    """Unroll and order the timeline; TopologyError for a step that cannot be taken."""
    unroller = _Unroller(sources, stage)
    found: list[tuple[int, Step]] = []
    last = 0.0
    for index, step in enumerate(model.timeline):
        if step.at < last:
            said = f"timeline out of order: {step.at:g}s comes after {last:g}s, put it before"
            raise sources.error(("timeline", index, "at"), said)
        last = step.at
        found += ((index, each) for each in unroller.unroll(index, step))
    found.sort(key=lambda entry: entry[1].at)
    state = Attachments(sources)
    for index, each in found:
        state.take(index, each)
    return tuple(each for _, each in found)


class _Unroller:
    """Turns steps of the file into steps that a backend takes."""

    def __init__(self, sources: Sources, stage: Stage) -> None:
        self._sources = sources
        self._stage = stage
        self._on: dict[tuple[str, str], str] = {}
        self._settings: dict[str, LinkSettings] = {
            **{name: link.settings for name, link in stage.links.items()},
            **{name: access.settings for name, access in stage.accesses.items()},
        }
        self._index = 0
        self._line = 0

    def unroll(self, index: int, step: steps.AnyStep) -> list[Step]:
        """Return what the file's step ``index`` comes down to."""
        self._index = index
        self._line = self._sources.line(("timeline", index))
        return [replace(each, line=self._line) for each in self._unroll(step)]

    @singledispatchmethod
    def _unroll(self, step: steps.AnyStep) -> Iterator[Step]:
        raise NotImplementedError(type(step))

    @_unroll.register
    def _(self, step: steps.Attach) -> Iterator[Step]:
        for node in step.attach:
            yield self._plug("attach", step.at, node, step.interface, step.to, "attach")

    @_unroll.register
    def _(self, step: steps.Detach) -> Iterator[Step]:
        for node in step.detach:
            interface = self._interface(node, "detach", step.interface, [])
            self._on.pop((node, interface), None)
            yield Step(step.at, "detach", node, interface)

    @_unroll.register
    def _(self, step: steps.Move) -> Iterator[Step]:
        for node in step.move:
            yield self._plug("move", step.at, node, step.interface, step.to, "move", step.gap)

    @_unroll.register
    def _(self, step: steps.PingPong) -> Iterator[Step]:
        for node in step.pingpong:
            accesses = [self._access(name, "between", i) for i, name in enumerate(step.between)]
            interface = self._interface(node, "pingpong", step.interface, accesses)
            here, there = step.between
            if self._on.get((node, interface)) != here:
                here, there = there, here
            for count in range(step.times):
                target = (there, here)[count % 2]
                at = step.at + count * step.every
                yield Step(at, "move", node, interface, target, step.gap)
                self._on[node, interface] = target

    @_unroll.register
    def _(self, step: steps.Walk) -> Iterator[Step]:
        names = step.over or list(self._stage.accesses)
        accesses = [self._access(name, "over", i) for i, name in enumerate(names)]
        if step.until <= step.at:
            said = f"the walk ends at {step.until:g}s, before it begins"
            raise self._sources.error(("timeline", self._index, "until"), said)
        if step.gap >= step.every / 2:
            said = "impossible gap: it must be less than half of `every`, or moves would overlap"
            raise self._sources.error(("timeline", self._index, "gap"), said)
        for node in step.walk:
            interface = self._interface(node, "walk", step.interface, accesses)
            fitting = [a.name for a in accesses if self._fits(node, interface, a)]
            if len(set(fitting)) < 2:
                only = f"only {fitting[0]}" if fitting else "none"
                said = f"a walk needs two access links, and {node} has {only} to walk on"
                raise self._sources.error(("timeline", self._index), said)
            here = self._on.get((node, interface))
            chance = Random(f"{self._stage.seed}/{self._index}/{node}/{interface}")
            for at, target in walk(chance, fitting, here, step.at, step.until, step.every):
                yield Step(at, "move", node, interface, target, step.gap)
                self._on[node, interface] = target

    @_unroll.register
    def _(self, step: steps.Start) -> Iterator[Step]:
        return self._flows("start", step.at, step.start)

    @_unroll.register
    def _(self, step: steps.Stop) -> Iterator[Step]:
        return self._flows("stop", step.at, step.stop)

    @_unroll.register
    def _(self, step: steps.Change) -> Iterator[Step]:
        if step.change not in self._settings:
            raise self._unknown("link", step.change, self._settings, "change")
        changes = step.model_dump(exclude={"at", "change"}, exclude_none=True)
        if not changes:
            said = "changes nothing: give it a `delay`, `jitter`, `loss` or `rate`"
            raise self._sources.error(("timeline", self._index), said)
        settings = replace(self._settings[step.change], **changes)
        if settings.jitter > settings.delay:
            said = f"impossible delay: jitter {settings.jitter:g}s is more than the delay"
            raise self._sources.error(("timeline", self._index), said)
        self._settings[step.change] = settings
        yield Step(step.at, "change", target=step.change, settings=settings)

    @_unroll.register
    def _(self, step: steps.Kill) -> Iterator[Step]:
        return self._agents("kill", step.at, step.kill)

    @_unroll.register
    def _(self, step: steps.Restart) -> Iterator[Step]:
        return self._agents("restart", step.at, step.restart)

    @_unroll.register
    def _(self, step: steps.Run) -> Iterator[Step]:
        if step.node not in self._stage.nodes:
            raise self._unknown("node", step.node, self._stage.nodes, "node")
        yield Step(step.at, "run", step.node, command=step.run)

    @_unroll.register
    def _(self, step: steps.Tell) -> Iterator[Step]:
        told = [node for node in step.tell if not self._is_silent(node)]
        for each in self._agents("tell", step.at, told):
            if self._is_understood(each.node, step):
                yield replace(each, command=step.command, arguments=step.arguments)

    def _is_silent(self, node: str) -> bool:
        """Say whether nobody listens there to what an agent of the file's own protocol is told."""
        known = self._stage.nodes.get(node)
        return self._stage.foreign and known is not None and known.role is None

    def _is_understood(self, node: str, step: steps.Tell) -> bool:
        """Say whether an agent knows a command; TopologyError where that is a slip of the file."""
        role = self._stage.nodes[node].role or ""
        try:
            known = self._stage.commands.get(role, {})
            check_command(node, role, known, step.command, step.arguments)
        except Misunderstood as error:
            if self._stage.foreign:
                return False
            where = ("timeline", self._index, *error.location)
            raise self._sources.error(where, str(error)) from error
        return True

    def _plug(
        self,
        kind: str,
        at: float,
        node: str,
        interface: str | None,
        target: str,
        key: str,
        gap: float = 0.0,
    ) -> Step:
        access = self._access(target, "to")
        found = self._interface(node, key, interface, [access])
        self._on[node, found] = target
        return Step(at, kind, node, found, target, gap)

    def _access(self, name: str, *key: str | int) -> Access:
        if name not in self._stage.accesses:
            raise self._unknown("access link", name, self._stage.accesses, *key)
        return self._stage.accesses[name]

    def _interface(
        self, node: str, key: str, interface: str | None, accesses: Sequence[Access]
    ) -> str:
        """Return the kernel's name of the interface of ``node`` that a step is about."""
        mobiles = {name: each for name, each in self._stage.nodes.items() if each.mobile}
        if node not in mobiles:
            what = "mobile" if node in self._stage.nodes else "node"
            raise self._unknown(what, node, mobiles, key)
        short = {each.name.removeprefix(f"{node}-"): each.name for each in mobiles[node].interfaces}
        if interface is not None and interface not in short:
            raise self._unknown(f"interface of {node}", interface, short, "interface")
        named = [short[interface]] if interface else list(short.values())
        fitting = [n for n in named if all(self._fits(node, n, access) for access in accesses)]
        if not fitting:
            technologies = ", ".join(sorted({access.technology for access in accesses}))
            who = f"{interface} of {node} is not" if interface else f"{node} has no interface"
            said = f"{who} for an access link of technology {technologies}"
            raise self._sources.error(("timeline", self._index), said)
        if len(fitting) > 1:
            said = f"{node} has several interfaces: say which with `interface`"
            raise self._sources.error(("timeline", self._index, key), f"{said}: {', '.join(short)}")
        return fitting[0]

    def _fits(self, node: str, interface: str, access: Access) -> bool:
        interfaces = {each.name: each for each in self._stage.nodes[node].interfaces}
        return interfaces[interface].technology in (ANY, access.technology)

    def _flows(self, kind: str, at: float, flows: Sequence[str]) -> Iterator[Step]:
        for flow in flows:
            if flow not in self._stage.flows:
                raise self._unknown("flow", flow, self._stage.flows, kind)
            yield Step(at, kind, target=flow)

    def _agents(self, kind: str, at: float, nodes: Sequence[str]) -> Iterator[Step]:
        agents = [name for name, each in self._stage.nodes.items() if each.role]
        for node in nodes:
            if node in self._stage.nodes and node not in agents:
                said = f"{node} has no agent under this protocol, {', '.join(agents)} have"
                raise self._sources.error(("timeline", self._index, kind), said)
            if node not in agents:
                raise self._unknown("node", node, agents, kind)
            yield Step(at, kind, node)

    def _unknown(
        self, what: str, given: str, known: Mapping[str, object] | Sequence[str], *key: str | int
    ) -> TopologyError:
        return self._sources.unknown(("timeline", self._index, *key), what, given, known)
