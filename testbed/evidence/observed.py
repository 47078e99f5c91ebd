"""What a backend hands to the evidence: packets seen at interfaces, and what was done when."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Sighting(NamedTuple):
    """One packet at one interface at one time.

    ``tunnels`` are the (source, destination) pairs of the headers around the innermost packet,
    outermost first. ``flow`` names the flow it belongs to (else ""), ``downward`` says whether it
    travels from the flow's source to its destination, ``identity`` tells the packets of a flow
    and direction apart. ``message`` is the signalling message (a dataclass of ``agents.wire``).
    ``extensions`` are the octets of the innermost packet's extension headers, which tell home
    addresses.
    """

    at: float  # seconds since 1970-01-01 (emulated) or since the start (simulated)
    node: str
    interface: str
    outgoing: bool
    length: int  # octets of the outermost IPv6 packet
    tunnels: tuple[tuple[bytes, bytes], ...]
    source: bytes
    destination: bytes
    flow: str = ""
    downward: bool = True
    identity: Hashable = None
    message: Any = None
    frame: int = 0  # its number in the run's capture.pcapng, from 1; 0 where there is none
    extensions: int = 0


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One line of ``events.jsonl``: what the runner (node "") or an agent did.

    ``at`` and ``monotonic`` in seconds on the run's two clocks, which all nodes share.
    """

    at: float
    monotonic: float
    node: str
    event: str  # "link_down", "link_up", "route_installed", "message_sent", "dropped", ...
    details: Mapping[str, Any] = field(default_factory=dict)
