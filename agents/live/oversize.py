"""What a host's own programs send too large for the tunnel that their flow is steered into.

A socket keeps the route, and the size, that it had before. The kernel would put the packet into
the tunnel and cut the tunnel's packet in pieces, which the other end does not put together. TCP
is told by the kernel; other programs are told here (RFC 2473 §7.1, RFC 4443 §3.2).
"""

from __future__ import annotations

import fcntl
import socket
import struct

from agents.live import nft
from agents.live.detours import MARKS, OF_WAYS
from agents.live.exit import Watch
from agents.live.interfaces import name_of
from agents.live.netlink import Netlink
from agents.live.nft_chains import MANGLE, at_most, load_mark
from agents.live.nft_sets import keep
from agents.live.packet_log import PacketLog
from agents.live.sockets import Icmpv6Socket
from agents.wire import icmpv6
from agents.wire.address import Address
from agents.wire.icmpv6_messages import PacketTooBig

TABLE, GROUP = "dmm-oversize", 2473
_HEADER, _LEAST = 40, 1280
_TCP = 6
_LONGEST_INVOKING = _LEAST - _HEADER - 8  # RFC 4443 §3.2
_PER_SECOND = 100  # RFC 4443 §2.4 (f)
_PAYLOAD_LENGTH = nft.Octets(4, 2)
_GET_MTU, _REQUEST = 0x8921, struct.Struct("16si12x")


class Oversize:
    """Answers such packets, once a way leads into a tunnel; NetlinkError where it cannot."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._mtu = 0
        self._netlink: Netlink | None = None
        self._log: PacketLog | None = None
        self._socket: Icmpv6Socket | None = None

    def fit(self, interface: int) -> None:
        """Let what is steered fit into a tunnel by ``interface``."""
        mtu = _mtu_of(interface)
        if self._mtu and self._mtu <= mtu:
            return
        if self._log is None:
            self._socket = Icmpv6Socket()
            self._log = PacketLog(GROUP)
            self._watch(self._log.fileno(), self._take)
            self._netlink = Netlink(nft.NETFILTER)
        assert self._netlink is not None
        before = [nft.delete_table(TABLE)] if self._mtu else []
        made = nft.new_table(TABLE, nft.Hook.ORIGIN, MANGLE + 1)
        rules = [nft.new_rule(TABLE, rule) for rule in _rules(mtu)]
        nft.transact(self._netlink, [*before, *made, *rules])
        self._mtu = mtu

    def end(self) -> None:
        """Answer nothing any more: no way leads into a tunnel."""
        if self._mtu and self._netlink is not None:
            nft.transact(self._netlink, [nft.delete_table(TABLE)])
            self._mtu = 0

    def _take(self) -> None:
        assert self._log is not None
        for logged in self._log.burst():
            self._answer(logged.octets)

    def _answer(self, packet: bytes) -> None:
        assert self._socket is not None
        sender = Address(packet[8:24])
        problem = PacketTooBig(max(_LEAST, self._mtu - _HEADER), packet[:_LONGEST_INVOKING])
        try:
            self._socket.send(icmpv6.emit(problem, sender, sender), sender, sender)
        except OSError:  # the address has gone, and with it who would be told
            return


def _rules(mtu: int) -> list[nft.Rule]:
    """Take what does not fit; all that a socket cuts itself is larger than the link takes."""
    most = mtu - _HEADER - _HEADER
    lengths = (most + 1).to_bytes(2, "big"), (mtu - _HEADER).to_bytes(2, "big")
    steered = [load_mark(), keep(struct.pack("=I", OF_WAYS), 0), nft.equal(MARKS)]
    large = [nft.load(_PAYLOAD_LENGTH), *nft.between(*lengths)]
    taken = [*nft.of_protocol(_TCP, other=True), *large, *steered]
    answered = [*taken, at_most(_PER_SECOND), *nft.log_to(GROUP, most=_LEAST)]
    return [answered, [*taken, *nft.drop()]]


def _mtu_of(interface: int) -> int:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asked = _REQUEST.pack(name_of(interface).encode(), 0)
        (_, mtu) = _REQUEST.unpack(fcntl.ioctl(asking, _GET_MTU, asked))
    return int(mtu)
