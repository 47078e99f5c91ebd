"""A Binding Update as its receivers read it: its addresses and options found once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.events import MessageReceived
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag, IdentifierSubtype
from agents.wire.options import AlternateCareOfAddress, MobileNodeIdentifier

_ACKNOWLEDGE = int(BindingUpdateFlag.ACKNOWLEDGE)
_HOME = int(BindingUpdateFlag.HOME)
_NAI = int(IdentifierSubtype.NAI)


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """What a Binding Update asks (RFC 6275 §6.1.7).

    ``home_address`` is that of the Home Address option, else the source of the packet;
    ``care_of`` that of an Alternate Care-of Address option, else the source. ``local`` is the
    address of this node that was meant: with a type 2 routing header its own home address.
    ``options`` holds the first option of each class; ``at`` is when it was received.
    """

    event: MessageReceived
    message: BindingUpdate
    at: float
    home_address: Address
    care_of: Address
    local: Address
    options: Mapping[type, Any]

    @property
    def home_registration(self) -> bool:
        """Say whether this is for a home agent (H)."""
        return bool(self.message.flags & _HOME)

    @property
    def acknowledge(self) -> bool:
        """Say whether the sender wants to know how it went (A)."""
        return bool(self.message.flags & _ACKNOWLEDGE)

    @property
    def deletes(self) -> bool:
        """Say whether this asks for the end of the binding (RFC 6275 §9.5.1)."""
        return self.message.lifetime == 0 or self.care_of == self.home_address

    @property
    def identifier(self) -> str | None:
        """Return the network access identifier of the sender, None where it gives none."""
        option = self.options.get(MobileNodeIdentifier)
        if option is None or option.subtype != _NAI:
            return None
        return str(option.identifier.decode(errors="replace"))


def read_update(event: MessageReceived, now: float) -> Update:
    """Return what the Binding Update in ``event``, received at ``now``, asks."""
    message: BindingUpdate = event.message
    options = {type(option): option for option in reversed(message.options)}
    alternate = options.get(AlternateCareOfAddress)
    return Update(
        event,
        message,
        now,
        event.home_address or event.source,
        event.source if alternate is None else alternate.address,
        event.routed_to or event.destination,
        options,
    )
