"""What a mobile node sends to its correspondents (RFC 6275 §11.6, §11.7.2)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import SendMessage
from agents.core.events import MessageReceived
from agents.mipv6.optimized_peers import Peer, Update
from agents.mipv6.places import Place
from agents.wire import mobility, return_routability
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate, CareOfTestInit, HomeTestInit
from agents.wire.numbers import LIFETIME_UNIT, BindingUpdateFlag
from agents.wire.options import NonceIndices

_ACKNOWLEDGE = int(BindingUpdateFlag.ACKNOWLEDGE)
_COOKIE_OCTETS = 8
_REMEMBERED = 8


def new_cookie(random: Random) -> bytes:
    """Return a cookie that nobody off the path can guess."""
    return random.randbytes(_COOKIE_OCTETS)


def home_test_init(peer: Peer, cookie: bytes) -> SendMessage:
    """Return the request for a home keygen token, which goes by way of the home agent."""
    return SendMessage(HomeTestInit(cookie), peer.home, peer.address)


def care_of_test_init(peer: Peer, place: Place, cookie: bytes) -> SendMessage:
    """Return the request for a care-of keygen token, which goes straight."""
    return SendMessage(CareOfTestInit(cookie), place.address, peer.address)


def binding_update(peer: Peer, place: Place, lifetime: float, now: float) -> SendMessage:
    """Return an update that binds the place for ``lifetime`` seconds, remembered in the peer."""
    assert peer.home_token is not None and peer.care_of_token is not None
    key = return_routability.binding_management_key(peer.home_token.value, peer.care_of_token.value)
    indices = NonceIndices(peer.home_token.nonce_index, peer.care_of_token.nonce_index)
    update = Update(key, place.address, now, lifetime)
    return _signed(peer, place, update, indices, _ACKNOWLEDGE)


def deletion(peer: Peer, place: Place, now: float, *, awaited: bool = True) -> SendMessage:
    """Return an update that deletes the binding; it needs the home keygen token alone (§5.2.6).

    An acknowledgement is asked for where it is ``awaited`` (§11.7.2 leaves that to the node).
    """
    assert peer.home_token is not None
    key = return_routability.binding_management_key(peer.home_token.value)
    indices = NonceIndices(peer.home_token.nonce_index, 0)
    flags = _ACKNOWLEDGE if awaited else 0
    return _signed(peer, place, Update(key, peer.home, now, 0.0), indices, flags)


def is_authorized(update: Update, event: MessageReceived) -> bool:
    """Say whether an acknowledgement was made with the key of ``update``."""
    octets = event.octets or mobility.emit_unsummed(event.message)
    return return_routability.verifies(octets, update.key, update.registered, event.source)


def _signed(
    peer: Peer, place: Place, update: Update, indices: NonceIndices, flags: int
) -> SendMessage:
    peer.sequence = (peer.sequence + 1) & 0xFFFF
    peer.updates[peer.sequence] = update
    if len(peer.updates) > _REMEMBERED:
        del peer.updates[next(iter(peer.updates))]
    units = int(update.lifetime) // LIFETIME_UNIT
    message = return_routability.authorize(
        BindingUpdate(peer.sequence, flags, units, (indices,)),
        update.key,
        update.registered,
        peer.address,
    )
    return SendMessage(
        message,
        place.address,
        peer.address,
        home_address=None if place.address == peer.home else peer.home,
    )


def home_and_peer(event: MessageReceived) -> tuple[Address, Address]:
    """Return the two addresses that a message of a correspondent is about."""
    return event.routed_to or event.destination, event.source
