"""A correspondent node that stays where it is (RFC 6275 §9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import Action, Drop, Optimize, StopOptimizing
from agents.core.configuration import ConfigurationError, Reader
from agents.core.events import Command, Event, HomeAddressUnknown, MessageReceived, Started
from agents.core.text import spelled
from agents.mipv6.binding_error import ErrorReporter
from agents.mipv6.correspondent import Correspondent, CorrespondentConfig
from agents.mipv6.nonces import MAX_NONCE_LIFETIME
from agents.wire.address import Address
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
    MobilityMessage,
)

_FOR_CORRESPONDENTS = (HomeTestInit, CareOfTestInit, BindingUpdate)
_FOR_MOBILE_NODES = (HomeTest, CareOfTest, BindingAcknowledgement, BindingRefreshRequest)


class CorrespondentNode:
    """Talks to mobile nodes where they are, once they have proved that they are there.

    Unless it ``optimizes``: then it tells them that it knows nothing of route optimization.
    """

    def __init__(
        self, address: Address, config: CorrespondentConfig, random: Random, optimizes: bool = True
    ) -> None:
        self._optimizes = optimizes
        self._part = Correspondent(config, random, address.__eq__, steer)
        self._errors = ErrorReporter()
        self.tick = self._part.tick
        self.deadline = self._part.deadline
        self.bindings = self._part.bindings

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> CorrespondentNode:
        """Return a node without bindings; ConfigurationError names the key at fault."""
        reader = Reader("cn", config)
        optimizes = reader.flag("route_optimization", True)
        return cls(reader.address("address"), read_correspondent(reader, "cn"), random, optimizes)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case HomeAddressUnknown():
                return self._errors.unknown_binding(event, now)
            case Started():
                return []
            case Command(name):
                return [Drop("unknown command", {"command": name})]
        return [Drop("unexpected event", {"event": type(event).__name__})]

    def _received(self, event: MessageReceived, now: float) -> Sequence[Action]:
        message = event.message
        if self._optimizes and isinstance(message, _FOR_CORRESPONDENTS):
            return self._part.receive(event, now)
        if isinstance(message, (*_FOR_MOBILE_NODES, BindingError)):
            details = {"message": type(message).__name__, "source": spelled(event.source)}
            return [Drop("message for a mobile node", details)]
        if isinstance(message, MobilityMessage):
            return self._errors.unknown_type(event, now)
        return [Drop("unexpected message", {"message": type(message).__name__})]


def steer(local: Address, home_address: Address, care_of: Address | None) -> Sequence[Action]:
    """Return what sends data of a node that is not mobile itself to ``care_of`` (§9.3.2)."""
    if care_of is None:
        return [StopOptimizing(local, home_address)]
    return [Optimize(local, home_address, peer_care_of=care_of)]


def read_correspondent(reader: Reader, role: str) -> CorrespondentConfig:
    """Return the configuration that ``reader`` holds; ConfigurationError names the key."""
    interval = reader.seconds("nonce_interval", 30.0)
    if not 0 < interval <= MAX_NONCE_LIFETIME:
        raise ConfigurationError(
            f"{role}: 'nonce_interval' is {interval:g}: give up to {MAX_NONCE_LIFETIME:g} s"
        )
    return CorrespondentConfig(interval, reader.count("binding_limit", 1024))
