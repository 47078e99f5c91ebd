"""Kernel network state in bulk: many requests in one system call, without a process for each.

pyroute2 takes about 300 microseconds for a request and ``ip`` a process for a batch; a network of
hundreds of nodes has tens of thousands of routes.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable

NEWLINK, SETLINK = 16, 19
NEWADDR, NEWROUTE, NEWNEIGH, NEWRULE = 20, 24, 28, 32
UP = 0x1

_REQUEST, _ACK, _REPLACE, CREATE, _APPEND = 0x1, 0x4, 0x100, 0x400, 0x800
_ERROR = 2
_CHUNK = 64  # acknowledgements of one chunk must fit the receive buffer

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER = 1, 3, 4, 10
_IFLA_LINKINFO, _IFLA_NET_NS_PID, _IFLA_GSO_MAX_SEGS = 18, 19, 40
_INFO_KIND, _INFO_DATA, _INFO_SLAVE_KIND, _INFO_SLAVE_DATA = 1, 2, 4, 5
_VETH_PEER = 1
_UNICAST, _UNREACHABLE = 1, 7  # types of routes
_MAIN = 254  # the table of routes that everything uses
_BRIDGE_FORWARD_DELAY, _BRIDGE_STP, _BRIDGE_SNOOPING = 1, 5, 23
_PORT_LEARNING, _PORT_FLOOD, _PORT_ISOLATED = 8, 9, 33

_header = struct.Struct("=IHHII").pack
_attribute = struct.Struct("=HH").pack
_link = struct.Struct("=BxHiII").pack

Request = tuple[int, int, bytes, str]  # type, flags, body, what it is about


class NetlinkError(OSError):
    """The kernel refused a request; the text says which."""


class Socket:
    """A netlink socket of the network namespace in which it was opened."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._socket.bind((0, 0))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def send(self, requests: Iterable[Request]) -> None:
        """Have the kernel do all ``requests`` in order; NetlinkError names the first it refused."""
        queue = list(requests)
        for start in range(0, len(queue), _CHUNK):
            self._send_chunk(queue[start : start + _CHUNK])

    def _send_chunk(self, chunk: list[Request]) -> None:
        parts = []
        for sequence, (kind, flags, body, _) in enumerate(chunk):
            parts += [_header(16 + len(body), kind, flags | _REQUEST | _ACK, sequence, 0), body]
        self._socket.send(b"".join(parts))
        answered = 0
        refused: NetlinkError | None = None
        while answered < len(chunk):
            answer = self._socket.recv(65536)
            _, kind, _, sequence, _, code = struct.unpack_from("=IHHIIi", answer)
            answered += kind == _ERROR
            if kind == _ERROR and code and refused is None:
                refused = NetlinkError(-code, f"{chunk[sequence][3]}: {os.strerror(-code)}")
        if refused:
            raise refused


def attribute(kind: int, data: bytes) -> bytes:
    """Return a netlink attribute, padded to four octets."""
    return _attribute(4 + len(data), kind) + data + bytes(-len(data) % 4)


def _u32(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))


def _u8(kind: int, value: int) -> bytes:
    return attribute(kind, bytes([value]))


def _text(kind: int, value: str) -> bytes:
    return attribute(kind, value.encode() + b"\0")


def _octets(text: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6, text)


def _prefix(text: str) -> tuple[bytes, int]:
    network, _, length = text.partition("/")
    return _octets(network), int(length or 128)


class Device:
    """What is to be known of a network device when it is made."""

    def __init__(
        self,
        name: str,
        index: int,
        pid: int | None = None,
        mac: str | None = None,
        mtu: int = 1500,
        segments: int | None = None,
    ) -> None:
        """``pid``: a process in its namespace (None: ours); ``segments``: of a GSO packet."""
        self.name = name
        self.index = index
        self.pid = pid
        self.mac = mac
        self.mtu = mtu
        self.segments = segments

    def body(self, up: bool) -> bytes:
        """Return the link message that makes this device."""
        flags = UP if up else 0
        parts = [_link(0, 0, self.index, flags, flags), _text(_IFLA_IFNAME, self.name)]
        parts.append(_u32(_IFLA_MTU, self.mtu))
        if self.mac is not None:
            parts.append(attribute(_IFLA_ADDRESS, bytes.fromhex(self.mac.replace(":", ""))))
        if self.pid is not None:
            parts.append(_u32(_IFLA_NET_NS_PID, self.pid))
        if self.segments is not None:
            parts.append(_u32(_IFLA_GSO_MAX_SEGS, self.segments))
        return b"".join(parts)


def veth(near: Device, far: Device) -> Request:
    """Make a pair of connected devices and set the near one up; the far one has to follow."""
    peer = attribute(_INFO_DATA, attribute(_VETH_PEER, far.body(up=False)))
    kind = attribute(_IFLA_LINKINFO, _text(_INFO_KIND, "veth") + peer)
    return NEWLINK, CREATE, near.body(up=True) + kind, f"link {near.name} - {far.name}"


