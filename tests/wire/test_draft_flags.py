"""The flags of the drafts stand where the vectors have them."""

from __future__ import annotations

import pytest
from vector_packets import PACKETS

from agents.wire.draft_flags import IANA_SAFE, SEED_BITS, QueryFlags

ACKNOWLEDGE = 0x8000
PROXY, PROXY_ACK = 0x0200, 0x20


@pytest.mark.parametrize(
    ("number", "flags"),
    [
        (15, ACKNOWLEDGE | PROXY | QueryFlags().update),
        (16, PROXY_ACK | QueryFlags().acknowledgement),
        (19, ACKNOWLEDGE | SEED_BITS.update_d),
        (20, ACKNOWLEDGE | SEED_BITS.update_d | SEED_BITS.update_e),
        (21, SEED_BITS.acknowledgement_d),
        (23, ACKNOWLEDGE | IANA_SAFE.update_d),
        (24, IANA_SAFE.acknowledgement_d | IANA_SAFE.acknowledgement_e),
    ],
)
def test_the_flags_of_a_vector(number: int, flags: int) -> None:
    assert PACKETS[number].payload.flags == flags
