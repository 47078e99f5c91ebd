"""Whether an access network serves the flows over it (draft-liu §5.2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import comb
from statistics import median

from agents.dmipv6.flow import Flow
from agents.dmipv6.services import Service

DOUBT = 0.05
"""How probable a count of losses may be, at the highest share allowed, to be taken as chance."""


@dataclass(slots=True)
class Measurement:
    """What was measured on the way to an agent: round trips in seconds, and losses of requests.

    ``round_trips`` are those of echo requests and of a Binding Update. An agent that answers no
    echo request at all is one that does not answer them, not one that everything is lost to.
    """

    round_trips: list[float] = field(default_factory=list)
    requests: int = 0
    replies: int = 0

    def shortcoming(self, service: Service) -> str:
        """Return what ``service`` needs and did not get: "delay", "loss", or nothing."""
        delay = median(self.round_trips) / 2 if self.round_trips else 0.0
        if service.max_delay is not None and delay > service.max_delay:
            return "delay"
        lost = self.requests - self.replies if self.replies else 0
        if service.max_loss is not None and exceeds(lost, self.requests, service.max_loss):
            return "loss"
        return ""


def exceeds(lost: int, sent: int, share: float) -> bool:
    """Say whether ``lost`` of ``sent`` are too many to be chance where ``share`` get lost."""
    fewer = sum(
        comb(sent, count) * share**count * (1 - share) ** (sent - count) for count in range(lost)
    )
    return lost > 0 and 1 - fewer < DOUBT


def beyond(flows: Iterable[Flow], rate: float | None) -> list[Flow]:
    """Return the flows that do not fit into ``rate`` bit/s (None: everything fits).

    The most urgent services are served first, and of one class those that were opened first.
    """
    if rate is None:
        return []
    left = rate
    found = []
    for flow in sorted(flows, key=lambda flow: flow.service.urgency):
        need = flow.service.rate or 0.0
        if need > left:
            found.append(flow)
        else:
            left -= need
    return found
