"""What the messages of the Mobility Header have in common."""

from typing import Annotated, Any

from agents.wire.layout import octets, options, uint, zero
from agents.wire.value import value

Options = Annotated[tuple[Any, ...], options("mobility", "mobility options")]
Reserved16 = Annotated[int, zero(16)]
Cookie = Annotated[bytes, octets("cookie of the mobile node, returned unchanged", 64)]
Sequence = Annotated[int, uint(16, "orders the messages, modulo 65536")]
Lifetime = Annotated[int, uint(16, "lifetime of the binding; 0 deletes it", unit="4 s")]


@value(kw_only=True)
class MobilityMessage:
    """What every message of the Mobility Header has: the reserved octet at offset 3."""

    header_reserved: int = 0
