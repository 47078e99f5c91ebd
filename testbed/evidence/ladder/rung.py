"""One thing of a ladder: a message, a packet of a flow, or an event that no packet shows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

MESSAGE, DATA, EVENT = "message", "data", "event"


@dataclass(slots=True, eq=False)
class Rung:
    """What went from node to node, or was done at one.

    ``at`` and ``arrived_at`` are on the run's clock; what never arrived has no ``arrived_at``, and
    ``lost_after`` says where it was seen last. ``name`` is the message's, the flow's of data, or
    the event's. ``mobile`` and ``interface`` say whom it is about, "" where nobody can tell.
    ``frames`` are those of the capture in which it was sent and in which it came (0: in none),
    ``seen`` the places in the run's signals of all its sightings.
    """

    kind: str
    at: float
    name: str
    sender: str
    receiver: str = ""
    arrived_at: float | None = None
    message: Any = None
    source: bytes = b""
    destination: bytes = b""
    depth: int = 0  # headers around the packet
    mobile: str = ""
    interface: str = ""
    identity: Hashable = None  # which packet of which flow, of data
    frames: tuple[int, int] = (0, 0)
    seen: list[int] = field(default_factory=list)
    lost_after: str = ""
    again: bool = False  # sent, or answered, once more, since no answer had come
    renewal: bool = False  # the like of one that was accepted long before
    exchange: object = None  # the same of a question, its repetitions and their answers

    @property
    def arrived(self) -> bool:
        """Whether it came to somebody; events need not."""
        return self.kind == EVENT or self.arrived_at is not None

    @property
    def ends_at(self) -> float:
        """When it came, or was sent where it never did."""
        return self.at if self.arrived_at is None else self.arrived_at
