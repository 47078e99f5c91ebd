"""Flags that a draft left open, or that collide with assigned ones: each set is a choice.

The masks are for the flags word of a Binding Update and the flags octet of its acknowledgement.
"""

from __future__ import annotations

from typing import NamedTuple

from agents.wire.numbers import BindingAckFlag, BindingUpdateFlag


class QueryFlags(NamedTuple):
    """Q of draft-jikim-dmm-pmip §4.1-4.2; the figures are lost, so unassigned bits by default."""

    update: int = int(BindingUpdateFlag.QUERY)
    acknowledgement: int = int(BindingAckFlag.QUERY)


class SessionFlags(NamedTuple):
    """D and E of draft-ma-dmm-romip §6.1-6.4: D marks its messages, E those to the far side."""

    update_d: int
    update_e: int
    acknowledgement_d: int
    acknowledgement_e: int


SEED_BITS = SessionFlags(0x0200, 0x0100, 0x20, 0x10)
"""As the draft's figures have it: the bits that are now P and F, P and T."""

IANA_SAFE = SessionFlags(
    int(BindingUpdateFlag.PROXY | BindingUpdateFlag.DISTRIBUTED),
    0x0004,
    int(BindingAckFlag.PROXY | BindingAckFlag.DISTRIBUTED),
    0x01,
)
"""P with the D of RFC 8885, and bits that are not assigned."""
