"""The MN-HA authentication option (RFC 4285 §5.1) as pure functions of messages and octets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.wire import seal
from agents.wire.address import Address
from agents.wire.codec import DEFAULT, Codec
from agents.wire.numbers import AuthenticationSubtype
from agents.wire.options import MobilityMessageAuthentication


def authenticate(
    message: Any,
    key: bytes,
    spi: int,
    care_of_address: Address,
    home_address: Address,
    codec: Codec = DEFAULT,
) -> Any:
    """Return ``message`` with a MobilityMessageAuthentication option as its last.

    Both ends must take the same two addresses; a proxy registration has no home address of its
    own, so its ends agree on one (RFC 4285 knows mobile nodes only).
    """
    blank = MobilityMessageAuthentication(AuthenticationSubtype.MN_HA, spi, bytes(seal.SIZE))
    value = seal.over(message, blank, key, care_of_address + home_address, codec)
    return replace(message, options=(*message.options, replace(blank, data=value)))


def verifies(
    octets: bytes,
    key: bytes,
    spi: int,
    care_of_address: Address,
    home_address: Address,
    codec: Codec = DEFAULT,
) -> bool:
    """Say whether the Mobility Header ``octets`` end in the right authenticator under ``spi``.

    False where the option is missing, not the last or of another SPI; WireError where the octets
    are no message.
    """
    option = seal.last_option(octets, codec)
    if not isinstance(option, MobilityMessageAuthentication) or option.spi != spi:
        return False
    return seal.matches(octets, option.data, key, care_of_address + home_address)
