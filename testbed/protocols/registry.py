"""All protocols that a topology can ask for."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.protocols.pmipv6 import PMIPV6
from testbed.protocols.protocol import Protocol

PROTOCOLS: Mapping[str, Protocol] = {protocol.name: protocol for protocol in (PMIPV6,)}
