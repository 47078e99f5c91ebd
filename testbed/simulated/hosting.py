"""What the agent of a host has installed there: addresses, confinement, optimized routes.

Addresses outlive the agent, as in a kernel. What the agent must carry out itself does not: a host
whose agent has died optimizes no route and refuses no flow.
"""

from __future__ import annotations

from collections.abc import Mapping

from agents.core import actions
from agents.wire.address import Address
from testbed.simulated.optimization import CareOf
from testbed.simulated.performer import Performer
from testbed.simulated.refusals import Refusal
from testbed.simulated.terminal import Terminal


class Hosting:
    """Performs the actions that only the core of a host may ask for."""

    def __init__(self, host: Terminal) -> None:
        self._host = host
        self._fixed = set(host.addresses)
        self.performers: Mapping[type, Performer] = {
            actions.AddAddress: self._add_address,
            actions.RemoveAddress: self._remove_address,
            actions.Confine: self._confine,
            actions.Release: self._release,
            actions.Optimize: self._optimize,
            actions.StopOptimizing: self._stop_optimizing,
            actions.WatchPeers: self._watch,
            actions.ForgetPeer: self._forget,
            actions.Refuse: self._refuse,
            actions.StopRefusing: self._stop_refusing,
        }

    def clear(self) -> None:
        """Take everything away, for an agent that begins anew."""
        host = self._host
        self.stop()
        host.assigned.clear()
        host.addresses.clear()
        host.addresses.update(self._fixed)
        host.confined.clear()

    def stop(self) -> None:
        """Take away what goes with the process of the agent."""
        self._host.optimization.clear()
        self._host.watched.clear()
        self._host.watched_plainly.clear()
        self._host.refusals.clear()

    def _add_address(self, action: actions.AddAddress) -> None:
        self._host.assigned.add((action.interface, action.address))
        self._host.addresses.add(action.address)

    def _remove_address(self, action: actions.RemoveAddress) -> None:
        self._host.assigned.discard((action.interface, action.address))
        if not self._is_assigned(action.address):
            self._host.addresses.discard(action.address)

    def _is_assigned(self, address: Address) -> bool:
        if address in self._fixed:
            return True
        return any(address == assigned for _, assigned in self._host.assigned)

    def _confine(self, action: actions.Confine) -> None:
        self._host.confined.add(action.source)

    def _release(self, action: actions.Release) -> None:
        self._host.confined.discard(action.source)

    def _optimize(self, action: actions.Optimize) -> None:
        care_of = CareOf(action.local_care_of, action.peer_care_of)
        self._host.optimization.add(action.local, action.peer, care_of)

    def _stop_optimizing(self, action: actions.StopOptimizing) -> None:
        self._host.optimization.remove(action.local, action.peer)

    def _watch(self, action: actions.WatchPeers) -> None:
        self._host.watched.setdefault(action.home, set())
        if action.tunnelled:
            self._host.watched_plainly.discard(action.home)
        else:
            self._host.watched_plainly.add(action.home)

    def _forget(self, action: actions.ForgetPeer) -> None:
        self._host.watched.get(action.home, set()).discard(action.peer)

    def _refuse(self, action: actions.Refuse) -> None:
        self._host.refuse(_refusal(action))

    def _stop_refusing(self, action: actions.StopRefusing) -> None:
        self._host.refusals.remove(_refusal(action))


def _refusal(action: actions.Refuse | actions.StopRefusing) -> Refusal:
    return Refusal(action.local, action.peer, action.protocol, action.port)
