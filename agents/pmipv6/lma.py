"""The local mobility anchor (RFC 5213 §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddRoute,
    Delivery,
    Drop,
    Record,
    RemoveRoute,
    SendMessage,
)
from agents.core.deadlines import Deadlines
from agents.core.events import Event, MessageReceived, Started
from agents.core.text import spelled
from agents.core.tunnels import Tunnels
from agents.pmipv6 import acknowledgement
from agents.pmipv6.acceptance import Rules, refusal
from agents.pmipv6.allocation import Allocator
from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.binding_cache import Binding, BindingCache, Registered, Released
from agents.pmipv6.config import AnchorConfig
from agents.pmipv6.link_local import set_link_local
from agents.pmipv6.ordering import Ordering, accepted_of
from agents.pmipv6.profile import HomeProfile
from agents.pmipv6.records import asked, described, row
from agents.pmipv6.request import Request, read_request
from agents.pmipv6.session_lookup import Verdict, find_session
from agents.pmipv6.waiting import Waiting, WaitingRoom
from agents.wire.address import Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, BindingUpdateFlag, Status
from agents.wire.options import HomeNetworkPrefix

TUNNEL_LINGER_INTERVAL = 3.0
"""Seconds for which a gateway without bindings may still deliver what its nodes had sent."""

Accept = Callable[[Request, Binding, BindingAcknowledgement], list[Action]]
"""What is done once a request is accepted: it sends the reply, or sees to it that it is sent."""

Leave = Callable[[Binding, float], list[Action]]
"""What else is done once a session is registered no longer."""

_PROXY = int(BindingUpdateFlag.PROXY)
_HOME = int(BindingUpdateFlag.HOME)
_STRANGER = HomeProfile({})


class LocalMobilityAnchor:
    """Keeps the bindings of mobile nodes and routes their prefixes to the serving gateways.

    A protocol that builds on it may set ``accept`` to what adds to replies, or holds them back,
    and ``leave`` to what is to follow the end of a registration.
    """

    def __init__(self, config: AnchorConfig, random: Random) -> None:
        self._config = config
        self._random = random
        self._ordering = Ordering(config.timestamp_validity_window)
        self._authenticator = Authenticator(config.authentication)
        self._rules = Rules(config, self._ordering, self._authenticator)
        self._allocator = Allocator(config.pool, config.mobiles, config.prefixes_per_mobile)
        self._tunnels = Tunnels(config.address, TUNNEL_LINGER_INTERVAL)
        self._cache = BindingCache()
        self._waiting = WaitingRoom()
        self._deadlines: Deadlines[Binding | Waiting] = Deadlines()
        self._max_units = int(config.max_lifetime) // LIFETIME_UNIT
        self.accept: Accept = self._accept
        self.leave: Leave = lambda binding, now: []

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> LocalMobilityAnchor:
        """Return an anchor without bindings; ConfigurationError names the key at fault."""
        return cls(AnchorConfig.read(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        if type(event) is MessageReceived:
            return self._received(event, now)
        if type(event) is Started:
            return [AcceptTunnels(self._config.address, Delivery.ROUTED)]
        return [Drop("not for an anchor", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """End the bindings, waits and tunnels whose time has come."""
        actions: list[Action] = []
        for key in self._deadlines.due(now):
            if type(key) is Waiting:
                actions += self._stop_waiting(key, now)
            elif type(key) is Binding:
                actions += self._delete(key, now)
        actions += self._tunnels.tick(now)
        return actions

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        ours, tunnels = self._deadlines.next(), self._tunnels.deadline()
        if ours is None or tunnels is None:
            return tunnels if ours is None else ours
        return min(ours, tunnels)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return the Binding Cache as rows of printable values."""
        return [row(binding, now) for binding in self._cache]

    def binding_of(self, address: Address) -> Binding | None:
        """Return the Binding Cache entry of the mobile node that has ``address``."""
        return self._cache.covering(address)

    def sessions(self, identifier: bytes) -> list[Binding]:
        """Return the Binding Cache entries of a mobile node that are registered."""
        return [b for b in self._cache.of_node(identifier) if type(b.state) is Registered]

    def home(self, binding: Binding) -> Binding:
        """Return the session whose gateway packets for the prefixes of this one go to."""
        return binding

    def open_routes(self, binding: Binding, care_of: Address) -> list[Action]:
        """Return what sends packets for the prefixes of a session to its gateway."""
        return [AddRoute(prefix, tunnel=care_of) for prefix in binding.prefixes]

    def close_routes(self, binding: Binding) -> list[Action]:
        """Return what does so no longer."""
        return [RemoveRoute(prefix) for prefix in binding.prefixes]

    def reply(self, event: MessageReceived, reply: BindingAcknowledgement) -> SendMessage:
        """Reply from and to the addresses of the request, reversed (RFC 5213 §5.3.6)."""
        signed = self._authenticator.sign(reply, event.source)
        return SendMessage(signed, event.destination, event.source)

    def _received(self, event: MessageReceived, now: float) -> list[Action]:
        message = event.message
        if type(message) is not BindingUpdate or event.destination != self._config.address:
            return [Drop("unexpected message", {"message": type(message).__name__})]
        if message.flags & _PROXY:
            return self._proxy_binding_update(read_request(event, now))
        if not message.flags & _HOME:
            return [Drop("not a proxy registration", {"source": spelled(event.source)})]
        # A home agent for ordinary mobile nodes this is not (RFC 6275 §9.5.1).
        reply = BindingAcknowledgement(
            int(Status.HOME_REGISTRATION_NOT_SUPPORTED), 0, message.sequence, 0
        )
        return [self.reply(event, reply)]

    def _proxy_binding_update(self, request: Request) -> list[Action]:
        """RFC 5213 §5.3.1: every check comes before any effect."""
        profile = self._config.mobiles.get(request.identifier or b"", _STRANGER)
        lookup = find_session(self._cache, request, profile.prefixes)
        status = refusal(request, lookup.binding, self._rules) or lookup.status
        if status is not None:
            return self._refuse(request, status, lookup.binding)
        if lookup.verdict is Verdict.IGNORE:
            self._leave_waiting(request)
            return [Drop("release of an unknown session", asked(request))]
        if lookup.verdict is Verdict.CREATE or lookup.binding is None:
            return self._create(request, profile)
        if lookup.verdict is Verdict.WAIT:
            return self._wait(request, lookup.binding)
        if request.releases:
            return self._release(request, lookup.binding)
        return self._update(request, lookup.binding)

    def _refuse(self, request: Request, status: Status, binding: Binding | None) -> list[Action]:
        sequence = request.message.sequence
        last = self._ordering.last(request, binding)
        if status is Status.SEQUENCE_NUMBER_OUT_OF_WINDOW and last is not None:
            sequence = last.sequence
        reply = acknowledgement.rejected(request, status, sequence)
        details = {**asked(request), "status": int(status), "reason": status.name}
        return [self.reply(request.event, reply), Record("binding_rejected", details)]

    def _create(self, request: Request, profile: HomeProfile) -> list[Action]:
        """RFC 5213 §5.3.2."""
        if request.prefixes:
            given = self._allocator.authorise(profile, request.link_layer, request.prefixes)
        else:
            given = self._allocator.assign(profile, request.link_layer)
        if isinstance(given, Status):
            return self._refuse(request, given, None)
        binding = self._new_binding(request, given)
        self._cache.add(binding)
        return self._register(request, binding)

    def _new_binding(self, request: Request, prefixes: tuple[Prefix, ...]) -> Binding:
        return Binding(
            identifier=request.identifier or b"",
            link_layer=request.link_layer,
            technology=request.technology or 0,
            prefixes=prefixes,
            prefix_options=tuple(HomeNetworkPrefix(prefix) for prefix in prefixes),
            care_of=request.care_of,
            accepted=accepted_of(request),
            state=Released(request.at),
        )

    def _update(self, request: Request, binding: Binding) -> list[Action]:
        """RFC 5213 §5.3.3 and §5.3.4: the same gateway goes on, or another one takes over."""
        binding.link_layer = request.link_layer or binding.link_layer
        binding.technology = request.technology or 0
        binding.accepted = accepted_of(request, binding.accepted)
        return self._register(request, binding)

    def _register(self, request: Request, binding: Binding) -> list[Action]:
        """Route, then reply: the first packet may follow the acknowledgement at once."""
        actions = self._route(request, binding)
        lifetime = min(request.message.lifetime, self._max_units)
        binding.state = Registered(request.at + lifetime * LIFETIME_UNIT)
        self._deadlines.set(binding, binding.state.expires_at)
        self._leave_waiting(request)
        set_link_local(request, binding, self._random)
        actions += self.accept(
            request, binding, acknowledgement.accepted(request, binding, lifetime)
        )
        actions.append(Record("binding_accepted", described(binding, lifetime)))
        return actions

    def _route(self, request: Request, binding: Binding) -> list[Action]:
        """RFC 5213 §5.3.4, items 2 to 4."""
        previous = binding.care_of if type(binding.state) is Registered else None
        if previous == request.care_of:
            return []
        actions = self._tunnels.hold(request.care_of)
        actions += self.open_routes(binding, request.care_of)
        if previous is not None:
            self._tunnels.release(previous, request.at)
        binding.care_of = request.care_of
        return actions

    def _release(self, request: Request, binding: Binding) -> list[Action]:
        """RFC 5213 §5.3.5."""
        if request.care_of != binding.care_of:
            return [Drop("release by a previous gateway", asked(request))]
        binding.accepted = accepted_of(request, binding.accepted)
        actions: list[Action] = []
        if type(binding.state) is Registered:
            actions += self._unroute(binding, request.at)
            binding.state = Released(request.at + self._config.min_delay_before_bce_delete)
            self._deadlines.set(binding, binding.state.delete_at)
            actions += self.leave(binding, request.at)
        reply = acknowledgement.accepted(request, binding, 0)
        actions.append(self.reply(request.event, reply))
        actions.append(Record("binding_released", described(binding)))
        return actions + self._serve_waiting(binding, request.at)

    def _unroute(self, binding: Binding, now: float) -> list[Action]:
        self._tunnels.release(binding.care_of, now)
        return self.close_routes(binding)

    def _delete(self, binding: Binding, now: float) -> list[Action]:
        expired = type(binding.state) is Registered
        actions = self._unroute(binding, now) if expired else []
        self._cache.remove(binding)
        self._ordering.forget(binding)
        self._allocator.release(binding.prefixes)
        if expired:
            actions += self.leave(binding, now)
        event = "binding_expired" if expired else "binding_deleted"
        actions.append(Record(event, described(binding)))
        return actions

    def _wait(self, request: Request, binding: Binding) -> list[Action]:
        """RFC 5213 §5.4.1.2, item 4, and §5.4.1.3, item 3."""
        until = request.at + self._config.max_delay_before_new_bce_assign
        waiting = self._waiting.enter(request, binding, until)
        if waiting is None:
            return []
        self._deadlines.set(waiting, until)
        return [Record("binding_waits", asked(request))]

    def _serve_waiting(self, binding: Binding, now: float) -> list[Action]:
        waiting = self._waiting.next_for(binding)
        if waiting is None:
            return []
        waiting.request.at = now
        return self._update(waiting.request, binding)

    def _stop_waiting(self, waiting: Waiting, now: float) -> list[Action]:
        request = waiting.request
        self._waiting.leave(request)
        request.at = now
        return self._create(request, self._config.mobiles[request.identifier or b""])

    def _leave_waiting(self, request: Request) -> None:
        waiting = self._waiting.leave(request)
        if waiting is not None:
            self._deadlines.clear(waiting)

    def _accept(self, request: Request, _: Binding, reply: BindingAcknowledgement) -> list[Action]:
        return [self.reply(request.event, reply)]
