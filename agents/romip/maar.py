"""The MAAR: mobility anchor and access router (draft-ma §2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Any

from agents.core.actions import AcceptTunnels, Action, AddRoute, Delivery, Drop
from agents.core.events import Event, LinkDown, LinkUp, MessageReceived, Started
from agents.core.text import spelled
from agents.romip.attachment import Attachments
from agents.romip.binder import Binder
from agents.romip.config import MaarConfig
from agents.romip.correspondence import Correspondence
from agents.romip.directory import Directory
from agents.romip.exchanges import Exchanges
from agents.romip.fetcher import Fetcher
from agents.romip.forwarding import Forwarding
from agents.romip.keeper import Keeper
from agents.romip.lists import Visit, is_host
from agents.romip.messages import Messages
from agents.romip.peers import Peers
from agents.romip.respondent import Respondent
from agents.romip.solicitation import invitation
from agents.wire.address import Prefix
from agents.wire.diameter import AaAnswer
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.ndisc import RouterSolicitation


class Maar:
    """First hop of its nodes, anchor of the addresses that it assigns to them."""

    def __init__(self, config: MaarConfig, random: Random) -> None:
        self._config = config
        directory = Directory(config)
        messages = Messages(config.flags, config.lifetime)
        self._peers = Peers(config, random)
        forwarding = Forwarding(config.address)
        self._keeper = Keeper(config, directory, forwarding)
        exchanges = Exchanges(config, self._peers)
        talk = (self._peers, messages)
        binder = Binder(config, directory, self._keeper, *talk, exchanges)
        fetcher = Fetcher(config, *talk, exchanges, binder)
        self._correspondence = Correspondence(config, *talk, exchanges, fetcher, binder)
        self._respondent = Respondent(config, directory, self._keeper, *talk, binder)
        fetcher.on_fetched = self._respondent.fetched
        self._attachments = Attachments(
            config, directory, self._keeper, fetcher, binder, self._respondent
        )
        self._parts = (
            self._attachments,
            self._correspondence,
            binder,
            self._keeper,
            forwarding,
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any], random: Random) -> Maar:
        """Return a MAAR without visitors; ConfigurationError names the key at fault."""
        return cls(MaarConfig.read(config), random)

    def handle(self, event: Event, now: float) -> Sequence[Action]:
        """Take one event and return what to do about it."""
        match event:
            case MessageReceived():
                return self._received(event, now)
            case LinkUp(interface, link_layer):
                return self._attachments.link_up(interface, link_layer, now)
            case LinkDown(interface, link_layer):
                return self._attachments.link_down(interface, link_layer, now)
            case Started():
                return self._start(now)
            case _:
                return [Drop("unexpected event", {"event": type(event).__name__})]

    def tick(self, now: float) -> Sequence[Action]:
        """Repeat, renew and delete what is due."""
        return [action for part in self._parts for action in part.tick(now)]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        times = [at for at in (part.deadline() for part in self._parts) if at is not None]
        return min(times, default=None)

    def bindings(self, now: float) -> list[Mapping[str, Any]]:
        """Return assigned addresses and both lists of each node as rows of printable values."""
        return [row for visit in self._keeper.holders for row in _rows(visit, now)]

    def _start(self, now: float) -> list[Action]:
        """Nodes that were served by an earlier agent are asked to solicit again."""
        self._peers.start(now)
        self._attachments.start(now)
        hosts = self._config.hosts.items()
        return [
            AcceptTunnels(self._config.address, Delivery.ATTACHED),
            *(AddRoute(Prefix(host, 128), interface=name) for host, name in hosts),
            *(invitation(self._config, name) for name in self._config.access),
        ]

    def _received(self, event: MessageReceived, now: float) -> list[Action]:
        match event.message:
            case RouterSolicitation():
                return self._attachments.solicited(event, now)
            case AaAnswer() as answer:
                return self._attachments.answered(event.source, answer, now)
            case BindingUpdate() as update:
                return self._respondent.updated(event, update, now)
            case BindingAcknowledgement() as acknowledgement:
                return self._correspondence.acknowledged(event, acknowledgement, now)
            case message:
                return [Drop("unexpected message", {"message": type(message).__name__})]


def _rows(visit: Visit, now: float) -> Iterator[dict[str, Any]]:
    state = type(visit.state).__name__.lower()
    if visit.assigned is not None and not is_host(visit):
        where = "" if visit.place is None else visit.place.interface
        yield _row(visit, "assigned", spelled(visit.assigned), where, state)
    for home, care_of in visit.external.items():
        yield _row(visit, "external", spelled(home), spelled(care_of), state)
    for entry in visit.internal.values():
        remaining = "" if entry.until == float("inf") else f"{entry.until - now:.0f} s"
        maar = spelled(entry.maar)
        yield _row(visit, "internal", spelled(entry.correspondent), maar, remaining)


def _row(visit: Visit, kind: str, address: str, leads_to: str, state: str) -> dict[str, Any]:
    return {
        "node": visit.identifier,
        "list": kind,
        "address": address,
        "leads_to": leads_to,
        "state": state,
    }
