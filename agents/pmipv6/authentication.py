"""Signalling authenticated by the option of RFC 4285, where a key is configured."""

from __future__ import annotations

from typing import Any

from agents.core.events import MessageReceived
from agents.core.security import SecurityAssociation
from agents.wire import authentication, mobility
from agents.wire.address import UNSPECIFIED, Address


class Authenticator:
    """Signs and verifies with one key, or lets everything pass where there is none.

    The care-of address of RFC 4285 §5.1 is the gateway's end of the exchange; as home address,
    which a proxy registration lacks, both ends take the unspecified one.
    """

    def __init__(self, association: SecurityAssociation | None) -> None:
        self._association = association

    def sign(self, message: Any, gateway: Address) -> Any:
        """Return ``message`` as it goes out, to or from ``gateway``."""
        if self._association is None:
            return message
        return authentication.authenticate(
            message, self._association.key, self._association.spi, gateway, UNSPECIFIED
        )

    def verify(self, event: MessageReceived, gateway: Address) -> bool:
        """Say whether the message received may be trusted."""
        if self._association is None:
            return True
        octets = event.octets or mobility.emit_unsummed(event.message)
        return authentication.verifies(
            octets, self._association.key, self._association.spi, gateway, UNSPECIFIED
        )
