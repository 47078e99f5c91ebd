"""Who may send what through the tunnels that end here (RFC 6275 §10.4.5).

The outer source and the inner one together must be an end of a tunnel and a prefix that is routed
into it, in sets of nftables: one for each length of a prefix. It is looked at before the outer
header is taken off, whichever way that is.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from agents.live import nft
from agents.live.nftables import Table
from agents.wire.address import Address, Prefix

TABLE = "dmm-paths"
_ENDS = "ends"
_OUTER = nft.Octets(8, 16)
_OUTER_DESTINATION = nft.Octets(24, 16)
_INNER = nft.Octets(8, 16, nft.Base.TRANSPORT)
_WORDS = 4  # of an address


class ReversePath:
    """Lets in what comes the way by which answers go; NetlinkError where it cannot."""

    def __init__(self) -> None:
        self._table: Table | None = None
        self._lengths: set[int] = set()
        self._ways: dict[Prefix, Address] = {}
        self._before: dict[Prefix, Address | None] = {}

    def guard(self, local: Address) -> None:
        """Let nothing else in through tunnels that end at ``local``."""
        if self._table is None:
            tunnelled = nft.of_protocol(socket.IPPROTO_IPV6, other=True)
            elsewhere = [nft.load(_OUTER_DESTINATION), nft.in_set(_ENDS, absent=True)]
            rules = [[*tunnelled, *nft.accept()], [*elsewhere, *nft.accept()], nft.drop()]
            self._table = Table(TABLE, nft.Hook.ENTRY, rules, {_ENDS: 16})
            self._before |= dict.fromkeys(self._ways)
        self._table.change(_ENDS, [local])
        self.flush()

    def route(self, prefix: Prefix, remote: Address | None) -> None:
        """Know, from the next flush on, that ``prefix`` is routed to ``remote``, None: nowhere."""
        before = self._ways.get(prefix)
        if before == remote:
            return
        self._before.setdefault(prefix, before)
        if remote is None:
            del self._ways[prefix]
        else:
            self._ways[prefix] = remote

    def flush(self) -> None:
        """Let the kernel know what has changed."""
        if self._table is None or not self._before:
            self._before.clear()
            return
        changed, self._before = self._before, {}
        for length in {prefix.length for prefix in changed}:
            self._know(self._table, length)
            here = [prefix for prefix in changed if prefix.length == length]
            old = _keys((prefix, changed[prefix]) for prefix in here)
            new = _keys((prefix, self._ways.get(prefix)) for prefix in here)
            self._table.change(_name(length), new, old)

    def dropped(self) -> int:
        """Return how many packets came by a wrong way."""
        return self._table.counted() if self._table is not None else 0

    def _know(self, table: Table, length: int) -> None:
        if length in self._lengths:
            return
        self._lengths.add(length)
        tunnelled = nft.of_protocol(socket.IPPROTO_IPV6)
        ends = [nft.load(_OUTER), nft.load(_INNER, _WORDS), nft.mask(length, _WORDS)]
        rule = [*tunnelled, *ends, nft.in_set(_name(length)), *nft.accept()]
        table.precede(_name(length), 32, rule)


def _name(length: int) -> str:
    return f"routed{length}"


def _keys(ways: Iterable[tuple[Prefix, Address | None]]) -> list[bytes]:
    return [remote + prefix.network for prefix, remote in ways if remote is not None]
