"""Who sends to an address of this host, told once of each (RFC 6275 §11.7.2).

A rule of nftables copies packets of peers that are not known yet to the agent, and those only:
the traffic of a known peer stays in the kernel. The kernel does not tell a packet that a tunnel
of segment routing has held from one that came as it is; a home address gets none of the latter
while its node is away, and the addresses that are watched beyond tunnels are to hear of both.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from agents.core.actions import ForgetPeer, WatchPeers
from agents.core.events import Event, PeerHeard
from agents.live import nft
from agents.live.carried import split
from agents.live.nftables import Table
from agents.live.packet_log import Logged, PacketLog
from agents.wire.address import Address

TABLE, GROUP = "dmm-peers", 6276
_HOMES, _KNOWN = "homes", "known"
_DESTINATION, _ENDS = nft.Octets(24, 16), nft.Octets(8, 32)
_MOBILITY, _ICMPV6 = 135, 58
_LAST_ERROR = 127  # of the types of ICMPv6: whose they are says nothing of peers
_FIRST_NEIGHBOR, _LAST_NEIGHBOR = 133, 137  # those of the link speak for themselves (RFC 4861)
_MOST = 4096  # peers that are kept in mind: beyond, the one heard first may be heard again


class PeerWatch:
    """Tells of peers by ``tell``; what comes in by the interface ``own`` came by no tunnel.

    NetlinkError where the kernel cannot copy their packets.
    """

    def __init__(self, own: int, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._log = PacketLog(GROUP)
        self._table = Table(TABLE, nft.Hook.DELIVERY, _rules(own), {_HOMES: 16, _KNOWN: 32})
        self._known: OrderedDict[bytes, bytes] = OrderedDict()  # ends of packets: who that was
        self.fileno = self._log.fileno

    def watch(self, action: WatchPeers) -> None:
        """Tell of the peers of a home address from now on."""
        self._table.change(_HOMES, [action.home])

    def forget(self, action: ForgetPeer) -> None:
        """Tell of a peer again."""
        who = bytes(action.peer + action.home)
        gone = [ends for ends, known in self._known.items() if known == who]
        for ends in gone:
            del self._known[ends]
        self._table.change(_KNOWN, remove=gone)

    def take(self) -> None:
        """Tell of the peers whose packets wait, up to a burst."""
        for packet in self._log.burst():
            ends = packet.octets[8:40]
            if ends not in self._known:
                self._hear(packet, Address(ends[:16]), Address(ends[16:]))

    def _hear(self, packet: Logged, source: Address, home: Address) -> None:
        """Tell of a peer, which a Home Address option may name, unless it has been told of."""
        carried = split(packet)
        peer = carried.home_address if carried and carried.home_address else source
        told = bytes(peer + home) in self._known.values()
        self._know(bytes(source + home), bytes(peer + home))
        if not told:
            self._tell(PeerHeard(home, peer))

    def _know(self, ends: bytes, who: bytes) -> None:
        self._known[ends] = who
        oldest = [self._known.popitem(last=False)[0]] if len(self._known) > _MOST else []
        self._table.change(_KNOWN, [ends], oldest)


def _rules(own: int) -> list[nft.Rule]:
    kind = nft.load(nft.Octets(0, 1, nft.Base.TRANSPORT))
    errors = nft.between(bytes([0]), bytes([_LAST_ERROR]))
    neighbors = nft.between(bytes([_FIRST_NEIGHBOR]), bytes([_LAST_NEIGHBOR]))
    strangers = [nft.load(_ENDS), nft.in_set(_KNOWN, absent=True)]
    return [
        [nft.load(_DESTINATION), nft.in_set(_HOMES, absent=True), *nft.accept()],
        [*nft.from_interface(own), *nft.accept()],
        [*nft.of_protocol(_MOBILITY), *nft.accept()],
        [*nft.of_protocol(_ICMPV6), kind, *errors, *nft.accept()],
        [*nft.of_protocol(_ICMPV6), kind, *neighbors, *nft.accept()],
        [*strangers, *nft.log_to(GROUP)],
    ]
