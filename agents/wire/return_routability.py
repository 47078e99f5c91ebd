"""Return routability: keygen tokens, the binding key and its authenticator (RFC 6275 §5.2)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any

from agents.wire import seal
from agents.wire.address import Address
from agents.wire.codec import DEFAULT, Codec
from agents.wire.options import BindingAuthorizationData

_TOKEN_SIZE = 8


def home_keygen_token(node_key: bytes, home_address: Address, nonce: bytes) -> bytes:
    """Return the token that a Home Test carries (RFC 6275 §5.2.5); ``node_key`` is Kcn."""
    return _token(node_key, home_address, nonce, b"\0")


def care_of_keygen_token(node_key: bytes, care_of_address: Address, nonce: bytes) -> bytes:
    """Return the token that a Care-of Test carries (RFC 6275 §5.2.5); ``node_key`` is Kcn."""
    return _token(node_key, care_of_address, nonce, b"\1")


def binding_management_key(home_token: bytes, care_of_token: bytes = b"") -> bytes:
    """Return Kbm, from the home token alone where a binding is deleted (RFC 6275 §5.2.5)."""
    return hashlib.sha1(home_token + care_of_token).digest()


def authorize(
    message: Any,
    key: bytes,
    care_of_address: Address,
    correspondent: Address,
    codec: Codec = DEFAULT,
) -> Any:
    """Return ``message`` with Binding Authorization Data as its last option (RFC 6275 §6.2.7).

    ``care_of_address`` is the address being registered, in a deletion the home address; the order
    of the two addresses is the same in the acknowledgement.
    """
    blank = BindingAuthorizationData(bytes(seal.SIZE))
    value = seal.over(message, blank, key, care_of_address + correspondent, codec)
    return replace(message, options=(*message.options, BindingAuthorizationData(value)))


def verifies(
    octets: bytes,
    key: bytes,
    care_of_address: Address,
    correspondent: Address,
    codec: Codec = DEFAULT,
) -> bool:
    """Say whether the Mobility Header ``octets`` end in the right Binding Authorization Data.

    False where the option is missing or not the last; WireError where the octets are no message.
    """
    option = seal.last_option(octets, codec)
    if not isinstance(option, BindingAuthorizationData):
        return False
    return seal.matches(octets, option.authenticator, key, care_of_address + correspondent)


def _token(node_key: bytes, address: Address, nonce: bytes, kind: bytes) -> bytes:
    return hmac.digest(node_key, address + nonce + kind, "sha1")[:_TOKEN_SIZE]
