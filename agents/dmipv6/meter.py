"""Measuring the way to an agent with echo requests (RFC 4443 §4) after a move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, SendMessage
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.dmipv6.quality import Measurement
from agents.dmipv6.seeker_config import SeekerConfig
from agents.wire.address import Address
from agents.wire.icmpv6_messages import EchoRequest

Measured = Callable[[Address, Measurement, float], list[Action]]
"""Told what was measured on the way to an agent, and the time."""

_IDENTIFIERS = 1 << 16


@dataclass(slots=True, eq=False)
class Series:
    """Requests from ``source``, when each was sent, and what has come of them."""

    source: Address
    identifier: int
    next_at: float | None
    sent_at: list[float] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    measurement: Measurement = field(default_factory=Measurement)


class Meter:
    """Sends a few echo requests to each agent, and tells ``measured`` what came of them."""

    def __init__(self, config: SeekerConfig, random: Random, measured: Measured) -> None:
        self._config = config
        self._random = random
        self._measured = measured
        self._series: dict[Address, Series] = {}
        self._due: Deadlines[Address] = Deadlines()
        self.deadline = self._due.next

    def start(self, agent: Address, source: Address, now: float) -> list[Action]:
        """Measure the way to ``agent`` anew, from ``source``."""
        series = Series(source, self._random.randrange(_IDENTIFIERS), now)
        self._series[agent] = series
        return self._send(agent, series, now)

    def stop(self) -> None:
        """Measure nothing any more."""
        for agent in self._series:
            self._due.clear(agent)
        self._series.clear()

    def add(self, agent: Address, round_trip: float) -> None:
        """Use one more ``round_trip`` to ``agent`` that was measured otherwise."""
        series = self._series.get(agent)
        if series is not None:
            series.measurement.round_trips.append(round_trip)

    def answered(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an echo reply; those to other programs of this node come here too."""
        reply, series = event.message, self._series.get(event.source)
        if series is None or reply.identifier != series.identifier:
            return []
        if reply.sequence >= len(series.sent_at) or reply.sequence in series.answered:
            return [Drop("echo reply to no request", {"source": spelled(event.source)})]
        series.answered.add(reply.sequence)
        series.measurement.replies += 1
        series.measurement.round_trips.append(now - series.sent_at[reply.sequence])
        if len(series.answered) < self._config.probes:
            return []
        return self._finish(event.source, now)

    def tick(self, now: float) -> list[Action]:
        """Send the next requests, or give those up that were not answered."""
        actions: list[Action] = []
        for agent in self._due.due(now):
            series = self._series[agent]
            if series.next_at is None:
                actions += self._finish(agent, now)
            else:
                actions += self._send(agent, series, now)
        return actions

    def _send(self, agent: Address, series: Series, now: float) -> list[Action]:
        sequence = len(series.sent_at)
        series.sent_at.append(now)
        series.measurement.requests += 1
        last = sequence + 1 >= self._config.probes
        series.next_at = None if last else now + self._config.probe_interval
        self._due.set(agent, now + self._config.probe_timeout if last else series.next_at or now)
        return [SendMessage(EchoRequest(series.identifier, sequence), series.source, agent)]

    def _finish(self, agent: Address, now: float) -> list[Action]:
        series = self._series.pop(agent)
        self._due.clear(agent)
        return self._measured(agent, series.measurement, now)
