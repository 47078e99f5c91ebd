"""Chains of nftables, for tables that have more than one.

Layout: linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from agents.live.netlink import CREATE, EXCLUSIVE, Request, attribute
from agents.live.nft import FIRST_REGISTER, Hook, Rule, expression, named, request, text, word

_NEW_TABLE, _NEW_CHAIN, _DELETE_RULES = 0xA00, 0xA03, 0xA08
_MARK, _OUTPUT_INTERFACE = 3, 5  # what meta knows
_VERDICT_REGISTER, _GO_TO = 0, 0xFFFF_FFFC
MANGLE = -150  # the priority at which packets are marked


class Base(NamedTuple):
    """A chain that packets enter at ``hook``; after one of kind "route" they are routed anew."""

    name: str
    hook: Hook
    rules: Sequence[Rule]
    kind: str = "filter"
    priority: int = MANGLE


def new_table(name: str) -> Request:
    """Return what makes a table without chains; EEXIST where there is one of that name."""
    return request(_NEW_TABLE, CREATE | EXCLUSIVE, named(name))


def new_base(table: str, base: Base) -> Request:
    """Return what makes a base chain, without its rules."""
    where = word(1, base.hook) + attribute(2, struct.pack(">i", base.priority))
    body = named(table) + attribute(3, text(base.name)) + attribute(4, where)
    return request(_NEW_CHAIN, CREATE, body + attribute(7, text(base.kind)))


def new_chain(table: str, name: str) -> Request:
    """Return what makes a chain that packets enter from other chains."""
    return request(_NEW_CHAIN, CREATE, named(table) + attribute(3, text(name)))


def empty_chain(table: str, name: str) -> Request:
    """Return what deletes all rules of a chain."""
    return request(_DELETE_RULES, 0, named(table) + attribute(2, text(name)))


def go_to(chain: str) -> bytes:
    """Go on with the rules of another chain, and not come back."""
    verdict = attribute(2, attribute(2, word(1, _GO_TO) + attribute(2, text(chain))))
    return expression(b"immediate", word(1, _VERDICT_REGISTER) + verdict)


def mark() -> bytes:
    """Mark the packet with what is loaded."""
    return expression(b"meta", word(2, _MARK), word(3, FIRST_REGISTER))


def constant(octets: bytes, at: int = 0) -> bytes:
    """Load ``octets``, to the register's word number ``at``."""
    return expression(
        b"immediate", word(1, FIRST_REGISTER + at), attribute(2, attribute(1, octets))
    )


def load_mark() -> bytes:
    """Load the mark of the packet."""
    return expression(b"meta", word(1, FIRST_REGISTER), word(2, _MARK))


def to_interface() -> bytes:
    """Load the index of the interface by which a packet leaves."""
    return expression(b"meta", word(1, FIRST_REGISTER), word(2, _OUTPUT_INTERFACE))


def at_most(per_second: int) -> bytes:
    """Match so many packets a second and no more."""
    rate = attribute(1, struct.pack(">Q", per_second)) + attribute(2, struct.pack(">Q", 1))
    return expression(b"limit", rate, word(3, per_second))
