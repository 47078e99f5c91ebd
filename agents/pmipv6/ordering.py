"""Old updates move nothing: ordering by timestamp, else by sequence number (RFC 5213 §5.5)."""

from __future__ import annotations

from agents.pmipv6.binding_cache import Accepted, Binding
from agents.pmipv6.request import Request
from agents.wire.numbers import Status

TIMESTAMP_UNITS = 65536
"""Timestamp units in a second (RFC 5213 §8.8)."""

_SEQUENCE_NUMBERS = 1 << 16
_NEWER = 1 << 15


class Ordering:
    """Judges each update against the last accepted one of the same session.

    What was accepted last for an interface is remembered beyond its binding, so that an update
    of a deleted session cannot bring it back.
    """

    def __init__(self, validity_window: float) -> None:
        self._window = validity_window * TIMESTAMP_UNITS
        self._past: dict[tuple[bytes | None, bytes], Accepted] = {}

    def judge(self, request: Request, binding: Binding | None) -> Status | None:
        """Return the status that refuses ``request`` for its age, or None."""
        last = self.last(request, binding)
        if request.timestamp is None:
            return _judge_sequence(request.message.sequence, last)
        # In the order of §5.5, items 8 and 9: too old tells more than outside the window.
        if last is not None and _not_newer(request, last):
            return Status.TIMESTAMP_LOWER_THAN_PREV_ACCEPTED
        if abs(request.timestamp - request.at * TIMESTAMP_UNITS) > self._window:
            return Status.TIMESTAMP_MISMATCH
        return None

    def last(self, request: Request, binding: Binding | None) -> Accepted | None:
        """Return what was last accepted for the session that ``request`` is about."""
        if binding is not None:
            return binding.accepted
        return self._past.get(request.interface)

    def forget(self, binding: Binding) -> None:
        """Keep only what is needed of a deleted ``binding``."""
        self._past[binding.identifier, binding.link_layer] = binding.accepted


def accepted_of(request: Request, last: Accepted | None = None) -> Accepted:
    """Return what orders later updates once ``request`` is accepted.

    A request that had to wait may be older than the ``last`` one, which it does not undo.
    """
    timestamp = request.timestamp or 0
    if last is not None and last.timestamp > timestamp:
        timestamp = last.timestamp
    return Accepted(timestamp, request.message.sequence, request.care_of)


def _not_newer(request: Request, last: Accepted) -> bool:
    timestamp = request.timestamp or 0
    # Two gateways can act in the same instant, the old releasing and the new registering; equal
    # timestamps of one gateway are one message twice.
    return timestamp < last.timestamp or (
        timestamp == last.timestamp and request.care_of == last.care_of
    )


def _judge_sequence(sequence: int, last: Accepted | None) -> Status | None:
    """RFC 6275 §9.5.1: newer means in the half of the circle that follows the last accepted."""
    if last is None or 0 < (sequence - last.sequence) % _SEQUENCE_NUMBERS < _NEWER:
        return None
    return Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
