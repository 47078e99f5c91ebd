"""Starts and stops the flows of a run."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import Journal
from testbed.emulated.loop import Loop
from testbed.emulated.nodes import Node
from testbed.emulated.traffic.opening import Opened, Opener
from testbed.emulated.traffic.programs import programs
from testbed.emulated.traffic.running import GRACE, Running
from testbed.topology.network import Flow


class Flows:
    """The flows of a network, those that run and those that have ended."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        nodes: dict[str, Node],
        opener: Opener,
        folder: RunFolder,
        journal: Journal,
        loop: Loop,
    ) -> None:
        self._flows = flows
        self._nodes = nodes
        self._opener = opener
        self._folder = folder
        self._journal = journal
        self._loop = loop
        self._running: dict[str, Running] = {}

    def runs(self, name: str) -> bool:
        """Say whether the flow ``name`` runs, or waits for the address from which it will."""
        return name in self._running or self._opener.opening(name)

    def start(self, name: str) -> None:
        """Start the flow ``name``, unless it runs, as soon as its addresses are known."""
        if not self.runs(name):
            self._opener.open(self._flows[name], self._begin, self._fail)

    def stop(self, name: str) -> None:
        """Stop the flow ``name`` if it runs."""
        if name in self._running:
            self._running[name].stop()
        elif self._opener.opening(name):
            self._fail(self._flows[name], "it was stopped before it had an address")

    def stop_all(self) -> None:
        """Stop what runs and wait until it has ended."""
        for name in self._flows:
            self.stop(name)
        deadline = monotonic() + 2 * GRACE
        while self._running and monotonic() < deadline:
            self._loop.run_for(0.01)

    def _begin(self, opened: Opened) -> None:
        flow, details = opened.flow, opened.details or {}
        self._journal.log(
            "flow_started",
            flow=flow.name,
            source_address=flow.source_address,
            destination_address=flow.destination_address,
            **{key: details[key] for key in ("via", "proxy") if key in details},
        )
        log = self._folder.flows / f"{flow.name}.log"
        printed = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        begun = programs(opened, printed)
        run = Running(flow, begun, self._nodes, log, self._loop, self._ended)
        self._running[flow.name] = run

    def _fail(self, flow: Flow, why: str) -> None:
        self._opener.close(flow)
        about = {"flow": flow.name, "status": None, "succeeded": False}
        self._journal.log("flow_stopped", **about, output_tail=[why])

    def _ended(self, run: Running) -> None:
        name = run.flow.name
        self._running.pop(name, None)
        self._opener.close(self._flows[name])
        self._journal.log(
            "flow_stopped",
            flow=name,
            status=run.status,
            succeeded=run.succeeded,
            output_tail=run.output_tail(),
        )
