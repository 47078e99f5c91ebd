"""What a gateway knows of an interface that it serves: where else its node is, and its flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from agents.core.flows import FlowSelector
from agents.flowbinding import selectors
from agents.flowbinding.alternatives import Alternative
from agents.flowbinding.policy import Rule
from agents.pmipv6.binding_update_list import Visit

FOREVER = float("inf")


class Stage(Enum):
    """How far a flow is on its way elsewhere."""

    ASKING = "asking"  # the anchor is to be asked
    BOUND = "bound"  # it has agreed
    RENEWING = "renewing"  # it has, and is to be told again
    REMOVING = "removing"  # the flow is to come back
    DENIED = "denied"  # it has refused: not to be asked again before ``until``
    HELD = "held"  # the target was congested: neither


@dataclass(eq=False, slots=True)
class Offload:
    """A flow that is to go to another interface.

    ``rule`` is None for all that an interface out of service had. ``number`` tells it apart in
    the layout of RFC 6089. ``foreign`` are flows of another interface of the node, which are to go
    back there; ``until`` is when a stage ends, or what congestion has moved may come back, which
    needed ``rate`` bit/s when it left.
    """

    selector: FlowSelector
    target: Alternative
    rule: Rule | None
    priority: int
    number: int
    cause: str
    stage: Stage = Stage.ASKING
    until: float = FOREVER
    foreign: bool = False
    known: bool = False
    rate: float = 0.0

    @property
    def service(self) -> str:
        """Return the name of the flow's service."""
        return "" if self.rule is None else self.rule.service.name

    @property
    def text(self) -> str:
        """Return the flow as people read it."""
        return selectors.text(self.selector, self.service)

    @property
    def due(self) -> bool:
        """Say whether the anchor is to be told of it."""
        return self.stage in (Stage.ASKING, Stage.RENEWING, Stage.REMOVING)


@dataclass(slots=True)
class Sent:
    """What an update has said of a flow: its answer counts only while that is still so."""

    offload: Offload
    stage: Stage
    target: Alternative


@dataclass(eq=False, slots=True)
class Guest:
    """The flows of one visit; ``out_until`` is set while its interface is out of service."""

    visit: Visit
    alternatives: tuple[Alternative, ...] = ()
    offloads: dict[FlowSelector, Offload] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    out_until: float | None = None
    numbers: int = 0

    @property
    def identifier(self) -> str:
        """Return whose interface it is."""
        return self.visit.profile.identifier

    @property
    def is_out(self) -> bool:
        """Say whether the interface is out of service."""
        return self.out_until is not None

    @property
    def deadline(self) -> float | None:
        """Return when to look at the flows again."""
        times = [o.until for o in self.offloads.values() if o.until != FOREVER]
        if self.out_until is not None:
            times.append(self.out_until)
        return min(times, default=None)

    def number(self) -> int:
        """Return a number that no flow has, from 1 (RFC 6089 §4.2)."""
        used = {offload.number for offload in self.offloads.values()}
        self.numbers = next(
            n for n in (self.numbers % 0xFFFF + 1 + i for i in range(0xFFFF)) if n not in used
        )
        return self.numbers
