"""All protocols that a topology can ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from testbed.protocols.dmipv6 import DMIPV6
from testbed.protocols.flowbinding import FLOWBINDING
from testbed.protocols.mipv6 import MIPV6
from testbed.protocols.pmipv6 import PMIPV6
from testbed.protocols.protocol import Protocol
from testbed.protocols.romip import ROMIP
from testbed.protocols.spmip import SDPMIP, SPMIP
from testbed.topology.places import Place

_ALL = (
    MIPV6,
    DMIPV6,
    PMIPV6,
    SPMIP,
    SDPMIP,
    ROMIP,
    FLOWBINDING,
)
PROTOCOLS: Mapping[str, Protocol] = {each.name: each for each in _ALL}


def all_places(protocols: Iterable[Protocol]) -> dict[str, Place]:
    """Return the places that any of ``protocols`` knows."""
    return {name: place for each in protocols for name, place in each.traits.places.items()}
