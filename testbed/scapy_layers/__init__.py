"""Layers of scapy for all messages: ``from testbed.scapy_layers import *``.

They are made from the declarations that the codec is made from, and their fields are called as in
``docs/wire.md``. Importing this enters them into scapy's tables.
"""

from __future__ import annotations

from typing import Any

from testbed.scapy_layers.messages import (
    DMIPV6_MESSAGES,
    MOBILITY_MESSAGES,
    NAMED,
    PBA,
    PBQ,
    PBU,
    PQA,
)
from testbed.scapy_layers.options import (
    MOBILITY_OPTIONS,
    NEIGHBOR_OPTIONS,
    RECORDS,
    SUB_OPTIONS,
)
from testbed.scapy_layers.registration import register

_BY_DECLARATION = {
    **MOBILITY_MESSAGES,
    **DMIPV6_MESSAGES,
    **MOBILITY_OPTIONS,
    **NEIGHBOR_OPTIONS,
    **RECORDS,
    **SUB_OPTIONS,
}
_LAYERS: dict[str, Any] = {cls.__name__: layer for cls, layer in _BY_DECLARATION.items()} | NAMED

globals().update(_LAYERS)
__all__ = ["PBA", "PBQ", "PBU", "PQA", *sorted(_LAYERS)]

register()
