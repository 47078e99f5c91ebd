"""The order of steps that makes sense: who is attached where, which flows and agents run."""

from __future__ import annotations

from testbed.topology.network import Step
from testbed.topology.sources import Sources


class Attachments:
    """Follows a timeline step by step; TopologyError for a step that its past rules out."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._on: dict[tuple[str, str], str] = {}
        self._busy_until: dict[tuple[str, str], float] = {}
        self._running: set[str] = set()
        self._killed: set[str] = set()

    def take(self, index: int, step: Step) -> None:
        """Take the next step, which stands at ``index`` of the file's timeline."""
        said = self._wrong(step)
        if said:
            key = () if step.kind not in ("attach", "detach", "move") else self._key(index, step)
            raise self._sources.error(("timeline", index, *key), said)

    def _key(self, index: int, step: Step) -> tuple[str, ...]:
        written = self._sources.of(("timeline",)).data["timeline"][index]
        return (step.kind,) if step.kind in written else ()

    def _wrong(self, step: Step) -> str | None:
        match step.kind:
            case "attach" | "detach" | "move":
                return self._plug(step)
            case "start" | "stop":
                return self._flow(step)
            case "kill" | "restart":
                return self._agent(step)
            case "tell" if step.node in self._killed:
                return f"the agent of {step.node} was killed, and hears nothing at {step.at:g}s"
        return None

    def _plug(self, step: Step) -> str | None:
        key = (step.node, step.interface)
        who, here = f"{step.node} at {step.at:g}s", self._on.get(key)
        if step.at < self._busy_until.get(key, 0.0):
            return f"{who} is still in the gap of its last move, until {self._busy_until[key]:g}s"
        if step.kind == "attach" and here:
            return f"{who} is attached already, to {here}: use `move`"
        if step.kind != "attach" and here is None:
            return f"{who} is not attached: `attach` it first"
        if step.kind == "move" and here == step.target:
            return f"a move to nowhere: {who} is on {here} already"
        self._busy_until[key] = step.at + step.gap
        if step.kind == "detach":
            del self._on[key]
        else:
            self._on[key] = step.target
        return None

    def _flow(self, step: Step) -> str | None:
        if (step.target in self._running) == (step.kind == "start"):
            state = "runs already" if step.kind == "start" else "does not run"
            return f"the flow {step.target} {state} at {step.at:g}s"
        self._running ^= {step.target}
        return None

    def _agent(self, step: Step) -> str | None:
        if (step.node in self._killed) == (step.kind == "kill"):
            state = "was killed already" if step.kind == "kill" else "was not killed before"
            return f"the agent of {step.node} {state} at {step.at:g}s"
        self._killed ^= {step.node}
        return None
