"""Tunnels that come with the first binding that needs them and go some time after the last."""

from __future__ import annotations

from agents.core.actions import Action, AddTunnel, RemoveTunnel
from agents.core.deadlines import Deadlines
from agents.wire.address import Address


class Tunnels:
    """The tunnels of one node, shared by its bindings and counted (RFC 5213 §5.6.1).

    A tunnel without bindings lingers for ``linger_interval`` seconds: packets that are already
    under way still come out of it, and a node that moves to and fro finds it in place.
    """

    __slots__ = ("_holders", "_idle", "_linger_interval", "_local", "deadline")

    def __init__(self, local: Address, linger_interval: float) -> None:
        self._local = local
        self._linger_interval = linger_interval
        self._holders: dict[Address, int] = {}
        self._idle: Deadlines[Address] = Deadlines()
        self.deadline = self._idle.next

    def hold(self, remote: Address) -> list[Action]:
        """Count one binding more over the tunnel to ``remote``, which comes up if it must."""
        holders = self._holders.get(remote)
        self._holders[remote] = (holders or 0) + 1
        if holders is None:
            return [AddTunnel(self._local, remote)]
        if holders == 0:
            self._idle.clear(remote)
        return []

    def release(self, remote: Address, now: float) -> None:
        """Count one binding less; KeyError where none was held."""
        self._holders[remote] -= 1
        if self._holders[remote] == 0:
            self._idle.set(remote, now + self._linger_interval)

    def tick(self, now: float) -> list[Action]:
        """Take down the tunnels that have lingered for long enough."""
        removed: list[Action] = []
        for remote in self._idle.due(now):
            del self._holders[remote]
            removed.append(RemoveTunnel(self._local, remote))
        return removed