def bridge(device: Device) -> Request:
    """Make a bridge that forwards at once: no spanning tree, no delay, no snooping."""
    data = _u32(_BRIDGE_FORWARD_DELAY, 0) + _u32(_BRIDGE_STP, 0) + _u8(_BRIDGE_SNOOPING, 0)
    kind = attribute(_IFLA_LINKINFO, _text(_INFO_KIND, "bridge") + attribute(_INFO_DATA, data))
    return NEWLINK, CREATE, device.body(up=True) + kind, f"bridge {device.name}"


def set_up(index: int, up: bool, what: str) -> Request:
    """Set a device up or down."""
    return SETLINK, 0, _link(0, 0, index, UP if up else 0, UP), f"set {what} up or down"


def set_address(index: int, mac: str | None, mtu: int, what: str) -> Request:
    """Give a device its link-layer address (None: any) and MTU, and set it up."""
    body = _link(0, 0, index, UP, UP) + _u32(_IFLA_MTU, mtu)
    if mac is not None:
        body += attribute(_IFLA_ADDRESS, bytes.fromhex(mac.replace(":", "")))
    return SETLINK, 0, body, f"set {what}"


def set_master(index: int, master: int, what: str) -> Request:
    """Plug a device into the bridge with index ``master`` (0: into none)."""
    body = _link(0, 0, index, 0, 0) + _u32(_IFLA_MASTER, master)
    return SETLINK, 0, body, f"plug {what} into a bridge"


def isolate(index: int, what: str) -> Request:
    """Let a bridge port reach only ports that are not isolated, and flood no unicast to it."""
    data = _u8(_PORT_LEARNING, 0) + _u8(_PORT_FLOOD, 0) + _u8(_PORT_ISOLATED, 1)
    slave = _text(_INFO_SLAVE_KIND, "bridge") + attribute(_INFO_SLAVE_DATA, data)
    body = _link(0, 0, index, 0, 0) + attribute(_IFLA_LINKINFO, slave)
    return NEWLINK, 0, body, f"isolate bridge port {what}"


def forward(index: int, mac: str, what: str) -> Request:
    """Have the bridge deliver frames for ``mac`` through its port ``index``."""
    noarp, reachable, master = 0x40, 0x02, 0x04
    body = struct.pack("=BxxxiHBB", socket.AF_BRIDGE, index, noarp | reachable, master, 0)
    body += attribute(2, bytes.fromhex(mac.replace(":", "")))
    return NEWNEIGH, CREATE | _REPLACE, body, f"forward {mac} to {what}"


def address(index: int, text: str, what: str) -> Request:
    """Give a device the address ``text`` ("2001:db8::1/64"), usable at once (no DAD)."""
    octets, length = _prefix(text)
    no_dad, permanent = 0x02, 0x80
    link_local = octets[0] == 0xFE and octets[1] & 0xC0 == 0x80
    scope = 253 if link_local else 0
    body = struct.pack("=BBBBI", socket.AF_INET6, length, no_dad | permanent, scope, index)
    body += attribute(1, octets)
    return NEWADDR, CREATE | _REPLACE, body, f"address {text} on {what}"


def route(index: int, prefix: str, next_hop: str | None, what: str, table: int = _MAIN) -> Request:
    """Route ``prefix`` to the device ``index``, by way of ``next_hop`` where there is one."""
    body = _route(prefix, _UNICAST) + _u32(4, index) + _u32(15, table)
    if next_hop is not None:
        body += attribute(5, _octets(next_hop))
    return NEWROUTE, CREATE | _REPLACE, body, f"route {prefix} on {what}"


def branch(index: int, group: str, what: str) -> Request:
    """Route multicast to the device ``index``, beside the devices that it goes to already."""
    body = _route(group, _UNICAST) + _u32(4, index)
    return NEWROUTE, CREATE | _APPEND, body, f"route {group} on {what}"


def unreachable(prefix: str, what: str) -> Request:
    """Answer packets for ``prefix`` with an error, unless a longer prefix matches."""
    return NEWROUTE, CREATE | _REPLACE, _route(prefix, _UNREACHABLE), f"route {prefix} on {what}"


def _route(prefix: str, kind: int) -> bytes:
    octets, length = _prefix(prefix)
    static = 4
    head = struct.pack("=BBBBBBBBI", socket.AF_INET6, length, 0, 0, _MAIN, static, 0, kind, 0)
    return head + attribute(1, octets)


def rule(preference: int, source: str, table: int, what: str) -> Request:
    """Look up packets with a source in the prefix ``source`` in ``table``."""
    octets, length = _prefix(source)
    to_table = 1
    body = struct.pack("=BBBBBxxBI", socket.AF_INET6, 0, length, 0, 0, to_table, 0)
    body += attribute(2, octets) + _u32(6, preference) + _u32(15, table)
    return NEWRULE, CREATE, body, f"rule for what {source} sends from {what}"


def neighbor(index: int, text: str, mac: str, what: str) -> Request:
    """Know the neighbour ``text`` on a device by its link-layer address, for good."""
    permanent = 0x80
    body = struct.pack("=BxxxiHBB", socket.AF_INET6, index, permanent, 0, 0)
    body += attribute(1, _octets(text))
    body += attribute(2, bytes.fromhex(mac.replace(":", "")))
    return NEWNEIGH, CREATE | _REPLACE, body, f"neighbour {text} on {what}"
