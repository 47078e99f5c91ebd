"""Which way data packets take between an address of this node and a peer (RFC 6275 §6.3, §6.4).

A node that is both mobile and a correspondent of mobile nodes has one path for each pair, made of
the care-of addresses of both ends.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.core.actions import Action, Optimize, StopOptimizing
from agents.wire.address import Address


class _Ends(NamedTuple):
    local_care_of: Address | None = None
    peer_care_of: Address | None = None


class DataPaths:
    """The optimized paths of one node: each end is set by the part that knows of it."""

    def __init__(self) -> None:
        self._paths: dict[tuple[Address, Address], _Ends] = {}

    def __contains__(self, pair: tuple[Address, Address]) -> bool:
        return pair in self._paths

    def leads_elsewhere(self, local: Address, peer: Address) -> bool:
        """Say whether data goes to a care-of address of ``peer``, and messages do not."""
        ends = self._paths.get((local, peer))
        return ends is not None and ends.peer_care_of is not None

    def leave_from(self, local: Address, peer: Address, care_of: Address | None) -> list[Action]:
        """Let packets from ``local`` to ``peer`` leave from ``care_of``, None for no such way."""
        ends = self._paths.get((local, peer), _Ends())
        return self._set(local, peer, ends._replace(local_care_of=care_of))

    def lead_to(self, local: Address, peer: Address, care_of: Address | None) -> list[Action]:
        """Let packets from ``local`` to ``peer`` go to its ``care_of``, None for no such way."""
        ends = self._paths.get((local, peer), _Ends())
        return self._set(local, peer, ends._replace(peer_care_of=care_of))

    def _set(self, local: Address, peer: Address, ends: _Ends) -> list[Action]:
        pair = (local, peer)
        if ends == self._paths.get(pair, _Ends()):
            return []
        if ends == _Ends():
            del self._paths[pair]
            return [StopOptimizing(local, peer)]
        self._paths[pair] = ends
        return [Optimize(local, peer, *ends)]
