"""The kernel's data path: a core's routing actions in, batches of netlink requests out."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddRoute,
    AddTunnel,
    Delivery,
    Divert,
    Forward,
    Optimize,
    Release,
    RemoveAddress,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
    SteerFlow,
    StopDiverting,
    StopOptimizing,
    StopPreferring,
    StopProxying,
    StopSteering,
)
from agents.core.events import Event, HomeAddressUnknown
from agents.live import addresses, leftovers, seg6, tables
from agents.live.addresses import ADDRESS_ACTIONS
from agents.live.carried import Carried
from agents.live.diversion import Diversion
from agents.live.exit import Watch
from agents.live.flows import FLOW_ACTIONS, Flows, selected, steered
from agents.live.host import HOST_ACTIONS, Host
from agents.live.interfaces import index_of
from agents.live.journal import Journal, Level, plain
from agents.live.loop import Later
from agents.live.netlink import Failure, Netlink, NetlinkError, Request
from agents.live.requests import Route, encapsulate
from agents.live.routing import Routing
from agents.live.tunnel_choice import choose_tunnels
from agents.live.tunnels import Place
from agents.live.unreachable import forget_unreachable

_AFTER_ROUTES = (AddTunnel, Optimize, *HOST_ACTIONS)
_REMOVALS = (
    RemoveRoute,
    RemoveNeighbor,
    RemoveTunnel,
    StopDiverting,
    RemoveAddress,
    StopProxying,
    Release,
    StopOptimizing,
    StopPreferring,
)
_GONE = (errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL)  # what is to be removed is not there
_THERE = (errno.EEXIST,)  # what is to be added is there


class Kernel:
    """Performs routing actions in order; those between two flushes go in one system call.

    ``divert`` is told the descriptor on which packets that are diverted come in, for ``take``;
    ``watch`` what else to wait for, and what to call then; ``later`` what to call after a time;
    ``tell`` what the core must know.
    """

    def __init__(
        self,
        place: Place,
        journal: Journal,
        divert: Callable[[int], None],
        watch: Watch,
        later: Later,
        tell: Callable[[Event], None],
        backend: str = "",
    ) -> None:
        self._journal = journal
        self._tell = tell
        self._netlink = Netlink()
        cleared = leftovers.clear(self._netlink)
        tunnels = choose_tunnels(self._netlink, place, backend)
        self.backend, self.find_tunnel = tunnels.name, tunnels.find
        self._diversion = Diversion(self._netlink, journal, divert)
        self.take = self._diversion.take
        self._host = Host(self._netlink, journal, watch, tell, self._unknown)
        self._exit = self._host.exit
        devices = self._diversion.device, self._exit.device
        self._routing = Routing(self._netlink, tunnels, place, *devices)
        self._is_host = not place.access
        self._flows = Flows(self._netlink, tunnels.way, self._is_host, watch, later, tell)
        self._holds = False
        self._pending: list[tuple[Action, list[Request]]] = []
        text = f"tunnels by {tunnels.name}; {cleared} leftovers of an earlier agent deleted"
        journal.log(Level.INFO, lambda: text)

    def perform(self, action: Action) -> None:
        """Perform ``action`` by the next flush, or at once where the order of packets asks for it.

        Raises OSError where this node cannot be a tunnel's exit point or cannot divert packets,
        without which its role is void. What else fails is counted and logged.
        """
        if isinstance(action, AcceptTunnels):
            self.flush()
            self._routing.accept(action)
            if action.delivery is Delivery.ROUTED:
                self._flows.end_at(action.local)
        elif isinstance(action, Forward):
            self.flush()
            self._diversion.forward(action.packet)
        elif self._is_host and self._follows_routes(action):
            self.flush()  # they look up the routes that there are
            self._prepare(action)
        else:
            self._prepare(action)

    def _follows_routes(self, action: Action) -> bool:
        """Say whether the routes that were asked for decide what ``action`` does."""
        if isinstance(action, SteerFlow):
            return any(not isinstance(before, SteerFlow) for before, _ in self._pending)
        return isinstance(action, _AFTER_ROUTES)

    def carried(self, packet: Carried) -> Event | None:
        """Take a data packet that came with a home address, and return what the core must know.

        Without a binding that says otherwise, a Home Address option is not believed (RFC 6275
        §9.3.1) and a routing header leads to no address of this node (§6.4).
        """
        if self._exit.deliver(packet):
            return None
        ends = {"source": packet.source, "destination": packet.destination}
        if packet.home_address is None:
            self._journal.drop("unexpected routing header", {**ends, "to": packet.routed_to})
            return None
        self._journal.drop("unknown home address", {**ends, "home_address": packet.home_address})
        return HomeAddressUnknown(packet.home_address, packet.source, packet.destination)

    def _unknown(self, packet: Carried) -> None:
        event = self.carried(packet)
        if event is not None:
            self._tell(event)

    def counters(self) -> dict[str, int]:
        """Return what the devices count by which packets come to this agent."""
        dropped = self._routing.paths.dropped()
        wrong = {"dropped: reverse path": dropped} if dropped else {}
        if inner := self._routing.inner.dropped():
            wrong["dropped: inner source"] = inner
        counted = self._diversion.counters(), self._host.counters(), self._flows.counters()
        return {name: count for each in counted for name, count in each.items()} | wrong

    def hold(self, holds: bool) -> None:
        """Say whether the routes that follow are to be opened to packets that are put back only.

        So what was kept for a destination leaves before what arrives for it now: see ``open``.
        """
        self._holds = holds

    @property
    def holding(self) -> bool:
        """Whether a route waits for ``open``."""
        return self._routing.holding

    def open(self) -> None:
        """Open the routes that were held to all packets."""
        self.flush()
        outcomes = self._netlink.execute(self._routing.open_all())
        grave = [each for each in outcomes if each and each.number not in (*_GONE, *_THERE)]
        if grave:
            text = "; ".join(map(str, grave))
            self._journal.counters["failed: AddRoute"] += len(grave)
            self._journal.log(Level.ERROR, lambda: f"routes cannot be opened: {text}")
            self._journal.flush()

    def _prepare(self, action: Action) -> None:
        try:
            if self._holds and isinstance(action, AddRoute):
                requests = self._routing.hold(action)
            elif isinstance(action, ADDRESS_ACTIONS):
                requests = addresses.requests(action)
            elif isinstance(action, HOST_ACTIONS):
                self._host.perform(action)
                requests = []
            elif isinstance(action, Optimize):
                requests = self._optimize(action)
            elif isinstance(action, FLOW_ACTIONS):
                requests = [*self._flows.requests(action), *self._routing.look_anew()]
            else:
                requests = self._routing.requests(action)
                self._know_peer(action)
            self._pending.append((action, requests))
        except OSError as error:
            if isinstance(action, Divert):
                raise
            self._failed(action, error.strerror or str(error))

    def _know_peer(self, action: Action) -> None:
        if isinstance(action, AddTunnel | RemoveTunnel):
            gone = isinstance(action, RemoveTunnel)
            self._flows.peer(action.local, action.remote, gone=gone)

    def _optimize(self, action: Optimize) -> list[Request]:
        if action.local_care_of or action.peer_care_of:
            return self._routing.optimize(self._exit.optimize(action))
        self._exit.stop_optimizing(action)
        return self._routing.requests(StopOptimizing(action.local, action.peer))

    def flush(self) -> None:
        """Let the kernel do what is pending and log what it has acknowledged."""
        if not self._pending:
            return
        self._exit.forget_ways()
        pending, self._pending = self._pending, []
        outcomes = iter(
            self._netlink.execute([request for _, requests in pending for request in requests])
        )
        self._settle_paths()
        unsettled = self._settle_flows()
        for action, requests in pending:
            failures = [next(outcomes) for _ in requests]
            grave = [failure for failure in failures if failure is not None]
            if unsettled is not None and isinstance(action, FLOW_ACTIONS):
                grave.append(unsettled)
            self._conclude(action, grave)

    def _settle_paths(self) -> None:
        try:
            self._routing.paths.flush()
        except NetlinkError as error:
            why = str(error)
            self._journal.counters["failed: reverse_path"] += 1
            self._journal.log(Level.ERROR, lambda: f"tunnels' inner sources: {why}")

    def _settle_flows(self) -> Failure | None:
        try:
            self._flows.flush()
        except OSError as error:
            return Failure(error.errno or 0, f"nftables, which finds flows: {error}")
        return None

    def rehearse(self) -> None:
        """Go through the motions without changing anything."""
        absent = Route(seg6.PROBE, tables.DECAPSULATION, tail=encapsulate(seg6.PROBE.network))
        self._netlink.execute([absent.remove()] * 4)

    def _conclude(self, action: Action, failures: list[Failure]) -> None:
        tolerated = _GONE if isinstance(action, _REMOVALS) else _THERE
        grave = [failure for failure in failures if failure.number not in tolerated]
        if grave:
            self._failed(action, "; ".join(map(str, grave)))
            return
        self._journal.log(Level.DEBUG, lambda: f"done: {action}")
        if isinstance(action, StopOptimizing):
            self._exit.stop_optimizing(action)
        elif isinstance(action, AddRoute):
            self._journal.event("route_installed", _details(action))
            if self._is_host and action.next_hop is not None:
                interface = index_of(action.interface)
                forget_unreachable(self._netlink, interface, action.next_hop)
        elif isinstance(action, RemoveRoute):
            self._journal.event("route_removed", _details(action))
        elif isinstance(action, SteerFlow):
            self._journal.event("flow_steered", steered(action))
        elif isinstance(action, StopSteering):
            self._journal.event("flow_unsteered", selected(action.selector))

    def _failed(self, action: Action, why: str) -> None:
        name = type(action).__name__
        self._journal.counters[f"failed: {name}"] += 1
        self._journal.event("action_failed", {"action": name, "error": why, **_details(action)})
        self._journal.log(Level.ERROR, lambda: f"{action} failed: {why}")


def _details(action: Any) -> Mapping[str, Any]:
    values = ((field.name, getattr(action, field.name)) for field in fields(action))
    return {name: plain(value) for name, value in values if value not in (None, "")}
