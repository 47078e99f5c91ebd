"""What correspondents say to a mobile node (RFC 6275 §11.3.6, §11.6.2, §11.7.3, §11.7.4)."""

from __future__ import annotations

from agents.core.actions import Action, Drop
from agents.core.events import MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.mipv6 import correspondent_update as signalling
from agents.mipv6.optimized_peers import (
    Optimized,
    Peer,
    Testing,
    Token,
    Unsupported,
    Update,
    Updating,
)
from agents.mipv6.peer_steps import PeerSteps
from agents.wire.messages import BindingAcknowledgement
from agents.wire.numbers import LIFETIME_UNIT, Status

_ACCEPTED_BELOW = 128
_EXPIRED_NONCES = (
    Status.EXPIRED_HOME_NONCE_INDEX,
    Status.EXPIRED_CARE_OF_NONCE_INDEX,
    Status.EXPIRED_NONCES,
)


class PeerAnswers:
    """Believes what only the correspondent can know, and drops the rest.

    ``starts`` bounds what messages that anybody could have sent make this node do.
    """

    def __init__(self, steps: PeerSteps, starts: TokenBucket) -> None:
        self._steps = steps
        self._starts = starts

    def home_tested(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Home Test (RFC 6275 §11.6.2)."""
        peer = self._steps.peers.get((event.destination, event.source))
        state = None if peer is None else peer.state
        message = event.message
        if peer is None or not isinstance(state, Testing) or state.home_cookie != message.cookie:
            return [_dropped("home test that was not asked for", event)]
        peer.home_token = Token(message.token, message.nonce_index, now)
        self._steps.enter(
            peer, Testing(None, state.care_of_cookie, state.retransmission, state.tries)
        )
        return self._steps.proceed(peer, now)

    def care_of_tested(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Care-of Test (RFC 6275 §11.6.2)."""
        message, place = event.message, self._steps.place
        here = None if place is None else place.address
        for peer in tuple(self._steps.peers.values()):
            state = peer.state
            if (
                isinstance(state, Testing)
                and peer.address == event.source
                and state.care_of_cookie == message.cookie
                and event.destination == here
            ):
                peer.care_of_token = Token(message.token, message.nonce_index, now)
                state = Testing(state.home_cookie, None, state.retransmission, state.tries)
                self._steps.enter(peer, state)
                return self._steps.proceed(peer, now)
        return [_dropped("care-of test that was not asked for", event)]

    def acknowledged(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an answer to an update (RFC 6275 §11.7.3)."""
        answer = event.message
        peer = self._steps.peers.get(signalling.home_and_peer(event))
        update = None if peer is None else _answered(peer, answer)
        if peer is None or update is None:
            return [_dropped("acknowledgement that no update awaits", event)]
        if answer.status in _EXPIRED_NONCES:  # which cannot be proved (RFC 6275 §9.5.4)
            return self._steps.begin_anew(peer, answer.status, now)
        if not signalling.is_authorized(update, event):
            return [_dropped("acknowledgement that is not authentic", event)]
        if answer.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW:
            return self._steps.continue_from(peer, answer.sequence, now)
        if answer.status >= _ACCEPTED_BELOW:
            return self._steps.give_up(peer, f"status {answer.status}", now)
        return self._steps.accepted(peer, update, answer.lifetime * LIFETIME_UNIT, now)

    def refresh_asked(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Refresh Request (RFC 6275 §11.7.4)."""
        peer = self._steps.peers.get((event.destination, event.source))
        if peer is None or not isinstance(peer.state, Optimized):
            return [_dropped("refresh request for no binding", event)]
        if not self._starts.take(now):
            return [_dropped("too many requests", event)]
        return self._steps.renew(peer, now)

    def binding_unknown(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Error of status 1: the correspondent has lost the binding (§11.3.6)."""
        peer = self._steps.peers.get((event.message.home_address, event.source))
        if peer is None or peer.bound_to is None or isinstance(peer.state, Updating):
            return [_dropped("binding error for no binding", event)]
        if not self._starts.take(now):
            return [_dropped("too many binding errors", event)]
        return self._steps.lose(peer, "binding error", now)

    def not_understood(self, event: MessageReceived, now: float) -> list[Action]:
        """Take a Binding Error of status 2: the correspondent knows no such message (§11.3.6)."""
        for peer in tuple(self._steps.peers.values()):
            if peer.address == event.source and isinstance(peer.state, Testing | Updating):
                return self._steps.unable(peer, now)
        return [_dropped("binding error for no message", event)]

    def problem(self, event: MessageReceived, now: float) -> list[Action]:
        """Take an ICMPv6 Parameter Problem: believed if it holds what only the peer has seen."""
        invoking, known = event.message.invoking, False
        for peer in tuple(self._steps.peers.values()):
            state = peer.state
            if peer.address != event.source:
                continue
            if isinstance(state, Unsupported):
                known = True  # of the two test messages each is answered; other homes may test
            elif isinstance(state, Testing):
                cookies = (state.home_cookie, state.care_of_cookie)
                if any(cookie is not None and cookie in invoking for cookie in cookies):
                    return self._steps.unable(peer, now)
            elif peer.bound_to is not None and peer.home in invoking and self._starts.take(now):
                return self._steps.lose(peer, "parameter problem", now)
        return [] if known else [_dropped("parameter problem for no message", event)]


def _answered(peer: Peer, answer: BindingAcknowledgement) -> Update | None:
    if not isinstance(peer.state, Updating):
        return None
    if answer.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW:  # it holds the last one accepted
        return next(reversed(peer.updates.values()), None)
    return peer.updates.get(answer.sequence)


def _dropped(reason: str, event: MessageReceived) -> Drop:
    details = {"source": spelled(event.source), "message": type(event.message).__name__}
    return Drop(reason, details)
