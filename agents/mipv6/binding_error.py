"""Binding Errors: what a peer is told that uses what this node does not know (RFC 6275 §9.3.3)."""

from __future__ import annotations

from agents.core.actions import Action, Drop, SendMessage
from agents.core.events import HomeAddressUnknown, MessageReceived
from agents.core.rate import TokenBucket
from agents.core.text import spelled
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.messages import BindingError
from agents.wire.numbers import BindingErrorStatus

ERRORS_PER_SECOND, ERRORS_AT_ONCE = 10, 20
"""How many errors one node sends (RFC 6275 §9.3.3 asks for the limit of RFC 4443 §2.4)."""

_MULTICAST = 0xFF


class ErrorReporter:
    """Sends Binding Errors, at a limited rate, to those who can be told."""

    def __init__(self) -> None:
        self._errors = TokenBucket(ERRORS_PER_SECOND, ERRORS_AT_ONCE)

    def unknown_binding(self, event: HomeAddressUnknown, now: float) -> list[Action]:
        """Answer a Home Address option for which no binding stands (RFC 6275 §9.3.1)."""
        status = BindingErrorStatus.UNKNOWN_BINDING_FOR_HOME_ADDRESS_OPTION
        return self._report(status, event.home_address, event.source, event.destination, now)

    def unknown_type(self, event: MessageReceived, now: float) -> list[Action]:
        """Answer a message of a type that this node does not process (RFC 6275 §9.2)."""
        status = BindingErrorStatus.UNRECOGNIZED_MH_TYPE
        home_address = event.home_address or UNSPECIFIED
        return self._report(status, home_address, event.source, event.destination, now)

    def _report(
        self,
        status: BindingErrorStatus,
        home_address: Address,
        source: Address,
        destination: Address,
        now: float,
    ) -> list[Action]:
        dropped = Drop(status.name.lower().replace("_", " "), {"source": spelled(source)})
        if _MULTICAST in (source[0], destination[0]) or source == UNSPECIFIED:
            return [dropped]
        if not self._errors.take(now):
            return [dropped]
        error = BindingError(int(status), home_address)
        return [SendMessage(error, destination, source), dropped]
