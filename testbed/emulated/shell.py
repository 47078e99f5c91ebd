"""Mininet's own prompt inside the running network, with what a mobile network needs added."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterable
from functools import partial
from threading import Thread

from mininet.cli import CLI
from mininet.log import error, output, setLogLevel

from testbed.emulated.errors import RunFailed
from testbed.emulated.progress import describe
from testbed.emulated.rows import print_rows
from testbed.emulated.stage import Stage
from testbed.protocols.registry import PROTOCOLS
from testbed.topology.commands import Misunderstood, check_command
from testbed.topology.network import Interface, Step
from testbed.topology.units import duration


def prompt(stage: Stage) -> None:
    """Attach each mobile where the timeline first does, and serve the user until `exit`.

    The timeline itself waits for `play`. RunFailed where an agent died meanwhile.
    """
    failures: list[BaseException] = []
    thread = Thread(target=_serve, args=(stage, failures), daemon=True)
    _attach_first(stage)
    thread.start()
    setLogLevel("output")
    ending = signal.signal(signal.SIGINT, signal.default_int_handler)  # Ctrl-C ends a command only
    try:
        Prompt(stage, failures)
    finally:
        signal.signal(signal.SIGINT, ending)
        if thread.is_alive():
            stage.loop.call(stage.loop.stop)
        thread.join()
    if failures:
        raise failures[0]


def _serve(stage: Stage, failures: list[BaseException]) -> None:
    try:
        stage.loop.run()
    except (RunFailed, OSError) as failure:
        failures.append(failure)
        error(f"\n*** {failure}\n*** the network stands still: leave with `exit`\n")


def _attach_first(stage: Stage) -> None:
    for step in _first_attachments(stage.network.timeline):
        stage.mover.attach(step.interface, step.target)


def _first_attachments(timeline: Iterable[Step]) -> list[Step]:
    """Return the step of each interface that first brings it to an access link."""
    found: dict[str, Step] = {}
    for step in timeline:
        if step.kind in ("attach", "move"):
            found.setdefault(step.interface, step)
    return list(found.values())


class Prompt(CLI):  # type: ignore[misc]
    """Mininet's commands, and `move`, `detach`, `bindings`, `tell`, `flows`, `play`."""

    prompt = "dmm-testbed> "

    def __init__(self, stage: Stage, failures: list[BaseException]) -> None:
        self._stage = stage
        self._failures = failures
        super().__init__(stage.testbed.net)

    def onecmd(self, line: str) -> bool:
        """Do one command. Mininet's own may fail, as `dpctl` without Open vSwitch does."""
        try:
            return bool(super().onecmd(line))
        except Exception as failure:
            error(f"*** {line.split()[0]} failed: {failure}\n")
            return False

    def do_move(self, line: str) -> None:
        """Move a mobile to an access link: move MOBILE[-INTERFACE] ACCESS [GAP] [silent]

        GAP is a time, such as 50ms; with `silent` the access router that it leaves is not told.
        """
        words = line.split()
        silently = words[-1:] == ["silent"]
        if silently:
            words.pop()
        if len(words) not in (2, 3):
            error("usage: move MOBILE ACCESS [GAP] [silent]   such as: move mn1 wlan2 50ms\n")
            return
        interface = self._interface(words[0])
        if interface is None:
            return
        accesses = self._stage.network.accesses
        if words[1] not in accesses:
            error(f"no access link {words[1]}: there are {', '.join(accesses)}\n")
            return
        try:
            gap = duration(words[2]) if len(words) == 3 else 0.0
        except ValueError as reason:
            error(f"{reason}\n")
            return
        self._do(partial(self._stage.mover.move, interface.name, words[1], gap, silently))

    def do_detach(self, line: str) -> None:
        """Take a mobile off its access link: detach MOBILE[-INTERFACE]"""
        interface = self._interface(line.strip())
        if interface is not None:
            self._do(lambda: self._stage.mover.detach(interface.name))

    def do_bindings(self, line: str) -> None:
        """Show the bindings that agents hold: bindings [NODE ...]"""
        agents = self._stage.network.agents
        for node in line.split() or agents:
            if node not in agents:
                error(f"no agent on {node}: there are {', '.join(agents)}\n")
                continue
            rows = self._do(partial(self._stage.agents.ask, node, "bindings"))
            if isinstance(rows, list) and rows:
                print_rows(f"{node} ({agents[node].role})", rows)
            else:
                output(f"{node}: no bindings\n")

    def do_tell(self, line: str) -> None:
        """Give an agent a command of its protocol: tell NODE COMMAND [KEY=VALUE ...]"""
        words, agents = line.split(), self._stage.network.agents
        if len(words) < 2 or not all("=" in word for word in words[2:]):
            error(
                "usage: tell NODE COMMAND [KEY=VALUE ...]   such as: tell dhp1 set_status load=90\n"
            )
            return
        if words[0] not in agents:
            error(f"no agent on {words[0]}: there are {', '.join(agents)}\n")
            return
        pairs = (word.partition("=") for word in words[2:])
        arguments = {key: _value(text) for key, _, text in pairs}
        role = agents[words[0]].role
        known = PROTOCOLS[self._stage.network.protocol].traits.commands.get(role, {})
        try:
            check_command(words[0], role, known, words[1], arguments)
        except Misunderstood as misunderstood:
            error(f"{misunderstood}\n")
            return
        told = Step(0.0, "tell", node=words[0], command=words[1], arguments=arguments)
        self._do(partial(self._stage.player.take, told))

    def do_flows(self, line: str) -> None:
        """List the flows, or start or stop one: flows [start|stop NAME]"""
        words = line.split()
        known = self._stage.network.flows
        if len(words) == 2 and words[0] in ("start", "stop") and words[1] in known:
            flows = self._stage.flows
            verb = flows.start if words[0] == "start" else flows.stop
            self._do(lambda: verb(words[1]))
        elif words:
            error(f"usage: flows [start|stop NAME]   of {', '.join(known)}\n")
        else:
            ends = {"kind": "kind", "source": "from", "destination": "to"}
            rows = [
                {"flow": flow.name}
                | {title: getattr(flow, key) for key, title in ends.items()}
                | {"runs": "yes" if self._stage.flows.runs(flow.name) else "no"}
                for flow in known.values()
            ]
            print_rows("flows", rows)

    def do_play(self, _line: str) -> None:
        """Play the timeline of the topology from its beginning.

        A mobile that is still where the timeline first attaches it stays attached.
        """
        stage = self._stage
        first = _first_attachments(stage.network.timeline)

        def told(step: Step) -> None:
            output(f"{step.at:8.3f} s  {describe(step)}\n")

        def needless(step: Step) -> bool:
            return step in first and stage.mover.where(step.interface) == step.target

        self._do(lambda: stage.player.schedule(stage.network.timeline, told, needless))

    def _interface(self, word: str) -> Interface | None:
        mobiles = {name: n for name, n in self._stage.network.nodes.items() if n.mobile}
        for name, node in mobiles.items():
            if word == name:
                return node.interfaces[0]
            for interface in node.interfaces:
                if word == interface.name:
                    return interface
        error(f"no mobile {word}: there are {', '.join(mobiles)}\n")
        return None

    def _do(self, work: Callable[[], object]) -> object:
        """Have the loop do ``work``, unless it has ended."""
        if self._failures:
            error(f"{self._failures[0]}\n")
            return None
        return self._stage.loop.call(work)


def _value(text: str) -> object:
    """Return what ``text`` spells in JSON, or the text where it spells nothing there."""
    try:
        return json.loads(text)
    except ValueError:
        return text
