"""The Binding Update List of a mobile node as rows for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.core.text import spelled
from agents.mipv6.homes import Home
from agents.mipv6.optimized_peers import Peer
from agents.wire.address import Address


def home_row(node: str, home: Home, care_of: Address | None, now: float) -> Mapping[str, Any]:
    """Return ``home`` of ``node``, which is at ``care_of``, as a row."""
    expires_at = home.expires_at
    return {
        "node": node,
        "home_address": spelled(home.address),
        "peer": "" if home.agent is None else spelled(home.agent),
        "care_of": "" if care_of is None else spelled(care_of),
        "state": type(home.state).__name__.lower(),
        "remaining": None if expires_at is None else round(max(0.0, expires_at - now), 3),
    }


def peer_row(node: str, peer: Peer, now: float) -> Mapping[str, Any]:
    """Return the correspondent ``peer`` of ``node`` as a row."""
    bound = peer.bound_to is not None
    return {
        "node": node,
        "home_address": spelled(peer.home),
        "peer": spelled(peer.address),
        "care_of": "" if peer.bound_to is None else spelled(peer.bound_to),
        "state": type(peer.state).__name__.lower(),
        "remaining": round(max(0.0, peer.bound_until - now), 3) if bound else None,
    }
