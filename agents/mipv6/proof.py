"""What proves to a correspondent that a Binding Update may be believed (RFC 6275 §9.5.1)."""

from __future__ import annotations

from typing import NamedTuple

from agents.mipv6.nonces import Nonces
from agents.mipv6.update import Update
from agents.wire import mobility, return_routability
from agents.wire.address import Address
from agents.wire.numbers import Status
from agents.wire.options import BindingAuthorizationData, NonceIndices


class Proof(NamedTuple):
    """The binding management key of an update whose authenticator is right."""

    key: bytes


def prove(update: Update, nonces: Nonces) -> Proof | Status | str:
    """Return the proof of ``update``, the status that refuses it, or why it is discarded."""
    indices: NonceIndices | None = update.options.get(NonceIndices)
    if indices is None:
        return "no nonce indices"
    if BindingAuthorizationData not in update.options:
        return "no binding authorization data"
    key = _binding_management_key(update, indices, nonces)
    if isinstance(key, Status):
        return key
    octets = update.event.octets or mobility.emit_unsummed(update.message)
    if not return_routability.verifies(octets, key, registered_address(update), update.local):
        return "wrong authenticator"
    return Proof(key)


def registered_address(update: Update) -> Address:
    """Return the address that an authenticator covers: in a deletion the home address (§6.2.7)."""
    return update.home_address if update.deletes else update.care_of


def _binding_management_key(
    update: Update, indices: NonceIndices, nonces: Nonces
) -> bytes | Status:
    """RFC 6275 §5.2.5, §5.2.7; a deletion rests on the home keygen token alone (§9.5.1)."""
    home = nonces.at(indices.home, update.at)
    if update.deletes:
        if home is None:
            return Status.EXPIRED_HOME_NONCE_INDEX
        return return_routability.binding_management_key(home.home_token(update.home_address))
    care_of = nonces.at(indices.care_of, update.at)
    if home is None:
        return Status.EXPIRED_NONCES if care_of is None else Status.EXPIRED_HOME_NONCE_INDEX
    if care_of is None:
        return Status.EXPIRED_CARE_OF_NONCE_INDEX
    return return_routability.binding_management_key(
        home.home_token(update.home_address), care_of.care_of_token(update.care_of)
    )
