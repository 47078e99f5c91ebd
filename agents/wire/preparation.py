"""Compiles all that a codec may need, for those who must not spend milliseconds on a message."""

from __future__ import annotations

from agents.wire.codec import Codec
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES
from agents.wire.extension_headers import EXTENSION_HEADERS
from agents.wire.extension_options import DESTINATION_OPTIONS
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import ICMPV6_MESSAGES
from agents.wire.messages import MOBILITY_MESSAGES
from agents.wire.nd_options import ND_OPTIONS
from agents.wire.options import MOBILITY_OPTIONS

_OPTIONS = {
    "mobility": MOBILITY_OPTIONS,
    "destination": DESTINATION_OPTIONS,
    "flow": FLOW_SUB_OPTIONS,
    "early flow": FLOW_SUB_OPTIONS,
    "nd": ND_OPTIONS,
}


def prepare(codec: Codec) -> None:
    """Have ``codec`` compile every message, header and option now."""
    kinds = (
        (codec.mobility, MOBILITY_MESSAGES),
        (codec.icmpv6, (*ICMPV6_MESSAGES, *DMIPV6_MESSAGES)),
        (codec.headers, EXTENSION_HEADERS),
        *((codec.families[name], classes) for name, classes in _OPTIONS.items()),
    )
    for tables, classes in kinds:
        for cls in classes:
            tables.parsers[codec.number(cls)]
            tables.emitters[cls]
