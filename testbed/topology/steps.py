"""Steps of the timeline as they are written: each is named by its verb, the key of its object."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from testbed.topology.choice import mapping, refuse, tag
from testbed.topology.errors import suggest
from testbed.topology.units import Delay, Duration, Fraction, Interval, Rate


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
]


class StepModel(BaseModel):
    """What every step has: when it begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Duration


class Attach(StepModel):
    """Plug mobiles into the access link `to`."""

    attach: Names
    to: str
    interface: str | None = None


class Detach(StepModel):
    """Unplug mobiles from the access link they are on."""

    detach: Names
    interface: str | None = None


class Move(StepModel):
    """Unplug mobiles, and plug them into the access link `to` when `gap` has passed."""

    move: Names
    to: str
    gap: Duration = 0.0
    interface: str | None = None


class PingPong(StepModel):
    """Move mobiles `times` times to and fro, a move each `every`."""

    pingpong: Names
    between: Annotated[list[str], Field(min_length=2, max_length=2)]
    every: Interval
    times: Annotated[int, Field(ge=1, le=100_000)]
    gap: Duration = 0.0
    interface: str | None = None


class Walk(StepModel):
    """Move mobiles at random over access links, on average once each `every`, up to `until`.

    The moves follow from the seed alone; without `over` all access links are walked.
    """

    walk: Names
    every: Interval
    until: Duration
    over: Annotated[list[str], Field(min_length=2)] | None = None
    gap: Duration = 0.0
    interface: str | None = None


class Start(StepModel):
    """Start flows."""

    start: Names


class Stop(StepModel):
    """Stop flows."""

    stop: Names


class Change(StepModel):
    """Change settings of a link or an access link; the others stay as they are."""

    change: str
    delay: Delay | None = None
    jitter: Delay | None = None
    loss: Fraction | None = None
    rate: Rate | None = None


class Kill(StepModel):
    """Kill the agents of nodes."""

    kill: Names


class Restart(StepModel):
    """Start the killed agents of nodes anew."""

    restart: Names


class Run(StepModel):
    """Run a command on `node`."""

    run: Annotated[str, Field(min_length=1)]
    node: str


class Tell(StepModel):
    """Give the agents of nodes a `command` of their protocol."""

    tell: Names
    command: Annotated[str, Field(min_length=1)]
    arguments: dict[str, Any] = Field(default={}, alias="with")


_VERBS = (
    "attach",
    "detach",
    "move",
    "pingpong",
    "walk",
    "start",
    "stop",
    "change",
    "kill",
    "restart",
    "run",
    "tell",
)


def _verbs(step: dict[str, Any]) -> list[str]:
    return [name for name in _VERBS if name in step]


def _with_verb(value: Any) -> Any:
    """Let through a step that has one verb."""
    step = mapping(value, "a step such as {at: 5, move: mn1, to: wlan2}")
    found = _verbs(step)
    if len(found) == 1:
        return step
    if found:
        raise refuse(f"a step does one thing, not {' and '.join(found)}: make it two steps")
    others = [key for key in step if key != "at"]
    if not others:
        raise refuse(f"a step needs something to do: {', '.join(_VERBS)}")
    raise refuse(f"unknown step {others[0]!r}: {suggest(others[0], _VERBS)}", others[0])


AnyStep = Annotated[
    Annotated[Attach, Tag(tag("attach"))]
    | Annotated[Detach, Tag(tag("detach"))]
    | Annotated[Move, Tag(tag("move"))]
    | Annotated[PingPong, Tag(tag("pingpong"))]
    | Annotated[Walk, Tag(tag("walk"))]
    | Annotated[Start, Tag(tag("start"))]
    | Annotated[Stop, Tag(tag("stop"))]
    | Annotated[Change, Tag(tag("change"))]
    | Annotated[Kill, Tag(tag("kill"))]
    | Annotated[Restart, Tag(tag("restart"))]
    | Annotated[Run, Tag(tag("run"))]
    | Annotated[Tell, Tag(tag("tell"))],
    Discriminator(lambda step: tag(_verbs(step)[0])),
    BeforeValidator(_with_verb),
]
