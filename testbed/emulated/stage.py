"""Everything of a run that lives inside its sandbox, put up in the order that saves most time."""

from __future__ import annotations

import json
import resource
from time import monotonic
from typing import Any

from testbed.emulated import build, folder, guard, hosts, multicast, names, sandbox
from testbed.emulated.agents import Agents
from testbed.emulated.capture import Captures
from testbed.emulated.commands import Commands
from testbed.emulated.errors import EmulationError
from testbed.emulated.flows import Flows
from testbed.emulated.journal import Clock, Journal
from testbed.emulated.links import choice
from testbed.emulated.links.choice import Way
from testbed.emulated.loop import Loop
from testbed.emulated.mover import Mover
from testbed.emulated.nodes import Holders
from testbed.emulated.options import Options
from testbed.emulated.player import Player
from testbed.emulated.solicitor import Solicitor
from testbed.emulated.traffic.opening import Opener
from testbed.topology.network import Network

DESCRIPTION = "run.json"  # in the sandbox's /run, where `exec` finds it
CONTROL = "control"  # beside it: the agents' sockets


class Stage:
    """A network that stands and runs: nodes, links, agents, captures, and what plays on them.

    ``timings`` says how long each part of the building took, in seconds.
    """

    def __init__(self, network: Network, files: folder.RunFolder, options: Options) -> None:
        begun = monotonic()
        _allow_many_files()
        self.network = network
        self.folder = files
        self.clock = Clock()
        self.loop = Loop()
        self.journal = Journal(self.clock, files.events / "-runner.jsonl")
        hosts.name_nodes(network, sandbox.STATE / "hosts")
        self.multicast = multicast.MulticastRouting(
            network.multicast, sandbox.STATE / "multicast", files.logs
        )
        self.names = names.NameServers(network.names, sandbox.STATE / "names", files.logs)
        holders = Holders(len(network.nodes))
        self.agents = Agents(network, files, sandbox.STATE / CONTROL, self.clock)
        self.ways = choice.choose(network, _offered(options), options.links)
        self.testbed = build.build(network, self.ways, holders)
        self.timings = {"links": monotonic() - begun}
        snaplen = options.snaplen or network.capture_length
        self.captures = Captures(files.captures, len(self.testbed.indexes), snaplen)
        self._furnish()
        self.timings["ready"] = monotonic() - begun
        self._describe()
        nodes, wiring = self.testbed.nodes, self.testbed.wiring
        self.mover = Mover(network, wiring, self.agents, self.journal, self.loop)
        self.commands = Commands(sandbox.STATE / CONTROL, self.loop)
        opener = Opener(self.commands)
        self.flows = Flows(network.flows, nodes, opener, files, self.journal, self.loop)
        self.player = Player(
            nodes,
            wiring,
            self.mover,
            self.flows,
            self.agents,
            self.commands,
            files,
            self.journal,
            self.loop,
        )
        self.loop.watch(self.agents.fileno(), self.agents.hear)
        self.multicast.watch(self.loop.watch)
        self.names.watch(self.loop.watch)
        self._solicit()

    def _furnish(self) -> None:
        """Captures take longest: each comes up while the next nodes are configured."""
        for node in self.network.nodes.values():
            build.configure(self.testbed, node.name)
            if node.interfaces:
                interfaces = [each.name for each in node.interfaces]
                self.captures.start(self.testbed.nodes[node.name], interfaces)
            self.multicast.start(self.testbed.nodes[node.name], self.testbed.indexes)
            self.names.start(self.testbed.nodes[node.name])
        holders = {name: node.holder for name, node in self.testbed.nodes.items()}
        self.agents.start(self.network.agents, holders)
        self.multicast.wait()
        self.names.wait()
        self.guarded = guard.guard(self.network, self.testbed.nodes)
        self.captures.wait()

    def _solicit(self) -> None:
        self._solicitors = [
            Solicitor(
                self.testbed.nodes[node.name], each, self.testbed.indexes[each.name], self.loop
            )
            for node in self.network.nodes.values()
            if node.mobile and not node.role and self.network.settings.get("solicit")
            for each in node.interfaces
        ]

    def _describe(self) -> None:
        """Leave word in the sandbox of what runs here."""
        description = {
            "name": self.network.name,
            "folder": str(self.folder.root),
            "nodes": {name: node.holder for name, node in self.testbed.nodes.items()},
            "addresses": {name: node.address for name, node in self.network.nodes.items()},
            "roles": {name: agent.role for name, agent in self.network.agents.items()},
        }
        (sandbox.STATE / DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")

    def backends(self) -> dict[str, Any]:
        """Say which way everything was done that has more than one."""
        lines = self.testbed.wiring.lines
        return {
            "links": dict(self.ways),
            "delay_line": lines and {"priority": lines.priority, "frames": lines.counters()},
            "captures": "dumpcap",
            "sources of hosts": "nftables" if self.guarded else "not filtered",
            "multicast": multicast.PROGRAM if self.network.multicast else None,
            "names": names.PROGRAM if self.network.names else None,
        }


def _offered(options: Options) -> frozenset[Way]:
    if options.links is Way.DELAY_LINE:
        return frozenset()
    offered = choice.offered()
    if options.links is Way.NETEM and Way.NETEM not in offered:
        raise EmulationError("this kernel has no netem: run without --links, by the delay line")
    return offered


def _allow_many_files() -> None:
    """Let this process open as many files as it may: each node has a few."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
