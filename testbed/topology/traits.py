"""What a topology must know of the protocol that runs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from testbed.topology.commands import Commands
from testbed.topology.places import PLACES, Place


@dataclass(frozen=True, slots=True)
class Identity:
    """A link-layer and a link-local address that all access links share (RFC 6543 §4)."""

    mac: str
    link_local: str


EVERY_GATEWAY = Identity(mac="00:00:5e:00:52:13", link_local="fe80::200:5eff:fe00:5213")


class Asking(StrEnum):
    """Which ends of a flow have agents that name the address it is to run from there."""

    NOBODY = "nobody"
    INITIATOR = "initiator"  # where it is mobile
    MOBILES = "mobiles"  # every mobile end


@dataclass(frozen=True, slots=True)
class Traits:
    """How a protocol maps places to roles, and what it asks of access links and anchors.

    ``serving`` are the roles that an access link's router may have, ``anchoring`` and ``hosting``
    those that a mobile's anchor and a correspondent's router must have (none: any).
    ``access_identity`` is given to every router on its access links; with ``one_identity`` each
    has one of its own on all of them. ``access_prefixes`` says whether access links have a prefix
    of their own.

    With ``home_link`` the mobiles of an anchor share the first /64 of its pool, on its first
    access link if it has one. ``home_prefixes`` says whether mobiles have prefixes of their own,
    which a file may choose. ``asking`` says whose agents a flow asks for its addresses when it
    starts.

    ``commands`` are those that agents of a role take, each with its arguments.

    ``places`` are those that a file may use; a protocol declares the ones it adds, and a file may
    use those of all, so that it runs under each.
    """

    protocol: str
    roles: Mapping[str, str]
    serving: tuple[str, ...] = ()
    anchoring: str | None = None
    hosting: str | None = None
    access_identity: Identity | None = None
    one_identity: bool = False
    access_prefixes: bool = False
    home_link: bool = False
    home_prefixes: bool = True
    asking: Asking = Asking.NOBODY
    commands: Mapping[str, Commands] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=lambda: PLACES)
