"""The kernel's data path: a core's routing actions in, batches of netlink requests out."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from agents.core.actions import (
    AcceptTunnels,
    Action,
    AddRoute,
    RemoveNeighbor,
    RemoveRoute,
    RemoveTunnel,
)
from agents.live import leftovers, seg6, tables, tunnel_devices
from agents.live.journal import Journal, Level, plain
from agents.live.netlink import Failure, Netlink, NetlinkError, Request
from agents.live.requests import Route, encapsulate
from agents.live.routing import Routing
from agents.live.tunnels import Place, Tunnels

_KINDS = ("seg6", "ip6tnl")
_REMOVALS = (RemoveRoute, RemoveNeighbor, RemoveTunnel)
_GONE = (errno.ESRCH, errno.ENOENT)  # what is to be removed is not there
_THERE = (errno.EEXIST,)  # what is to be added is there


class Kernel:
    """Performs routing actions in order; those between two flushes go in one system call."""

    def __init__(self, place: Place, journal: Journal, backend: str = "") -> None:
        self._journal = journal
        self._netlink = Netlink()
        cleared = leftovers.clear(self._netlink)
        tunnels = choose_tunnels(self._netlink, place, backend)
        self.backend = tunnels.name
        self._routing = Routing(self._netlink, tunnels, place)
        self._pending: list[tuple[Action, list[Request]]] = []
        text = f"tunnels by {tunnels.name}; {cleared} leftovers of an earlier agent deleted"
        journal.log(Level.INFO, lambda: text)

    def perform(self, action: Action) -> None:
        """Perform ``action`` by the next flush; becoming a tunnel's exit point happens at once.

        Raises NetlinkError where this node cannot be an exit point, without which its role
        is void. What else fails is counted and logged.
        """
        if isinstance(action, AcceptTunnels):
            self.flush()
            self._routing.accept(action)
            return
        try:
            self._pending.append((action, self._routing.requests(action)))
        except OSError as error:
            self._failed(action, error.strerror or str(error))

    def flush(self) -> None:
        """Let the kernel do what is pending and log what it has acknowledged."""
        if not self._pending:
            return
        pending, self._pending = self._pending, []
        outcomes = iter(
            self._netlink.execute([request for _, requests in pending for request in requests])
        )
        for action, requests in pending:
            failures = [next(outcomes) for _ in requests]
            self._conclude(action, [failure for failure in failures if failure is not None])

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
        if isinstance(action, AddRoute):
            self._journal.event("route_installed", _details(action))
        elif isinstance(action, RemoveRoute):
            self._journal.event("route_removed", _details(action))

    def _failed(self, action: Action, why: str) -> None:
        name = type(action).__name__
        self._journal.counters[f"failed: {name}"] += 1
        self._journal.event("action_failed", {"action": name, "error": why, **_details(action)})
        self._journal.log(Level.ERROR, lambda: f"{action} failed: {why}")


def choose_tunnels(netlink: Netlink, place: Place, backend: str = "") -> Tunnels:
    """Return the better kind of tunnels that this kernel has, or the kind named ``backend``.

    Raises NetlinkError where it has none, ValueError where no kind is called so.
    """
    if backend not in ("", *_KINDS):
        raise ValueError(f"data_path is {backend!r}: it is one of {', '.join(_KINDS)}")
    lacks = {}
    if backend in ("", "seg6"):
        lacks["seg6"] = seg6.probe(netlink)
        if not lacks["seg6"]:
            return seg6.SegmentRouting(netlink, place)
    if backend in ("", "ip6tnl"):
        lacks["ip6tnl"] = tunnel_devices.probe(netlink)
        if not lacks["ip6tnl"]:
            return tunnel_devices.TunnelDevices(netlink)
    reasons = "; ".join(f"{kind}: {why}" for kind, why in lacks.items())
    raise NetlinkError(errno.EOPNOTSUPP, f"this kernel has no IPv6-in-IPv6 tunnels ({reasons})")


def _details(action: Any) -> Mapping[str, Any]:
    values = ((field.name, getattr(action, field.name)) for field in fields(action))
    return {name: plain(value) for name, value in values if value not in (None, "")}
