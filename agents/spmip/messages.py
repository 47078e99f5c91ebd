"""Proxy Binding Query and Proxy Query Acknowledgement (draft-jikim-dmm-pmip §4).

The draft marks them with a flag Q and says what they tell, not in which options. Here the home
address travels as a home network prefix of 128 bits and the gateway's as an Alternate Care-of
Address. A query has no mobile node identifier and asks for no lifetime: an anchor that does not
know Q can take it for nothing but an incomplete registration (RFC 5213 §5.3.1).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import QueryFlags
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.numbers import LIFETIME_UNIT, BindingAckFlag, BindingUpdateFlag, Status
from agents.wire.options import AlternateCareOfAddress, HomeNetworkPrefix, Timestamp

_ASK = int(BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.PROXY)
_PROXY_UPDATE = int(BindingUpdateFlag.PROXY)
_PROXY_ACK = int(BindingAckFlag.PROXY)
_ADDRESS_BITS = 128
_REJECTED = 128


def is_query(message: Any, flags: QueryFlags) -> bool:
    """Say whether ``message`` is a Proxy Binding Query (§3.2.2, step 1)."""
    if type(message) is not BindingUpdate:
        return False
    wanted = _PROXY_UPDATE | flags.update
    return message.flags & wanted == wanted


def is_reply(message: Any, flags: QueryFlags) -> bool:
    """Say whether ``message`` is a Proxy Query Acknowledgement (§3.2.3, step 1)."""
    if type(message) is not BindingAcknowledgement:
        return False
    wanted = _PROXY_ACK | flags.acknowledgement
    return message.flags & wanted == wanted


def query(
    address: Address, sequence: int, timestamp: int | None, flags: QueryFlags
) -> BindingUpdate:
    """Return the question which gateway serves the node that has ``address``."""
    options: tuple[Any, ...] = (HomeNetworkPrefix(Prefix(address, _ADDRESS_BITS)),)
    if timestamp is not None:
        options = (*options, Timestamp(timestamp))
    return BindingUpdate(sequence, _ASK | flags.update, 0, options)


def asked_address(message: BindingUpdate | BindingAcknowledgement) -> Address | None:
    """Return the home address that a query or its reply is about, None where it has none."""
    for option in message.options:
        if type(option) is HomeNetworkPrefix and option.prefix.length == _ADDRESS_BITS:
            return option.prefix.network
    return None


def found(
    question: BindingUpdate, care_of: Address, lifetime: int, flags: QueryFlags
) -> BindingAcknowledgement:
    """Return the reply that the node is at ``care_of``, for ``lifetime`` units of 4 s."""
    options = [o for o in question.options if type(o) is HomeNetworkPrefix]
    stamps = [o for o in question.options if type(o) is Timestamp]
    return BindingAcknowledgement(
        int(Status.ACCEPTED),
        _PROXY_ACK | flags.acknowledgement,
        question.sequence,
        lifetime,
        (*options[:1], AlternateCareOfAddress(care_of), *stamps[:1]),
    )


def refused(question: BindingUpdate, status: Status, flags: QueryFlags) -> BindingAcknowledgement:
    """Return the reply that says why there is no answer (§3.2.2, step 3)."""
    kept = (HomeNetworkPrefix, Timestamp)
    options = tuple([o for o in question.options if type(o) in kept])
    return BindingAcknowledgement(
        int(status), _PROXY_ACK | flags.acknowledgement, question.sequence, 0, options
    )


class Reply(NamedTuple):
    """What a Proxy Query Acknowledgement says; ``lifetime`` in seconds."""

    status: int
    sequence: int
    lifetime: int
    address: Address | None
    care_of: Address | None

    @property
    def failed(self) -> bool:
        """Say whether it is a failure indication."""
        return self.status >= _REJECTED


def read_reply(message: BindingAcknowledgement) -> Reply:
    """Return what ``message`` says."""
    addresses = [o.address for o in message.options if type(o) is AlternateCareOfAddress]
    return Reply(
        message.status,
        message.sequence,
        message.lifetime * LIFETIME_UNIT,
        asked_address(message),
        addresses[0] if addresses else None,
    )
