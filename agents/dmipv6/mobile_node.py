"""The mobile node of DMIPv6: one of MIPv6 whose flows may each have a home address of its own.

draft-liu-dmm-flows-distribution-and-handoff-01 §5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Record
from agents.core.configuration import ConfigurationError
from agents.core.deadlines import earliest
from agents.core.events import (
    CarrierDown,
    Command,
    Event,
    LinkQuality,
    MessageReceived,
    Resolved,
    Started,
)
from agents.core.text import spelled
from agents.dmipv6.answers import listen
from agents.dmipv6.ender import Ender
from agents.dmipv6.flow import Ended, Flow, Flows, Open, Opening
from agents.dmipv6.inquiry import ANSWERS
from agents.dmipv6.mover import Mover
from agents.dmipv6.opener import Opener, reply
from agents.dmipv6.proxies import Doubtful
from agents.dmipv6.request import read_flow
from agents.dmipv6.seeker_config import SeekerConfig
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.mobile_node import MobileNode
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhoaResponse
from agents.wire.icmpv6_messages import EchoReply

_ANSWERS = tuple(dict.fromkeys(ANSWERS.values()))


class DistributedMobileNode:
    """Gives its flows their addresses, and decides about them when it moves.

    It is a ``HomeListener`` and the ``Whereabouts`` of its parts.
    """

    def __init__(self, base: MobileConfig, config: SeekerConfig, random: Random) -> None:
        self._config = config
        self._node = base.identifier
        self.first_home = base.home_address
        self.interface = ""
        self._home_stands = False
        self._bound_to: Address | None = None
        self._flows = Flows()
        self._doubtful = Doubtful(config.negative_cache)
        self._mobile = MobileNode(base, random, self)
        self._opener = Opener(config, self._node, self, self._mobile, self._flows, self._doubtful)
        self._ender = Ender(config, self._node, self._mobile, self._flows)
        self._mover = Mover(config, self._node, self, self._flows, self._ender, random)
        self._parts = (self._mobile, self._opener, self._mover, self._ender)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> DistributedMobileNode:
        """Return a mobile node at no link; ConfigurationError names the key at fault.

        Its correspondents are not to learn its care-of address without need (§6).
        """
        base = MobileConfig.read({"home_test_first": True, **config})
        return cls(base, SeekerConfig.read(config), random)

    # --- the core -----------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case Command("open_flow"):
                return self._open(event, now)
            case Command("close_flow"):
                return self._close(event, now)
            case Resolved():
                return self._opener.finder.resolved(event, now)
            case LinkQuality():
                return self._mover.rated(event, now)
            case Started():
                messages = listen(*_ANSWERS, DhoaResponse, EchoReply)
                return [*self._mobile.handle(event, now), messages]
            case CarrierDown(interface):
                self._mover.link_lost(interface)
        return self._mobile.handle(event, now)

    def tick(self, now: float) -> Sequence[Action]:
        """Do what has become due by ``now``."""
        return [action for part in self._parts for action in part.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return earliest(part.deadline() for part in self._parts)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the homes, the correspondents and the flows of this node as rows."""
        return [*self._mobile.bindings(now), *(_row(flow) for flow in self._flows)]

    # --- where it is --------------------------------------------------------------------------

    @property
    def care_of(self) -> Address | None:
        """Return the care-of address, None where there is no link."""
        return self._mobile.care_of

    @property
    def at_home(self) -> bool:
        """Say whether this is the home link."""
        return self._mobile.care_of == self.first_home

    @property
    def home_address(self) -> Address | None:
        """Return the home address while packets from it pass, else None."""
        return self.first_home if self._home_stands or self.at_home else None

    @property
    def home_agent(self) -> Address | None:
        """Return the home agent, None where it is not known yet."""
        return self._mobile.agent_of(self.first_home)

    # --- what becomes of its homes ------------------------------------------------------------

    def registered(self, home: Address, lifetime: float, now: float) -> Sequence[Action]:
        """Let flows that wait for ``home`` begin, and those that have it go on."""
        if home == self.first_home:
            self._home_stands = True
            return [*self._mover.registered(home, now), *self._opener.home_registered(now)]
        flow = self._flows.of(home)
        if flow is not None and isinstance(flow.state, Opening):
            return self._opener.registered(flow, now)
        return self._mover.registered(home, now)

    def refused(self, home: Address, status: int, now: float) -> Sequence[Action]:
        """Do without a home proxy that refuses its own DHoA."""
        return self._lost(home, f"refused with status {status}", now)

    def unreachable(self, home: Address, now: float) -> Sequence[Action]:
        """Look for another home proxy, or report it; a flow stays while its binding does."""
        flow = self._flows.of(home)
        if flow is None:
            return []
        if isinstance(flow.state, Open) and flow.state.proxy is not None:
            self._doubtful.add(flow.state.proxy, now)
            return [self._proxy_lost(flow, flow.state.proxy, "it does not answer")]
        return self._lost(home, "the home proxy does not answer", now)

    def expired(self, home: Address, now: float) -> Sequence[Action]:
        """End the flow whose binding is over."""
        return self._lost(home, "the binding has expired", now)

    def moving(self, care_of: Address, interface: str, now: float) -> Sequence[Action]:
        """Judge the new access network before anything is bound there (§5.2.1)."""
        self.interface = interface
        return self._mover.arriving(care_of, now)

    def care_of_changed(self, care_of: Address | None, now: float) -> Sequence[Action]:
        """Go on from the new address with what goes on, and with what has not begun yet."""
        if care_of is None:
            return []
        come, self._bound_to = care_of != self._bound_to, care_of
        return [*(self._mover.moved(care_of, now) if come else ()), *self._opener.moved(now)]

    # --- how it works -------------------------------------------------------------------------

    def _received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        message = event.message
        if isinstance(message, _ANSWERS):
            return self._opener.finder.answered(event, now)
        if isinstance(message, DhoaResponse):
            return self._opener.applicant.answered(event, now)
        if isinstance(message, EchoReply):
            return self._mover.answered(event, now)
        return self._mobile.handle(event, now)

    def _open(self, command: Command, now: float) -> list[Action]:
        try:
            flow = read_flow(command, self._config, now)
        except ConfigurationError as error:
            return _failed(command, str(error))
        if self._flows.named(flow.name) is not None:
            return _failed(command, f"open_flow: the flow {flow.name!r} is open")
        if len(self._flows) >= self._config.flows:
            return _failed(command, f"open_flow: there are {self._config.flows} flows already")
        return self._opener.open(flow, now)

    def _close(self, command: Command, now: float) -> list[Action]:
        name = command.arguments.get("flow")
        flow = self._flows.named(name) if isinstance(name, str) else None
        if flow is None:
            if isinstance(name, str) and self._flows.was_refused(name):
                return reply(command.token, {})
            return _failed(command, f"close_flow: there is no flow {name!r}")
        if isinstance(flow.state, Open):
            return [*self._ender.close(flow, flow.state, now), *reply(command.token, {})]
        actions = self._opener.abandon(flow, now)
        self._flows.forget(flow)
        closed = {"error": "the flow was closed before it began"}
        return [*actions, *reply(flow.token, closed), *reply(command.token, {})]

    def _lost(self, home: Address, why: str, now: float) -> list[Action]:
        if home == self.first_home:
            self._home_stands = False
            return []
        flow = self._flows.of(home)
        if flow is None or isinstance(flow.state, Ended):
            return []
        proxy = flow.state.proxy
        assert proxy is not None
        self._doubtful.add(proxy, now)
        if isinstance(flow.state, Opening):
            return self._opener.failed(flow, why, now)
        lost = self._proxy_lost(flow, proxy, why)
        return [lost, *self._ender.refuse(flow, flow.state, "proxy lost", now)]

    def _proxy_lost(self, flow: Flow, proxy: Address, why: str) -> Record:
        details = {"flow": flow.name, "proxy": spelled(proxy), "why": why}
        return Record("proxy_lost", {"node": self._node, **details})


def _failed(command: Command, why: str) -> list[Action]:
    """Say in one line why a command was not carried out."""
    return [
        Drop("command not carried out", {"command": command.name, "why": why}),
        *reply(command.token, {"error": why}),
    ]


def _row(flow: Flow) -> Mapping[str, Any]:
    source = flow.state.source if isinstance(flow.state, Open) else None
    return {
        "node": flow.name,
        "flow": flow.name,
        "service": flow.service.name,
        "state": type(flow.state).__name__.lower(),
        "via": str(flow.state.via) if isinstance(flow.state, Open) else "",
        "source": "" if source is None else spelled(source),
    }
