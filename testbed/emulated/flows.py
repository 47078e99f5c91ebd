"""Starts and stops the flows of a run."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import Journal
from testbed.emulated.loop import Loop
from testbed.emulated.nodes import Node
from testbed.emulated.traffic.programs import programs
from testbed.emulated.traffic.running import GRACE, Running
from testbed.topology.network import Flow


class Flows:
    """The flows of a network, those that run and those that have ended."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        nodes: dict[str, Node],
        folder: RunFolder,
        journal: Journal,
        loop: Loop,
    ) -> None:
        self._flows = flows
        self._nodes = nodes
        self._folder = folder
        self._journal = journal
        self._loop = loop
        self._running: dict[str, Running] = {}

    def runs(self, name: str) -> bool:
        """Say whether the flow ``name`` runs."""
        return name in self._running

    def start(self, name: str) -> None:
        """Start the flow ``name``, unless it runs."""
        if name in self._running:
            return
        flow = self._flows[name]
        self._journal.log("flow_started", flow=name)
        log = self._folder.flows / f"{name}.log"
        run = Running(flow, programs(flow), self._nodes, log, self._loop, self._ended)
        self._running[name] = run

    def stop(self, name: str) -> None:
        """Stop the flow ``name`` if it runs."""
        if name in self._running:
            self._running[name].stop()

    def stop_all(self) -> None:
        """Stop what runs and wait until it has ended."""
        for name in list(self._running):
            self.stop(name)
        deadline = monotonic() + 2 * GRACE
        while self._running and monotonic() < deadline:
            self._loop.run_for(0.01)

    def _ended(self, run: Running) -> None:
        name = run.flow.name
        self._running.pop(name, None)
        self._journal.log(
            "flow_stopped",
            flow=name,
            status=run.status,
            succeeded=run.succeeded,
            output_tail=run.output_tail(),
        )
