"""What a core asks of a host, or of a router for hosts: addresses, paths, flows, names, answers.

They are ``Action``s like those of ``actions.py``, which hands them on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from agents.wire.address import Address
from agents.wire.value import value


@value
class AddAddress:
    """Make ``address`` one of this host's on ``interface`` ("lo" for one that is on no link).

    The core has made sure that it is unique: the kernel uses it at once. It makes no prefix on
    link. An address that is there already is kept.
    """

    interface: str
    address: Address


@value
class RemoveAddress:
    """``address`` is this host's no longer."""

    interface: str
    address: Address


@value
class ProxyNeighbor:
    """Answer at once when ``address`` is solicited on ``interface`` (RFC 6275 §10.4.1)."""

    interface: str
    address: Address


@value
class StopProxying:
    """Leave ``address`` to its owner again."""

    interface: str
    address: Address


@value
class Confine:
    """Let packets from ``source`` leave this host only by routes with that very ``source``.

    Where there is none they are dropped without a word to their sender, and counted.
    """

    source: Address


@value
class Release:
    """Let packets from ``source`` take the ordinary routes of this host again."""

    source: Address


@value
class Optimize:
    """Exchange data packets with ``peer`` directly (RFC 6275 §6.3, §6.4, §9.3, §11.3).

    ``local`` is this node's own address (its home address, if it has one), ``peer`` the other's.
    With ``local_care_of``, packets leave from there with ``local`` in a Home Address option, and
    come with ``local`` in a type 2 routing header; with ``peer_care_of`` they go there with
    ``peer`` in a type 2 routing header, and come from there with ``peer`` in a Home Address
    option. What comes otherwise is not taken for the peer's. Replaces what was asked for the
    same pair. Messages of the Mobility Header and ICMPv6 of Neighbour Discovery are left alone.
    """

    local: Address
    peer: Address
    local_care_of: Address | None = None
    peer_care_of: Address | None = None


@value
class StopOptimizing:
    """Let packets between ``local`` and ``peer`` take the routes that they had before."""

    local: Address
    peer: Address


@value
class WatchPeers:
    """Report as ``PeerHeard`` who sends to the address ``home`` through a tunnel.

    Unless ``tunnelled``, those too whose packets come as they are.
    """

    home: Address
    tunnelled: bool = True


@value
class ForgetPeer:
    """Report ``peer`` again when it is next heard at ``home``."""

    home: Address
    peer: Address


@value
class Refuse:
    """Refuse a flow of this host, both ways: TCP by a reset, else by an ICMPv6 error.

    ``local`` and ``port`` are this host's side, ``port`` 0 stands for any and ``protocol`` 0 for
    all (6 TCP, 17 UDP, 58 ICMPv6); the peer is told as far as a packet from ``local`` reaches it.
    """

    local: Address
    peer: Address
    protocol: int
    port: int


@value
class StopRefusing:
    """Let the flow pass again: the same values as in its ``Refuse``."""

    local: Address
    peer: Address
    protocol: int
    port: int


@value
class PreferSource:
    """Give programs that run as ``user`` (a kernel's user id) the source ``address``.

    It holds for those that choose none. A world without programs does nothing.
    """

    user: int
    address: Address


@value
class StopPreferring:
    """Treat programs that run as ``user`` as all others."""

    user: int


@value
class Resolve:
    """Ask the name server at ``server`` for the addresses of ``name``, from ``source``.

    The answer comes as ``Resolved``; the question is repeated as resolvers do, for 3 s at most.
    """

    name: str
    server: Address
    source: Address


@value
class Reply:
    """Answer the ``Command`` that came with ``token``."""

    token: str
    details: Mapping[str, Any] = field(default_factory=dict)


HostAction = (
    AddAddress
    | RemoveAddress
    | ProxyNeighbor
    | StopProxying
    | Confine
    | Release
    | Optimize
    | StopOptimizing
    | WatchPeers
    | ForgetPeer
    | Refuse
    | StopRefusing
    | PreferSource
    | StopPreferring
    | Resolve
    | Reply
)
