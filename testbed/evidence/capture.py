"""A capture file -> sightings: every IPv6 packet at every interface of the network.

Data packets are by far the most, so what lies in their headers is found once per sort of packet
and remembered; only packets with extension headers are taken apart each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from testbed.evidence import pcapng
from testbed.evidence.frames import FrameReader
from testbed.evidence.identity import EchoSequence
from testbed.evidence.matching import FlowTable
from testbed.evidence.observed import Sighting
from testbed.topology.network import Interface, Network

_ETHERNET = 1  # the link type, as capture files number them


def read_capture(path: Path, network: Network) -> Iterator[Sighting]:
    """Yield the IPv6 packets of the pcapng file ``path`` in its order.

    Interfaces are named ``interface`` or ``node:interface`` in the file; packets of interfaces
    that the network does not have, and what is no Ethernet, are passed over, but counted: the
    frames have the numbers that Wireshark shows. Raises what the reader of the file does
    (``CaptureError``, ``OSError``).
    """
    readers = frame_readers(network)
    known: dict[str, FrameReader | None] = {}
    for number, (at, name, link_type, frame) in enumerate(pcapng.read(path), 1):
        if name not in known:
            known[name] = readers.get(name.rpartition(":")[2])
        reader = known[name]
        if reader is None or link_type != _ETHERNET:
            continue
        sighting = reader.read(at, frame, number)
        if sighting is not None:
            yield sighting


def frame_readers(network: Network) -> dict[str, FrameReader]:
    """Return a reader for each interface of ``network``, by the interface's name."""
    flows = FlowTable(network.flows)
    echoes = {flow.name: EchoSequence(flow.source) for flow in network.flows.values()}
    return {
        interface.name: FrameReader(interface, _own(interface, network), flows, echoes)
        for node in network.nodes.values()
        for interface in node.interfaces
    }


def _own(interface: Interface, network: Network) -> frozenset[bytes]:
    """Return the link-layer addresses that ``interface`` sends from.

    They are its own and, on an access link, the one that all access routers share (RFC 5213
    §6.9.3, RFC 6543).
    """
    own = {interface.mac}
    agent = network.agents.get(interface.node)
    shared = agent.config.get("link_layer") if agent else None
    if shared and any(access.interface == interface.name for access in network.accesses.values()):
        own.add(shared)
    return frozenset(bytes.fromhex(mac.replace(":", "")) for mac in own)
