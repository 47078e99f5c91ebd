"""Route optimization from the mobile node's side: with whom, and when (RFC 6275 §11.6, §11.7.2)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6 import correspondent_update as signalling
from agents.mipv6.data_paths import DataPaths
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.optimized_peers import (
    Optimized,
    Paused,
    Peer,
    Testing,
    Unsupported,
    Updating,
)
from agents.mipv6.peer_answers import PeerAnswers
from agents.mipv6.peer_steps import MAX_RO_FAILURE, OptimizerOwner, PeerSteps
from agents.mipv6.places import Place
from agents.mipv6.reachability import is_routable
from agents.wire.address import Address

MAX_PEERS = 256
"""Correspondents remembered at once: whoever sends to a home address makes one."""

STARTS_PER_SECOND, STARTS_AT_ONCE = 10, 20
"""How many tests may be started because others ask for them, or seem to."""


class RouteOptimizer:
    """Binds the places of this node at the correspondents of its home addresses.

    ``answers`` takes what they send.
    """

    def __init__(
        self, config: MobileConfig, random: Random, paths: DataPaths, owner: OptimizerOwner
    ) -> None:
        self._random = random
        self._steps = PeerSteps(config, random, paths, owner)
        self._starts = TokenBucket(STARTS_PER_SECOND, STARTS_AT_ONCE)
        self.answers = PeerAnswers(self._steps, self._starts)
        self.deadline = self._steps.deadline

    def peers(self) -> tuple[Peer, ...]:
        """Return all correspondents that are known."""
        return tuple(self._steps.peers.values())

    def start(self, home: Address, address: Address, now: float) -> list[Action]:
        """Begin with the correspondent at ``address``, unless it is known."""
        if (home, address) in self._steps.peers or not is_routable(address):
            return []
        if len(self._steps.peers) >= MAX_PEERS or not self._starts.take(now):
            return [Drop("too many correspondents", {"peer": spelled(address)})]
        peer = Peer(home, address, self._random.randrange(1 << 16))
        self._steps.peers[home, address] = peer
        started = self._steps.recorded("optimization_started", peer)
        return [started, *self._steps.test(peer, now)]

    def moved(self, place: Place, now: float) -> list[Action]:
        """Send through tunnels until the correspondents know ``place`` (RFC 6275 §11.3.1)."""
        self._steps.place, self._steps.connected = place, True
        actions: list[Action] = []
        for peer in self.peers():
            peer.updates.clear()
            peer.care_of_token = None
            if not isinstance(peer.state, Unsupported) or peer.may_be_bound(now):
                actions += self._from_here(peer, place, now)
        return actions

    def lost(self) -> None:
        """Send nothing for now."""
        self._steps.connected = False

    def resumed(self, now: float) -> list[Action]:
        """Ask again what may have been lost with the link."""
        self._steps.connected = True
        waiting = (Testing, Updating, Paused)
        asked = [peer for peer in self.peers() if isinstance(peer.state, waiting)]
        return [action for peer in asked for action in self._steps.test(peer, now)]

    def home_bound(self, home: Address, now: float) -> list[Action]:
        """Begin with those who wait for the binding of ``home``."""
        waiting = [peer for peer in self._of(home) if isinstance(peer.state, Paused)]
        return [action for peer in waiting for action in self._steps.test(peer, now)]

    def home_unbound(self, home: Address, now: float) -> list[Action]:
        """Wait with the correspondents of ``home`` that have a binding, and forget the others."""
        actions: list[Action] = []
        for peer in self._of(home):
            if peer.may_be_bound(now):
                actions += self._steps.through_tunnel(peer)
                self._steps.enter(peer, Paused())
            elif not isinstance(peer.state, Unsupported):
                actions += self._steps.forget(peer)
        return actions

    def home_left(self, home: Address, now: float) -> list[Action]:
        """Delete the bindings of ``home``, which is being given up, where tokens still allow."""
        actions: list[Action] = []
        for peer in self._of(home):
            token = peer.home_token
            usable = token is not None and token.fresh(now) and peer.may_be_bound(now)
            if self._steps.place is not None and usable:
                place = self._steps.place  # the home is gone by when an answer would come
                actions.append(signalling.deletion(peer, place, now, awaited=False))
            actions += self._steps.forget(peer)
        return actions

    def tick(self, now: float) -> list[Action]:
        """Do what has become due."""
        actions: list[Action] = []
        for peer in self._steps.due(now):
            actions += self._due(peer, now)
        return actions

    def _due(self, peer: Peer, now: float) -> list[Action]:
        if peer.bound_until and peer.bound_until <= now:
            return self._expire(peer, now)
        match peer.state:
            case Unsupported() if peer.may_be_bound(now):
                return self._steps.test(peer, now)
            case Unsupported():
                return self._steps.forget(peer)
            case Optimized():
                return self._steps.renew(peer, now)
            case Testing(tries=tries) | Updating(tries=tries) if (
                tries >= MAX_RO_FAILURE and peer.bound_to is None and not peer.leaving
            ):
                return self._steps.give_up(peer, "no answer", now)
            case Testing():
                return self._steps.test_again(peer, peer.state, now)
            case Updating():
                return self._steps.update(peer, now, peer.state)
        return []

    def _expire(self, peer: Peer, now: float) -> list[Action]:
        """The correspondent has no binding any more, whatever it had."""
        peer.bound_until = 0.0
        if peer.bound_to is not None:
            return self._steps.lose(peer, "expired", now)
        if peer.leaving or isinstance(peer.state, Paused):
            return self._steps.forget(peer)
        self._steps.enter(peer, peer.state)
        return []

    def _from_here(self, peer: Peer, place: Place, now: float) -> list[Action]:
        path = self._steps.through_tunnel(peer)
        peer.leaving = place.address == peer.home
        if peer.leaving and not peer.may_be_bound(now):
            return [*path, *self._steps.forget(peer)]
        return [*path, *self._steps.test(peer, now)]

    def _of(self, home: Address) -> list[Peer]:
        return [peer for peer in self._steps.peers.values() if peer.home == home]
