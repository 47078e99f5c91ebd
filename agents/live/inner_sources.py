"""Who may send what through the tunnels of hosts, which come in tunnels of gateways.

What comes out of a tunnel that ends here may be in another one to here, but for that only, and
only where the core has said which inner sources that one may have. Anything else in two tunnels
to here is dropped, and so is anything in three: whoever is served by a gateway could otherwise
send as a peer of this node. It is looked at before the outermost header is taken off.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence

from agents.live import nft
from agents.live.flow_keys import behind, destination, ends, protocol, source, tunnel
from agents.live.nftables import Table
from agents.wire.address import Address, Prefix

TABLE = "dmm-inner"
_ENDS, _NARROW, _HIDING, _HIDDEN = "ends", "narrow", "hiding", "hidden"
_SETS = {_ENDS: 16, _NARROW: 32, _HIDING: 1, _HIDDEN: 1}
_IPV6, _FRAGMENT = socket.IPPROTO_IPV6, socket.IPPROTO_FRAGMENT
_EXTENSIONS = (0, 43, 51, 60)  # headers behind which there may be another packet
_PAIR_WORDS = 8

Pair = tuple[Address, Address]
"""The remote end of a tunnel, and the local one."""


class InnerSources:
    """Lets in from tunnels what they may hold; NetlinkError where it cannot.

    Nothing is looked at until the first tunnel has prefixes.
    """

    def __init__(self) -> None:
        self._allowed: dict[Pair, tuple[Prefix, ...]] = {}
        self._ends: set[Address] = set()
        self._lengths: tuple[int, ...] = ()
        self._table: Table | None = None

    def end_at(self, local: Address) -> None:
        """Know that tunnels end at ``local``."""
        self._ends.add(local)
        if self._table is not None:
            self._table.change(_ENDS, [local])

    def allow(self, local: Address, remote: Address, inner: Sequence[Prefix]) -> None:
        """Let the tunnel from ``remote`` hold what ``inner`` has sent alone; all if empty."""
        pair = (remote, local)
        before = self._allowed.pop(pair, ())
        if not inner and not before:
            return
        if inner:
            self._allowed[pair] = tuple(inner)
        lengths = tuple(sorted({each.length for all_ in self._allowed.values() for each in all_}))
        if self._table is None or lengths != self._lengths:
            self._renew(lengths)
        else:
            self._change(self._table, pair, before, inner)

    def forget(self, local: Address, remote: Address) -> None:
        """Treat that tunnel as any other."""
        self.allow(local, remote, ())

    def dropped(self) -> int:
        """Return how many packets were dropped since the lengths of prefixes last changed."""
        return self._table.counted() if self._table is not None else 0

    def _renew(self, lengths: tuple[int, ...]) -> None:
        self._lengths = lengths
        if not self._allowed:
            if self._table is not None:
                self._table.close()
            self._table = None
            return
        keys: dict[str, list[bytes]] = {
            _ENDS: list(self._ends),
            _NARROW: [b"".join(pair) for pair in self._allowed],
            _HIDING: [bytes([each]) for each in _EXTENSIONS],
            _HIDDEN: [bytes([each]) for each in (*_EXTENSIONS, _IPV6)],
        }
        for length in lengths:
            found = (_keys(*each, length) for each in self._allowed.items())
            keys[_name(length)] = [key for some in found for key in some]
        sets = {**_SETS, **{_name(length): 48 for length in lengths}}
        self._table = Table(TABLE, nft.Hook.ENTRY, _rules(lengths), sets, keys)

    def _change(
        self, table: Table, pair: Pair, before: Sequence[Prefix], inner: Sequence[Prefix]
    ) -> None:
        """Let in first, then guard, and no longer guard before nothing is let in."""
        if not inner:
            table.change(_NARROW, remove=[b"".join(pair)])
        for length in self._lengths:
            add, old = _keys(pair, inner, length), _keys(pair, before, length)
            table.change(_name(length), add, [key for key in old if key not in add])
        if inner:
            table.change(_NARROW, [b"".join(pair)])


def _rules(lengths: Iterable[int]) -> list[nft.Rule]:
    deeper = [[*_tunnelled(1), *each] for each in (_tunnelled(2), *_disguised(2))]
    return [
        [*nft.of_protocol(_IPV6, other=True), *nft.accept()],
        [nft.load(destination(0)), nft.in_set(_ENDS, absent=True), *nft.accept()],
        [*_wrong(0, lengths), *nft.drop()],
        *([*each, *nft.drop()] for each in _disguised(1)),
        [*_tunnelled(1), nft.load(ends(1)), nft.in_set(_NARROW, absent=True), *nft.drop()],
        [*_tunnelled(1), *_wrong(1, lengths), *nft.drop()],
        *([*each, *nft.drop()] for each in deeper),
    ]


def _tunnelled(depth: int) -> nft.Rule:
    """Match what is in one more tunnel to here, ``depth`` headers deep."""
    return [*tunnel(depth), *_to_here(depth)]


def _disguised(depth: int) -> list[nft.Rule]:
    """Match what may be so behind extension headers, or fragments of it."""
    fragment = [protocol(depth), nft.equal(bytes([_FRAGMENT]))]
    inside = nft.load(behind(depth))
    return [
        [protocol(depth), nft.in_set(_HIDING), *_to_here(depth)],
        [*fragment, inside, nft.in_set(_HIDDEN), *_to_here(depth)],
    ]


def _to_here(depth: int) -> nft.Rule:
    return [nft.load(destination(depth)), nft.in_set(_ENDS)]


def _wrong(depth: int, lengths: Iterable[int]) -> nft.Rule:
    """Match what a tunnel holds that has prefixes, of which none has the inner source."""
    rule = [nft.load(ends(depth)), nft.in_set(_NARROW)]
    for length in lengths:
        inner = [nft.load(source(depth + 1), _PAIR_WORDS), nft.mask(length, _PAIR_WORDS)]
        rule += [*inner, nft.in_set(_name(length), absent=True)]
    return rule


def _keys(pair: Pair, prefixes: Iterable[Prefix], length: int) -> list[bytes]:
    remote, local = pair
    return [remote + local + each.network for each in prefixes if each.length == length]


def _name(length: int) -> str:
    return f"inner{length}"
