"""One anchor alone, and Proxy Binding Updates for it with any option missing or wrong."""

from __future__ import annotations

from random import Random
from typing import Any

from pmipv6_world import LMA, MAGS, START, link_layer, lma_config, name

from agents.core import actions as do
from agents.core.events import MessageReceived
from agents.pmipv6.lma import LocalMobilityAnchor
from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import BindingUpdateFlag
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
    Timestamp,
)

PROXY = int(BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY)
WIFI, WIRED = 4, 3
NEW, BETWEEN_INTERFACES, BETWEEN_MAGS, UNKNOWN, NOT_CHANGED = 1, 2, 3, 4, 5
POOL = Prefix.parse("2001:db8:1:8000::/64")


def pbu(
    at: float,
    *extra: Any,
    node: str | None = name(1),
    prefixes: tuple[Prefix, ...] | None = (ALL_ZERO,),
    handoff: int | None = UNKNOWN,
    technology: int | None = WIFI,
    octets: bytes | None = link_layer(1),
    stamped: bool = True,
    sequence: int = 1,
    lifetime: int = 75,
    flags: int = PROXY,
) -> BindingUpdate:
    """A valid update unless told otherwise; None leaves an option out."""
    options: list[Any] = []
    if node is not None:
        options.append(MobileNodeIdentifier(1, node.encode()))
    options += [HomeNetworkPrefix(prefix) for prefix in prefixes or ()]
    if handoff is not None:
        options.append(HandoffIndicator(handoff))
    if technology is not None:
        options.append(AccessTechnologyType(technology))
    if stamped:
        options.append(Timestamp.at(at))
    if octets is not None:
        options.append(MobileNodeLinkLayerIdentifier(octets))
    return BindingUpdate(sequence, flags, lifetime, (*options, *extra))


class Anchor:
    """A real anchor, its clock, and what it did last."""

    def __init__(self, **config: Any) -> None:
        self.core = LocalMobilityAnchor.from_config(lma_config(**config), Random(1))
        self.now = START
        self.actions: list[Any] = []

    def ask(
        self, update: BindingUpdate | None = None, mag: Address = MAGS[0], **changes: Any
    ) -> BindingAcknowledgement | None:
        """Let a gateway's update arrive 1 ms later; return the reply, if any."""
        self.now += 0.001
        message = update if update is not None else pbu(self.now, **changes)
        self.actions = list(self.core.handle(MessageReceived(message, mag, LMA), self.now))
        return self.reply(mag)

    def wait(self, seconds: float) -> None:
        """Let time pass, ticking at each deadline."""
        end = self.now + seconds
        self.actions = []
        while (deadline := self.core.deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.actions += self.core.tick(self.now)
        self.now = end

    def reply(self, mag: Address = MAGS[0]) -> BindingAcknowledgement | None:
        sent = [each for each in self.replies() if each.destination == mag]
        assert len(sent) <= 1
        return sent[0].message if sent else None

    def replies(self) -> list[do.SendMessage]:
        return [action for action in self.actions if isinstance(action, do.SendMessage)]

    def events(self) -> list[str]:
        return [action.event for action in self.actions if isinstance(action, do.Record)]

    def drops(self) -> list[str]:
        return [action.reason for action in self.actions if isinstance(action, do.Drop)]

    def routing(self) -> list[Any]:
        kinds = (do.AddTunnel, do.RemoveTunnel, do.AddRoute, do.RemoveRoute)
        return [action for action in self.actions if isinstance(action, kinds)]

    def rows(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.core.bindings(self.now)]


def prefixes_in(message: BindingAcknowledgement | None) -> tuple[Prefix, ...]:
    assert message is not None
    return tuple(o.prefix for o in message.options if isinstance(o, HomeNetworkPrefix))


def option(message: BindingAcknowledgement | None, kind: type) -> Any:
    """The one option of a kind in a message; None where there is none."""
    assert message is not None
    found = [each for each in message.options if isinstance(each, kind)]
    assert len(found) <= 1
    return found[0] if found else None
