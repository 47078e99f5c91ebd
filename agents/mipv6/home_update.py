"""Binding Updates to home agents, and the answers that match them (RFC 6275 §11.7.1, §11.7.3)."""

from __future__ import annotations

from agents.core.actions import SendMessage
from agents.core.events import MessageReceived
from agents.mipv6.authentication import Authenticator, timestamp_at
from agents.mipv6.binding_cache import is_newer
from agents.mipv6.homes import Asked, Home
from agents.mipv6.places import Place, link_local
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag, IdentifierSubtype, Status
from agents.wire.options import MobileNodeIdentifier, MobilityMessageReplayProtection

_FLAGS = int(BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.HOME)
_LINK_LOCAL = int(BindingUpdateFlag.LINK_LOCAL)
_LOW_HALF = (1 << 32) - 1
_REMEMBERED = 8


class HomeUpdates:
    """Makes the updates of one mobile node, and judges what answers them."""

    def __init__(
        self, identifier: str, authenticator: Authenticator, link_layers: tuple[bytes, ...]
    ) -> None:
        self._named = MobileNodeIdentifier(int(IdentifierSubtype.NAI), identifier.encode())
        self._authenticator = authenticator
        self._interface_identifiers = {link_local(each)[8:] for each in link_layers}
        self._last_timestamp = 0
        self._clock_offset = 0.0

    def update(self, home: Home, place: Place, units: int, now: float) -> SendMessage:
        """Return the next update of ``home`` from ``place``; it is remembered in the home."""
        assert home.agent is not None
        home.sequence = (home.sequence + 1) & 0xFFFF
        asked = Asked(home.sequence, now, units, place.address, self._timestamp(now))
        home.asked[asked.sequence] = asked
        if len(home.asked) > _REMEMBERED:
            del home.asked[next(iter(home.asked))]
        options = list(home.options())
        if self._authenticator.enabled:
            options.append(self._named)
        message = self._authenticator.sign(
            BindingUpdate(asked.sequence, self._flags(home), units, tuple(options)),
            asked.timestamp,
            place.address,
            home.address,
        )
        if place.address == home.address:  # RFC 6275 §11.5.5: straight over the home link
            router = place.router_link_layer
            return SendMessage(message, home.address, home.agent, place.interface, router)
        return SendMessage(message, place.address, home.agent, home_address=home.address)

    def asked_by(self, home: Home, event: MessageReceived) -> Asked | str:
        """Return the update that is answered, or why the answer is not to be believed."""
        message = event.message
        out_of_window = message.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
        if out_of_window and home.asked:
            asked = next(reversed(home.asked.values()))
            if is_newer(asked.sequence, message.sequence):
                return "refused as old, but newer than what is said to be accepted"
        elif message.sequence in home.asked:
            asked = home.asked[message.sequence]
        else:
            return "acknowledgement that no update awaits"
        if (event.routed_to is None) != (asked.care_of == home.address):
            return "acknowledgement with the wrong routing header"
        if not self._authenticator.verify(event, asked.care_of, home.address):
            return "acknowledgement that is not authentic"
        return asked if self._is_fresh(event, asked) else "acknowledgement of another time"

    def set_clock(self, event: MessageReceived, asked: Asked) -> None:
        """Take the agent's clock over, after status 144 (RFC 4285 §6)."""
        theirs = _timestamp_of(event)
        if theirs is not None:
            self._clock_offset += ((theirs >> 32) - (asked.timestamp >> 32)) * 1.0
            self._last_timestamp = 0

    def _timestamp(self, now: float) -> int:
        timestamp = max(timestamp_at(now + self._clock_offset), self._last_timestamp + 1)
        self._last_timestamp = timestamp
        return timestamp

    def _flags(self, home: Home) -> int:
        """L where the home address has the interface identifier of a link-local address."""
        return _FLAGS | _LINK_LOCAL if home.address[8:] in self._interface_identifiers else _FLAGS

    def _is_fresh(self, event: MessageReceived, asked: Asked) -> bool:
        """RFC 4285 §6: the timestamp comes back; with status 144 its upper half is corrected."""
        if not self._authenticator.enabled:
            return True
        timestamp = _timestamp_of(event)
        if timestamp is None:
            return False
        if event.message.status == Status.MIPV6_ID_MISMATCH:
            return timestamp & _LOW_HALF == asked.timestamp & _LOW_HALF
        return event.message.status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW or (
            timestamp == asked.timestamp
        )


def home_of(event: MessageReceived) -> Address:
    """Return the home address that an acknowledgement is about."""
    return event.routed_to or event.destination


def _timestamp_of(event: MessageReceived) -> int | None:
    for option in event.message.options:
        if isinstance(option, MobilityMessageReplayProtection):
            return option.timestamp
    return None
