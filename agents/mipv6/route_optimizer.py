"""Route optimization from the mobile node's side: the steps (RFC 6275 §11.6, §11.7.2, §11.7.3)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it
from typing import Protocol

from agents.core.actions import Action, Drop, ForgetPeer, Record
from agents.core.deadlines import Deadlines
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6 import correspondent_update as signalling
from agents.mipv6.binding_cache import LIFETIME_UNIT, is_newer
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
from agents.mipv6.reachability import is_routable
from agents.wire.address import Address
from agents.wire.numbers import Status

MAX_RO_FAILURE = 3
"""Tries without success after which a correspondent counts as unable (RFC 6275 §12)."""

MAX_PEERS = 256
"""Correspondents remembered at once: whoever sends to a home address makes one."""

STARTS_PER_SECOND, STARTS_AT_ONCE = 10, 20
"""How many tests may be started because others ask for them, or seem to."""

_ACCEPTED_BELOW = 128
_EXPIRED_NONCES = (
    Status.EXPIRED_HOME_NONCE_INDEX,
    Status.EXPIRED_CARE_OF_NONCE_INDEX,
    Status.EXPIRED_NONCES,
)


class OptimizerOwner(Protocol):
    """What the optimizer asks of the mobile node."""

    def home_lifetime(self, home: Address, now: float) -> float:
        """Return for how many seconds the binding of ``home`` still stands, 0 where none does."""
        ...


class RouteOptimizer:
    """Binds the places of this node at the correspondents of its home addresses."""

    def __init__(
        self, config: MobileConfig, random: Random, paths: DataPaths, owner: OptimizerOwner
    ) -> None:
        self._config = config
        self._random = random
        self._paths = paths
        self._owner = owner
        self._place: Place | None = None
        self._connected = False
        self._peers: dict[tuple[Address, Address], Peer] = {}
        self._starts = TokenBucket(STARTS_PER_SECOND, STARTS_AT_ONCE)
        self._deadlines: Deadlines[Peer] = Deadlines()
        self.deadline = self._deadlines.next

    def peers(self) -> tuple[Peer, ...]:
        """Return all correspondents that are known."""
        return tuple(self._peers.values())

    # --- what others say ----------------------------------------------------------------------

    def start(self, home: Address, address: Address, now: float) -> list[Action]:
        """Begin with the correspondent at ``address``, unless it is known."""
        if (home, address) in self._peers or not is_routable(address):
            return []
        if len(self._peers) >= MAX_PEERS or not self._starts.take(now):
            return [Drop("too many correspondents", {"peer": spelled(address)})]
        peer = Peer(home, address, self._random.randrange(1 << 16))
        self._peers[home, address] = peer
        details = {"node": self._config.identifier, "peer": spelled(address)}
        started = Record("optimization_started", {**details, "home_address": spelled(home)})
        return [started, *self._test(peer, now)]

    def moved(self, place: Place, now: float) -> list[Action]:
        """Send through tunnels until the correspondents know ``place`` (RFC 6275 §11.3.1)."""
        self._place, self._connected = place, True
        actions: list[Action] = []
        for peer in self.peers():
            peer.updates.clear()
            peer.care_of_token = None
            if not isinstance(peer.state, Unsupported) or peer.may_be_bound(now):
                actions += self._from_here(peer, now)
        return actions

    def lost(self) -> None:
        """Send nothing for now."""
        self._connected = False

    def resumed(self, now: float) -> list[Action]:
        """Ask again what may have been lost with the link."""
        self._connected = True
        waiting = (Testing, Updating, Paused)
        asked = [peer for peer in self.peers() if isinstance(peer.state, waiting)]
        return [action for peer in asked for action in self._test(peer, now)]

    def home_bound(self, home: Address, now: float) -> list[Action]:
        """Begin with those who wait for the binding of ``home``."""
        waiting = [peer for peer in self._of(home) if isinstance(peer.state, Paused)]
        return [action for peer in waiting for action in self._test(peer, now)]

    def home_unbound(self, home: Address, now: float) -> list[Action]:
        """Wait with the correspondents of ``home`` that have a binding, and forget the others."""
        actions: list[Action] = []
        for peer in self._of(home):
            if peer.may_be_bound(now):
                actions += self._paths.leave_from(home, peer.address, None)
                self._enter(peer, Paused())
            elif not isinstance(peer.state, Unsupported):
                actions += self._forget(peer)
        return actions

    def home_left(self, home: Address, now: float) -> list[Action]:
        """Delete the bindings of ``home``, which is being given up, where tokens still allow."""
        actions: list[Action] = []
        for peer in self._of(home):
            token = peer.home_token
            if self._place is not None and peer.bound_to and token and token.fresh(now):
                actions.append(signalling.deletion(peer, self._place, now))
            actions += self._forget(peer)
        return actions

    # --- what correspondents say --------------------------------------------------------------

    def home_tested(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Home Test (RFC 6275 §11.6.2)."""
        peer = self._peers.get((event.destination, event.source))
        state = None if peer is None else peer.state
        message = event.message
        if peer is None or not isinstance(state, Testing) or state.home_cookie != message.cookie:
            return [_dropped("home test that was not asked for", event)]
        peer.home_token = Token(message.token, message.nonce_index, now)
        self._enter(peer, Testing(None, state.care_of_cookie, state.retransmission, state.tries))
        return self._proceed(peer, now)

    def care_of_tested(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Care-of Test (RFC 6275 §11.6.2)."""
        message = event.message
        for peer in self.peers():
            state = peer.state
            if (
                isinstance(state, Testing)
                and peer.address == event.source
                and state.care_of_cookie == message.cookie
                and self._place is not None
                and event.destination == self._place.address
            ):
                peer.care_of_token = Token(message.token, message.nonce_index, now)
                state = Testing(state.home_cookie, None, state.retransmission, state.tries)
                self._enter(peer, state)
                return self._proceed(peer, now)
        return [_dropped("care-of test that was not asked for", event)]

    def acknowledged(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an answer to an update (RFC 6275 §11.7.3)."""
        answer = event.message
        peer = self._peers.get(signalling.home_and_peer(event))
        if peer is None or not isinstance(peer.state, Updating):
            return [_dropped("acknowledgement that no update awaits", event)]
        update = peer.updates.get(answer.sequence)
        if answer.status in _EXPIRED_NONCES:
            return (
                [_dropped("acknowledgement that no update awaits", event)]
                if (update is None)
                else self._begin_anew(peer, answer.status, now)
            )
        if answer.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW:
            update = next(reversed(peer.updates.values()), None)
        if update is None:
            return [_dropped("acknowledgement that no update awaits", event)]
        if not signalling.is_authorized(update, event):
            return [_dropped("acknowledgement that is not authentic", event)]
        if answer.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW:
            return self._continue_from(peer, answer.sequence, now)
        if answer.status >= _ACCEPTED_BELOW:
            return self._give_up(peer, f"status {answer.status}", now)
        return self._accepted(peer, update, answer.lifetime * LIFETIME_UNIT, now)

    def refresh_asked(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Refresh Request (RFC 6275 §11.7.4)."""
        peer = self._peers.get((event.destination, event.source))
        if peer is None or not isinstance(peer.state, Optimized):
            return [_dropped("refresh request for no binding", event)]
        if not self._starts.take(now):
            return [_dropped("too many requests", event)]
        return self._renew(peer, now)

    def binding_unknown(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Error of status 1: the correspondent has lost the binding (§11.3.6)."""
        peer = self._peers.get((event.message.home_address, event.source))
        if peer is None or peer.bound_to is None or isinstance(peer.state, Updating):
            return [_dropped("binding error for no binding", event)]
        if not self._starts.take(now):
            return [_dropped("too many binding errors", event)]
        return self._lose(peer, "binding error", now)

    def not_understood(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Error of status 2: the correspondent knows no such message (§11.3.6)."""
        for peer in self.peers():
            if peer.address == event.source and isinstance(peer.state, Testing | Updating):
                return self._unable(peer, now)
        return [_dropped("binding error for no message", event)]

    def problem(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an ICMPv6 Parameter Problem: believed if it holds what only the peer has seen."""
        invoking, known = event.message.invoking, False
        for peer in self.peers():
            state = peer.state
            if peer.address != event.source:
                continue
            if isinstance(state, Unsupported):
                known = True  # of the two test messages each is answered; other homes may test
            elif isinstance(state, Testing):
                cookies = (state.home_cookie, state.care_of_cookie)
                if any(cookie is not None and cookie in invoking for cookie in cookies):
                    return self._unable(peer, now)
            elif peer.bound_to is not None and peer.home in invoking and self._starts.take(now):
                return self._lose(peer, "parameter problem", now)
        return [] if known else [_dropped("parameter problem for no message", event)]

    # --- time ---------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Action]:
        """Do what has become due."""
        actions: list[Action] = []
        for peer in self._deadlines.due(now):
            actions += self._due(peer, now)
        return actions

    def _due(self, peer: Peer, now: float) -> list[Action]:
        if peer.bound_until and peer.bound_until <= now:
            return self._expire(peer, now)
        match peer.state:
            case Unsupported() if peer.may_be_bound(now):
                return self._test(peer, now)
            case Unsupported():
                return self._forget(peer)
            case Optimized():
                return self._renew(peer, now)
            case Testing(tries=tries) | Updating(tries=tries) if (
                tries >= MAX_RO_FAILURE and peer.bound_to is None and not peer.leaving
            ):
                return self._give_up(peer, "no answer", now)
            case Testing():
                return self._test_again(peer, peer.state, now)
            case Updating():
                return self._update(peer, now, peer.state)
        return []

    def _expire(self, peer: Peer, now: float) -> list[Action]:
        """The correspondent has no binding any more, whatever it had."""
        peer.bound_until = 0.0
        if peer.bound_to is not None:
            return self._lose(peer, "expired", now)
        if peer.leaving or isinstance(peer.state, Paused):
            return self._forget(peer)
        self._enter(peer, peer.state)
        return []

    # --- steps --------------------------------------------------------------------------------

    def _from_here(self, peer: Peer, now: float) -> list[Action]:
        place = self._place
        assert place is not None
        if place.address == peer.home:
            peer.leaving = True
            path = self._paths.leave_from(peer.home, peer.address, None)
            if not peer.may_be_bound(now):
                return [*path, *self._forget(peer)]
            return [*path, *self._test(peer, now)]
        peer.leaving = False
        path = self._paths.leave_from(peer.home, peer.address, None)
        return [*path, *self._test(peer, now)]

    def _test(self, peer: Peer, now: float) -> list[Action]:
        """§11.6.1: ask for the tokens that are missing, both at once."""
        wait = Retransmission.after(now, self._config.initial_timeout)
        return self._ask(peer, wait, 1, now)

    def _test_again(self, peer: Peer, state: Testing, now: float) -> list[Action]:
        """§11.8: with new cookies, ever more slowly."""
        wait = state.retransmission.again(now, self._config.max_timeout)
        return self._ask(peer, wait, state.tries + 1, now, state)

    def _renew(self, peer: Peer, now: float) -> list[Action]:
        """Ask for both tokens while the old ones are still good for a move."""
        wait = Retransmission.after(now, self._config.initial_timeout)
        cookies = (new := signalling.new_cookie)(self._random), new(self._random)
        return self._send_tests(peer, Testing(*cookies, wait, 1))

    def _ask(
        self,
        peer: Peer,
        wait: Retransmission,
        tries: int,
        now: float,
        before: Testing | None = None,
    ) -> list[Action]:
        if not self._can_test(peer, now):
            self._enter(peer, Paused())
            return []
        home = _missing(peer.home_token, now)
        care_of = _missing(peer.care_of_token, now) and not peer.leaving
        if before is not None:
            home = home or before.home_cookie is not None
            care_of = care_of or before.care_of_cookie is not None
        if not home and not care_of:
            return self._update(peer, now, None)
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
        )

    def _send_tests(self, peer: Peer, state: Testing) -> list[Action]:
        assert self._place is not None
        self._enter(peer, state)
        actions: list[Action] = []
        if state.home_cookie is not None:
            actions.append(signalling.home_test_init(peer, state.home_cookie))
        if state.care_of_cookie is not None:
            actions.append(signalling.care_of_test_init(peer, self._place, state.care_of_cookie))
        return actions

    def _can_test(self, peer: Peer, now: float) -> bool:
        if self._place is None or not self._connected:
            return False
        return peer.leaving or self._owner.home_lifetime(peer.home, now) > 0

    def _proceed(self, peer: Peer, now: float) -> list[Action]:
        state = peer.state
        assert isinstance(state, Testing)
        if state.home_cookie is not None or state.care_of_cookie is not None:
            return []
        return self._update(peer, now, None)

    def _update(self, peer: Peer, now: float, before: Updating | None) -> list[Action]:
        """§11.7.2: tell the correspondent, and send from the new place at once if it had an old.

        Data that would take a shorter way than the update waits for the answer.
        """
        place = self._place
        assert place is not None
        tries = 1 if before is None else before.tries + 1
        stale = _missing(peer.home_token, now) or (
            _missing(peer.care_of_token, now) and not peer.leaving
        )
        if stale:
            return self._test(peer, now)
        wait = (
            Retransmission.after(now, self._config.initial_timeout)
            if before is None
            else before.retransmission.again(now, self._config.max_timeout)
        )
        if not peer.rate.take(now):
            self._enter(
                peer, Updating(Retransmission(peer.rate.ready_at(), wait.timeout / 2), tries - 1)
            )
            return []
        if peer.leaving:
            sent = signalling.deletion(peer, place, now)
        else:
            lifetime = self._lifetime(peer, now)
            peer.bound_until = max(peer.bound_until, now + lifetime)
            sent = signalling.binding_update(peer, place, lifetime, now)
        self._enter(peer, Updating(wait, tries))
        actions: list[Action] = [sent, self._sent(peer, place)]
        overtaking = self._paths.leads_elsewhere(peer.home, peer.address)
        if peer.bound_to is not None and not peer.leaving and not overtaking:
            actions += self._paths.leave_from(peer.home, peer.address, place.address)
        return actions

    def _lifetime(self, peer: Peer, now: float) -> float:
        """RFC 6275 §11.7.2: not beyond the binding of the home."""
        home = self._owner.home_lifetime(peer.home, now)
        return max(float(LIFETIME_UNIT), min(self._config.rr_lifetime, home))

    def _accepted(self, peer: Peer, update: Update, granted: float, now: float) -> list[Action]:
        peer.updates.clear()
        peer.reasserted = 0
        if peer.leaving:
            return self._forget(peer)
        lifetime = min(update.lifetime, granted)
        if update.sent_at + lifetime <= now:
            return self._give_up(peer, "accepted for no time", now)
        peer.bound_to, peer.bound_until = update.registered, update.sent_at + lifetime
        fraction = self._config.refresh_fraction
        renew_at = update.sent_at + fraction * min(lifetime, MAX_TOKEN_LIFETIME)
        self._enter(peer, Optimized(max(now, renew_at)))
        actions = self._paths.leave_from(peer.home, peer.address, update.registered)
        return [*actions, self._recorded("optimized", peer, care_of=spelled(update.registered))]

    def _begin_anew(self, peer: Peer, status: int, now: float) -> list[Action]:
        """The correspondent has forgotten the nonces, or says so: get new tokens, a few times."""
        peer.updates.clear()
        if status != Status.EXPIRED_CARE_OF_NONCE_INDEX:
            peer.home_token = None
        if status != Status.EXPIRED_HOME_NONCE_INDEX:
            peer.care_of_token = None
        peer.reasserted += 1
        if peer.reasserted > MAX_RO_FAILURE:
            return self._give_up(peer, f"status {status}", now)
        return self._test(peer, now)

    def _continue_from(self, peer: Peer, sequence: int, now: float) -> list[Action]:
        """Status 135: go on after the last number that the correspondent has accepted."""
        asked = next(reversed(peer.updates))
        peer.updates.clear()
        peer.reasserted += 1
        if is_newer(asked, sequence) or peer.reasserted > MAX_RO_FAILURE:
            return self._give_up(peer, "status 135", now)
        peer.sequence = sequence
        return self._update(peer, now, None)

    def _lose(self, peer: Peer, why: str, now: float) -> list[Action]:
        """The binding is gone: send through the tunnel, and prove everything anew (§11.3.6)."""
        peer.bound_to, peer.bound_until = None, 0.0
        peer.updates.clear()
        peer.home_token = peer.care_of_token = None
        path = self._paths.leave_from(peer.home, peer.address, None)
        ended = self._recorded("optimization_ended", peer, why=why)
        if peer.leaving:
            return [*path, ended, *self._forget(peer)]
        return [*path, ended, *self._test(peer, now)]

    def _unable(self, peer: Peer, now: float) -> list[Action]:
        peer.bound_until = 0.0
        return self._give_up(peer, "not supported", now)

    def _give_up(self, peer: Peer, why: str, now: float) -> list[Action]:
        """Use the tunnel, and do not ask again for a while (RFC 6275 §11.7.2)."""
        path = self._paths.leave_from(peer.home, peer.address, None)
        peer.bound_to = None
        peer.updates.clear()
        peer.home_token = peer.care_of_token = None
        peer.reasserted = 0
        if peer.leaving:
            return [*path, *self._forget(peer)]
        self._enter(peer, Unsupported(now + self._config.optimize_again))
        return [*path, self._recorded("optimization_failed", peer, why=why)]

    def _forget(self, peer: Peer) -> list[Action]:
        """Know nothing of the correspondent, so that it is reported when it is heard again."""
        self._deadlines.clear(peer)
        del self._peers[peer.home, peer.address]
        actions = self._paths.leave_from(peer.home, peer.address, None)
        if peer.bound_to is not None:
            actions.append(self._recorded("optimization_ended", peer, why="given up"))
        return [*actions, ForgetPeer(peer.home, peer.address)]

    def _of(self, home: Address) -> list[Peer]:
        return [peer for peer in self._peers.values() if peer.home == home]

    def _enter(self, peer: Peer, state: State) -> None:
        peer.state = state
        deadline = peer.deadline
        if deadline is None:
            self._deadlines.clear(peer)
        else:
            self._deadlines.set(peer, deadline)

    def _sent(self, peer: Peer, place: Place) -> Record:
        return self._recorded(
            "binding_sent", peer, care_of=spelled(place.address), sequence=peer.sequence
        )

    def _recorded(self, event: str, peer: Peer, **details: object) -> Record:
        about = {"home_address": spelled(peer.home), "peer": spelled(peer.address)}
        return Record(event, {"node": self._config.identifier, **about, **details})


def _missing(token: Token | None, now: float) -> bool:
    return token is None or not token.fresh(now)


def _dropped(reason: str, event: MessageReceived) -> Drop:
    details = {"source": spelled(event.source), "message": type(event.message).__name__}
    return Drop(reason, details)
