"""Where a node takes packets out of tunnels, and whose it takes out (RFC 2473, RFC 6275 §5.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from agents.core.actions import Delivery
from agents.wire.address import Address, Prefix
from testbed.simulated.packet import Packet, Tunnel

Returns = Callable[[Packet, Address], bool]
"""Says whether the way back to the source of a packet is the tunnel to an address."""


class Exits:
    """The exit points of one node, and its ``peers``: the remote and the local end of each tunnel.

    At exit points with a ``reverse_path`` only what is routed into its tunnel comes out of it; of
    a peer with ``inner`` prefixes only what comes from these.
    """

    __slots__ = ("_drops", "_inner", "_points", "_returns", "_reverse_path", "peers")

    def __init__(self, drops: Counter[str], returns: Returns) -> None:
        self._drops = drops
        self._returns = returns
        self._points: dict[Address, Delivery] = {}
        self._reverse_path: set[Address] = set()
        self._inner: dict[Tunnel, tuple[Prefix, ...]] = {}
        self.peers: set[Tunnel] = set()

    @property
    def delivers_to_attached(self) -> bool:
        """Whether what comes out here may be for attached nodes only."""
        return Delivery.ATTACHED in self._points.values()

    def open(self, local: Address, delivery: Delivery, *, reverse_path: bool) -> None:
        """Let packets of peers come out at ``local``."""
        self._points[local] = delivery
        if reverse_path:
            self._reverse_path.add(local)
        else:
            self._reverse_path.discard(local)

    def admit(self, peer: Tunnel, inner: tuple[Prefix, ...]) -> None:
        """Take out what ``peer`` sends, if any are named only from ``inner`` prefixes."""
        self.peers.add(peer)
        self._inner[peer] = inner

    def shut_out(self, peer: Tunnel) -> None:
        """Take nothing out any more that ``peer`` sends."""
        self.peers.discard(peer)
        self._inner.pop(peer, None)

    def clear(self) -> None:
        """Take nothing out of any tunnel."""
        self._points.clear()
        self._reverse_path.clear()
        self._inner.clear()
        self.peers.clear()

    def take_out(self, packet: Packet) -> Delivery | None:
        """Take one header off ``packet`` and say where it goes; None where it is dropped."""
        remote, local = peer = packet.tunnels[0]
        delivery = self._points.get(local)
        if delivery is None or peer not in self.peers:
            self._drops["not_a_tunnel_peer"] += 1
            return None
        packet.decapsulate()
        inner = self._inner[peer]
        if inner:
            if not any(prefix.contains(packet.outer_source) for prefix in inner):
                self._drops["inner_source"] += 1
                return None
        elif local in self._reverse_path and not self._returns(packet, remote):
            self._drops["reverse_path"] += 1
            return None
        return delivery
