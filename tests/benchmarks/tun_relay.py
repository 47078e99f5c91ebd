"""A relay that does nothing: what passes through a user's process costs at least this.

``python tun_relay.py LOCAL PEER INTERFACE`` takes what this node sends from LOCAL to PEER out of a
device of its own and sends it on as it is; and gives what comes back to the kernel by that device.
It uses the same means as an agent that optimizes routes: many segments at a time, frames, a rule
of nftables. It looks at no packet.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys

from agents.live import filters, nft, offload
from agents.live.interfaces import index_of
from agents.live.netlink import Netlink
from agents.live.nftables import Table
from agents.live.sockets import enlarge
from agents.live.tun import Tun
from agents.live.ways import Ways
from agents.wire.address import Address

NAME = "relay"
_TABLE = "77"
_FRAME = 14
_BURST = 64
_PACKET, _OFFLOAD_HEADER = 263, 15
_RECEIVE_BUFFER_FORCE = 33


def main(local: Address, peer: Address, interface: str) -> None:
    """Relay until the process is ended."""
    netlink = Netlink()
    tun = Tun(netlink, NAME, offload=True)
    pair = ["from", str(local), "to", str(peer)]
    ways = Ways(netlink)
    way = ways.find(bytes(local + peer))
    run("route", "add", str(peer), "dev", NAME, "table", _TABLE, "mtu", str(way.mtu))
    run("rule", "add", "pref", "9", *pair, "lookup", _TABLE)
    assert way.frame is not None, "the neighbour is not known"
    source = arrivals(tun, peer, local, interface)
    print("relaying", flush=True)
    relay(tun.fileno(), way.frame, way.descriptor, source)


def run(*words: str) -> None:
    subprocess.run(["ip", "-6", *words], check=True)


def arrivals(tun: Tun, peer: Address, local: Address, interface: str) -> socket.socket:
    """Return a socket for what comes from the peer, which the kernel is not to take itself."""
    source = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    source.setblocking(False)
    source.setsockopt(_PACKET, _OFFLOAD_HEADER, 1)
    enlarge(source, _RECEIVE_BUFFER_FORCE, socket.SO_RCVBUF)
    filters.attach(source, only_from(peer))
    source.bind((interface, 0x86DD))
    ends = nft.having(nft.Octets(8, 16), peer) + nft.having(nft.Octets(24, 16), local)
    rule = [*nft.from_interface(index_of(interface)), *ends, *nft.drop()]
    Table("relay", nft.Hook.ENTRY, [rule])
    return source


def only_from(peer: Address) -> list[filters.Instruction]:
    last = int.from_bytes(peer[12:], "big")
    return [
        (filters.LOAD_WORD, 0, 0, filters.NETWORK + 8 + 12),
        (filters.JUMP_EQUAL, 0, 1, last),
        filters.ALL,
        filters.NOTHING,
    ]


def relay(tun: int, frame: bytes, out: int, source: socket.socket) -> None:
    octets = memoryview(bytearray(1 << 17))
    header = octets[: offload.SIZE]
    poll = select.epoll()
    for descriptor in (tun, source.fileno()):
        poll.register(descriptor, select.EPOLLIN)
    while True:
        for descriptor, _ in poll.poll():
            for _ in range(_BURST):
                try:
                    if descriptor == tun:
                        size = os.readv(tun, [octets])
                        if header[0]:
                            offload.move(header, _FRAME)
                        os.writev(out, (header, frame, octets[offload.SIZE : size]))
                    else:
                        size = source.recv_into(octets)
                        if header[0]:
                            offload.move(header, -_FRAME)
                        os.writev(tun, (header, octets[offload.SIZE + _FRAME : size]))
                except BlockingIOError:
                    break


if __name__ == "__main__":
    main(Address.parse(sys.argv[1]), Address.parse(sys.argv[2]), sys.argv[3])
