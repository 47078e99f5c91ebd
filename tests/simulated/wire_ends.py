"""Between whom packets travel on the wire, where sightings have home addresses put in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from unittest.mock import patch

from agents.wire.address import Address
from testbed.simulated.observe import Recorder
from testbed.simulated.packet import Packet, Tunnel
from testbed.simulated.ports import Port


class Ends(NamedTuple):
    """One packet at one interface: the addresses of its innermost header, and what is around it."""

    at: float
    node: str
    outgoing: bool
    source: Address
    destination: Address
    tunnels: tuple[Tunnel, ...]
    flow: str


@contextmanager
def on_the_wire() -> Iterator[list[Ends]]:
    """Yield the list of what is seen in worlds that are made meanwhile."""
    seen: list[Ends] = []
    tap = Recorder.tap

    def watch(recorder: Recorder, port: Port, packet: Packet, outgoing: bool) -> None:
        tap(recorder, port, packet, outgoing)
        at, ends = recorder.sightings[-1].at, (packet.source, packet.destination)
        seen.append(Ends(at, port.node.name, outgoing, *ends, packet.tunnels, packet.flow))

    with patch.object(Recorder, "tap", watch):
        yield seen
