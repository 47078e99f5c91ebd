"""The steps by which a mobile node binds its place at one correspondent (RFC 6275 §11.6, §11.7.2).

What begins them is in ``route_optimizer.py`` and ``peer_answers.py``.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Protocol

from agents.core.actions import Action, ForgetPeer, Record
from agents.core.deadlines import Deadlines
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6 import correspondent_update as signalling
from agents.mipv6.binding_cache import is_newer
from agents.mipv6.data_paths import DataPaths
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.optimized_peers import (
    MAX_TOKEN_LIFETIME,
    Optimized,
    Paused,
    Peer,
    State,
    Testing,
    Token,
    Unsupported,
    Update,
    Updating,
)
from agents.mipv6.places import Place
from agents.wire.address import Address
from agents.wire.numbers import LIFETIME_UNIT, Status

MAX_RO_FAILURE = 3
"""Tries without success after which a correspondent counts as unable (RFC 6275 §12)."""


class OptimizerOwner(Protocol):
    """What route optimization asks of the mobile node."""

    def home_lifetime(self, home: Address, now: float) -> float:
        """Return for how many seconds the binding of ``home`` still stands, 0 where none does."""
        ...


class PeerSteps:
    """All correspondents, and what is done with one of them."""

    def __init__(
        self, config: MobileConfig, random: Random, paths: DataPaths, owner: OptimizerOwner
    ) -> None:
        self.peers: dict[tuple[Address, Address], Peer] = {}
        self.place: Place | None = None
        self.connected = False
        self._config = config
        self._random = random
        self._paths = paths
        self._owner = owner
        self._deadlines: Deadlines[Peer] = Deadlines()
        self.due = self._deadlines.due
        self.deadline = self._deadlines.next

    def through_tunnel(self, peer: Peer) -> list[Action]:
        """Send data to ``peer`` by way of the home agent."""
        return self._paths.leave_from(peer.home, peer.address, None)

    def test(self, peer: Peer, now: float) -> list[Action]:
        """§11.6.1: ask for the tokens that are missing, both at once."""
        wait = Retransmission.after(now, self._config.initial_timeout)
        return self._ask(peer, wait, 1, now)

    def test_again(self, peer: Peer, state: Testing, now: float) -> list[Action]:
        """§11.8: with new cookies, ever more slowly."""
        wait = state.retransmission.again(now, self._config.max_timeout)
        return self._ask(peer, wait, state.tries + 1, now, state)

    def renew(self, peer: Peer, now: float) -> list[Action]:
        """Ask for both tokens while the old ones are still good for a move."""
        wait = Retransmission.after(now, self._config.initial_timeout)
        cookies = (new := signalling.new_cookie)(self._random), new(self._random)
        return self._send_tests(peer, Testing(*cookies, wait, 1), now)

    def _ask(
        self,
        peer: Peer,
        wait: Retransmission,
        tries: int,
        now: float,
        before: Testing | None = None,
    ) -> list[Action]:
        if not self._can_test(peer, now):
            self.enter(peer, Paused())
            return []
        home = _missing(peer.home_token, now)
        care_of = _missing(peer.care_of_token, now) and not peer.leaving
        if before is not None:
            home = home or before.home_cookie is not None
            care_of = care_of or before.care_of_cookie is not None
        if not home and not care_of:
            return self.update(peer, now, None)
        if home and peer.home_token is None and self._config.home_test_first:
            care_of = False
        random = self._random
        return self._send_tests(
            peer,
            Testing(
                signalling.new_cookie(random) if home else None,
                signalling.new_cookie(random) if care_of else None,
                wait,
                tries,
            ),
            now,
        )

    def _send_tests(self, peer: Peer, state: Testing, now: float) -> list[Action]:
        """Ask as soon as the rate allows it (§11.8)."""
        assert self.place is not None
        if not peer.test_rate.take(now):
            soon = Retransmission(peer.test_rate.ready_at(), state.retransmission.timeout / 2)
            self.enter(peer, replace(state, retransmission=soon, tries=state.tries - 1))
            return []
        self.enter(peer, state)
        actions: list[Action] = []
        if state.home_cookie is not None:
            actions.append(signalling.home_test_init(peer, state.home_cookie))
        if state.care_of_cookie is not None:
            actions.append(signalling.care_of_test_init(peer, self.place, state.care_of_cookie))
        return actions

    def _can_test(self, peer: Peer, now: float) -> bool:
        if self.place is None or not self.connected:
            return False
        return peer.leaving or self._owner.home_lifetime(peer.home, now) > 0

    def proceed(self, peer: Peer, now: float) -> list[Action]:
        """Go on when a token has come, if it was the last that is asked for."""
        state = peer.state
        assert isinstance(state, Testing)
        if state.home_cookie is not None or state.care_of_cookie is not None:
            return []
        return self.update(peer, now, None)

    def update(self, peer: Peer, now: float, before: Updating | None) -> list[Action]:
        """§11.7.2: tell the correspondent, and send from the new place at once if it had an old.

        Data that would take a shorter way than the update waits for the answer.
        """
        place = self.place
        assert place is not None
        tries = 1 if before is None else before.tries + 1
        stale = _missing(peer.home_token, now) or (
            _missing(peer.care_of_token, now) and not peer.leaving
        )
        if stale:
            return self.test(peer, now)
        wait = (
            Retransmission.after(now, self._config.initial_timeout)
            if before is None
            else before.retransmission.again(now, self._config.max_timeout)
        )
        if not peer.update_rate.take(now):
            self.enter(
                peer,
                Updating(Retransmission(peer.update_rate.ready_at(), wait.timeout / 2), tries - 1),
            )
            return []
        if peer.leaving:
            sent = signalling.deletion(peer, place, now)
        else:
            lifetime = self._lifetime(peer, now)
            peer.bound_until = max(peer.bound_until, now + lifetime)
            sent = signalling.binding_update(peer, place, lifetime, now)
        self.enter(peer, Updating(wait, tries))
        actions: list[Action] = [sent, self._sent(peer, place)]
        overtaking = self._paths.leads_elsewhere(peer.home, peer.address)
        if peer.bound_to is not None and not peer.leaving and not overtaking:
            actions += self._paths.leave_from(peer.home, peer.address, place.address)
        return actions

    def _lifetime(self, peer: Peer, now: float) -> float:
        """RFC 6275 §11.7.2: not beyond the binding of the home."""
        home = self._owner.home_lifetime(peer.home, now)
        return max(float(LIFETIME_UNIT), min(self._config.rr_lifetime, home))

    def accepted(self, peer: Peer, update: Update, granted: float, now: float) -> list[Action]:
        """Send data directly, for as long as the correspondent has ``granted`` (§11.7.3)."""
        peer.updates.clear()
        peer.reasserted = 0
        if peer.leaving:
            return self.forget(peer)
        lifetime = min(update.lifetime, granted)
        if update.sent_at + lifetime <= now:
            return self.give_up(peer, "accepted for no time", now)
        peer.bound_to, peer.bound_until = update.registered, update.sent_at + lifetime
        fraction = self._config.refresh_fraction
        renew_at = update.sent_at + fraction * min(lifetime, MAX_TOKEN_LIFETIME)
        self.enter(peer, Optimized(max(now, renew_at)))
        actions = self._paths.leave_from(peer.home, peer.address, update.registered)
        return [*actions, self.recorded("optimized", peer, care_of=spelled(update.registered))]

    def begin_anew(self, peer: Peer, status: int, now: float) -> list[Action]:
        """The correspondent has forgotten the nonces, or says so: get new tokens, a few times."""
        peer.updates.clear()
        if status != Status.EXPIRED_CARE_OF_NONCE_INDEX:
            peer.home_token = None
        if status != Status.EXPIRED_HOME_NONCE_INDEX:
            peer.care_of_token = None
        peer.reasserted += 1
        if peer.reasserted > MAX_RO_FAILURE:
            return self.give_up(peer, f"status {status}", now)
        return self.test(peer, now)

    def continue_from(self, peer: Peer, sequence: int, now: float) -> list[Action]:
        """Status 135: go on after the last number that the correspondent has accepted."""
        asked = next(reversed(peer.updates))
        peer.updates.clear()
        peer.reasserted += 1
        if is_newer(asked, sequence) or peer.reasserted > MAX_RO_FAILURE:
            return self.give_up(peer, "status 135", now)
        peer.sequence = sequence
        return self.update(peer, now, None)

    def lose(self, peer: Peer, why: str, now: float) -> list[Action]:
        """The binding is gone: send through the tunnel, and prove everything anew (§11.3.6)."""
        peer.bound_to, peer.bound_until = None, 0.0
        peer.updates.clear()
        peer.home_token = peer.care_of_token = None
        path = self.through_tunnel(peer)
        ended = self.recorded("optimization_ended", peer, why=why)
        if peer.leaving:
            return [*path, ended, *self.forget(peer)]
        return [*path, ended, *self.test(peer, now)]

    def unable(self, peer: Peer, now: float) -> list[Action]:
        """The correspondent knows nothing of route optimization, so it has no binding either."""
        peer.bound_until = 0.0
        return self.give_up(peer, "not supported", now)

    def give_up(self, peer: Peer, why: str, now: float) -> list[Action]:
        """Use the tunnel, and do not ask again for a while (RFC 6275 §11.7.2)."""
        path = self.through_tunnel(peer)
        peer.bound_to = None
        peer.updates.clear()
        peer.home_token = peer.care_of_token = None
        peer.reasserted = 0
        if peer.leaving:
            return [*path, *self.forget(peer)]
        self.enter(peer, Unsupported(now + self._config.optimize_again))
        return [*path, self.recorded("optimization_failed", peer, why=why)]

    def forget(self, peer: Peer) -> list[Action]:
        """Know nothing of the correspondent, so that it is reported when it is heard again."""
        self._deadlines.clear(peer)
        del self.peers[peer.home, peer.address]
        actions = self.through_tunnel(peer)
        if peer.bound_to is not None:
            actions.append(self.recorded("optimization_ended", peer, why="given up"))
        return [*actions, ForgetPeer(peer.home, peer.address)]

    def enter(self, peer: Peer, state: State) -> None:
        """Give ``peer`` its next state."""
        peer.state = state
        deadline = peer.deadline
        if deadline is None:
            self._deadlines.clear(peer)
        else:
            self._deadlines.set(peer, deadline)

    def _sent(self, peer: Peer, place: Place) -> Record:
        return self.recorded(
            "binding_sent", peer, care_of=spelled(place.address), sequence=peer.sequence
        )

    def recorded(self, event: str, peer: Peer, **details: object) -> Record:
        """Return a record about ``peer``."""
        about = {"home_address": spelled(peer.home), "peer": spelled(peer.address)}
        return Record(event, {"node": self._config.identifier, **about, **details})


def _missing(token: Token | None, now: float) -> bool:
    return token is None or not token.fresh(now)
