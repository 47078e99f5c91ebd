"""What a user sees while a run goes on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from time import monotonic
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from testbed.emulated.loop import Loop
from testbed.topology.network import Step

PERIOD = 0.2  # seconds between updates


def describe(step: Step) -> str:
    """Say in a few words what a step does."""
    words = [step.kind, step.node or step.target]
    if step.node and step.target:
        words += ["to", step.target]
    if step.command:
        words.append(step.command)
    words += [f"{name}={value}" for name, value in step.arguments.items()]
    return " ".join(words)


class Watch(AbstractContextManager["Watch"]):
    """A bar on a terminal; elsewhere a line for each step."""

    def __init__(self, console: Console, name: str, duration: float) -> None:
        self._console = console
        self._duration = duration
        self._begun = monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[what]}"))
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(name, total=duration, what="")

    def __enter__(self) -> Watch:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def follow(self, loop: Loop) -> None:
        """Begin to count, and keep the bar moving."""
        self._begun = monotonic()
        if self._console.is_terminal:
            self._tick(loop)

    def told(self, step: Step) -> None:
        """Show a step that was taken."""
        if self._console.is_terminal:
            self._progress.update(self._task, what=f"{step.at:.1f} s  {describe(step)}")
        else:
            print(f"{step.at:8.3f} s  {describe(step)}", file=self._console.file)

    def _tick(self, loop: Loop) -> None:
        self._progress.update(self._task, completed=monotonic() - self._begun)
        if monotonic() - self._begun < self._duration:
            loop.after(PERIOD, lambda: self._tick(loop))
