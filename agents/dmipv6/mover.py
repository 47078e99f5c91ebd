"""The workflow when a mobile node moves: which flows go on (draft-liu §5.2)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Record
from agents.core.events import LinkQuality
from agents.core.text import spelled
from agents.dmipv6.ender import Ender
from agents.dmipv6.flow import Flow, Flows, Open, Via
from agents.dmipv6.meter import Meter
from agents.dmipv6.quality import Measurement, beyond
from agents.dmipv6.seeker_config import SeekerConfig
from agents.dmipv6.whereabouts import Whereabouts
from agents.wire.address import Address


class Mover:
    """Judges the access network that the node has come to, for each flow (§5.2.1).

    Its rate is known before any flow is bound there; a flow that it is too low for is ended and
    not bound. Delay and loss are measured while flows go on: whom they do not suit is ended then.
    """

    def __init__(
        self,
        config: SeekerConfig,
        node: str,
        place: Whereabouts,
        flows: Flows,
        ender: Ender,
        random: Random,
    ) -> None:
        self._config = config
        self._node = node
        self._place = place
        self._flows = flows
        self._ender = ender
        self._rates: dict[str, float | None] = {}
        self._moved_at = 0.0
        self._meter = Meter(config, random, self._measured)
        self.answered = self._meter.answered
        self.tick = self._meter.tick
        self.deadline = self._meter.deadline

    def link_lost(self, interface: str) -> None:
        """Forget what the link of ``interface`` was capable of."""
        self._rates.pop(interface, None)

    def rated(self, event: LinkQuality, now: float) -> list[Action]:
        """Take note of what a link is capable of; flows may have to end at once."""
        self._rates[event.interface] = event.rate
        return self._judge_rate(now) if event.interface == self._place.interface else []

    def arriving(self, care_of: Address, now: float) -> list[Action]:
        """End what cannot go on at ``care_of``, before the rest is bound there."""
        actions: list[Action] = []
        for flow, state in self._flows.open():
            if state.via is Via.CARE_OF and state.source != care_of:
                actions += self._ender.refuse(flow, state, "care-of address gone", now)
        return [*actions, *self._judge_rate(now)]

    def moved(self, care_of: Address, now: float) -> list[Action]:
        """Measure the new way of the flows that go on and need something of it (§5.2.1)."""
        self._moved_at = now
        self._meter.stop()
        agents: dict[Address, None] = {}
        for flow, state in self._bound():
            state.moved = True
            agent = self._agent(state)
            if flow.service.measured and agent is not None:
                agents[agent] = None
        return [action for agent in agents for action in self._meter.start(agent, care_of, now)]

    def registered(self, home: Address, now: float) -> list[Action]:
        """Flows from ``home`` go on, now that their binding is confirmed (§5.2.2)."""
        actions: list[Action] = []
        for flow, state in self._bound():
            if state.source == home and state.moved:
                state.moved = False
                agent = self._agent(state)
                if agent is not None:
                    self._meter.add(agent, now - self._moved_at)
                actions.append(self._continued(flow))
        return actions

    def _bound(self) -> list[tuple[Flow, Open]]:
        return [(f, state) for f, state in self._flows.open() if state.via is not Via.CARE_OF]

    def _agent(self, state: Open) -> Address | None:
        return self._place.home_agent if state.proxy is None else state.proxy

    def _judge_rate(self, now: float) -> list[Action]:
        bound = dict(self._bound())
        losers = beyond(bound, self._rates.get(self._place.interface))
        return [a for flow in losers for a in self._ender.refuse(flow, bound[flow], "rate", now)]

    def _measured(self, agent: Address, measurement: Measurement, now: float) -> list[Action]:
        actions: list[Action] = []
        for flow, state in self._bound():
            if self._agent(state) == agent:
                why = measurement.shortcoming(flow.service)
                actions += self._ender.refuse(flow, state, why, now) if why else []
        return actions

    def _continued(self, flow: Flow) -> Record:
        care_of = self._place.care_of
        details = {"flow": flow.name, "care_of": "" if care_of is None else spelled(care_of)}
        return Record("flow_continued", {"node": self._node, **details})
