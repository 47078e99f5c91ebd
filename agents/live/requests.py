"""The netlink requests that the data path is made of, each a function that packs one.

Layouts: linux/rtnetlink.h, linux/fib_rules.h, linux/neighbour.h, linux/seg6_iptunnel.h,
linux/seg6_local.h, linux/if_tunnel.h.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, replace

from agents.live.netlink import CREATE, EXCLUSIVE, REPLACE, Request, attribute, attributes
from agents.wire.address import Address, Prefix

NEW_LINK, DELETE_LINK = 16, 17
NEW_ROUTE, DELETE_ROUTE, GET_ROUTE = 24, 25, 26
NEW_NEIGHBOR, DELETE_NEIGHBOR, GET_NEIGHBOR = 28, 29, 30
NEW_RULE, DELETE_RULE, GET_RULE = 32, 33, 34

OWNER = 77  # the "protocol" of every route, rule and neighbour that an agent makes
METRIC = 512  # stronger than a route that someone typed (1024)
METRIC_OF_LAST = 4096  # what is taken where nothing else is
_METRIC_OF_LOCAL = 1  # stronger than the kernel's own /128 on the loopback interface (256)

UNICAST, LOCAL, BLACKHOLE, THROW = 1, 2, 6, 9
TO_TABLE, GO_TO, DISCARD = 1, 2, 6  # actions of a rule

_AF_INET6 = int(socket.AF_INET6)
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, lengths, tos, table, protocol, scope, type, flags
_NEIGHBOR = struct.Struct("=BxxxiHBB")  # family, interface, state, flags, type
_LINK = struct.Struct("=BxHiII")  # family, type, index, flags, change
_WORD = struct.Struct("=I")
_HALF = struct.Struct("=H")

_DESTINATION, _SOURCE, _OUT, _GATEWAY, _PRIORITY, _PREFERRED, _METRICS = 1, 2, 4, 5, 6, 7, 8
_MTU = 2  # one of the metrics
_TABLE = 15
_UP = 0x1
_ENCAPSULATION_TYPE, _ENCAPSULATION = 21, 22
_SEG6, _SEG6_LOCAL = 5, 7
_REDUCED, _END_DT6 = 3, 7


def encapsulate(peer: Address) -> bytes:
    """Return the attributes that make a route put packets into an IPv6 header to ``peer``.

    "Reduced" with one segment emits no routing header: plain IPv6-in-IPv6 (RFC 8986 §5.2).
    """
    header = struct.pack("=BBBBBBH", 0, 2, 4, 0, 0, 0, 0) + peer
    state = attribute(1, _WORD.pack(_REDUCED) + header)
    return attribute(_ENCAPSULATION_TYPE, _HALF.pack(_SEG6)) + attribute(_ENCAPSULATION, state)


def decapsulate(table: int) -> bytes:
    """Return the attributes that make a route take the outer header off and look into ``table``.

    This is End.DT6 (RFC 8986 §4.6), which a packet without a routing header may reach too.
    """
    state = attribute(1, _WORD.pack(_END_DT6)) + attribute(3, _WORD.pack(table))
    return attribute(_ENCAPSULATION_TYPE, _HALF.pack(_SEG6_LOCAL)) + attribute(
        _ENCAPSULATION, state
    )


@dataclass(frozen=True, slots=True)
class Route:
    """A route; ``interface`` is an index, ``tail`` the attributes of an encapsulation.

    ``preferred`` is the source of those who choose none, ``mtu`` 0 that of the interface; of two
    routes that differ in ``metric`` alone, the lower one is taken.
    """

    prefix: Prefix
    table: int
    interface: int = 0
    gateway: Address | None = None
    source: Prefix | None = None
    tail: bytes = b""
    kind: int = UNICAST
    preferred: Address | None = None
    mtu: int = 0
    metric: int = METRIC

    def install(self) -> Request:
        """Return the request that adds this route or replaces the one of the same key."""
        return Request(NEW_ROUTE, CREATE | REPLACE, self._pack())

    def remove(self) -> Request:
        """Return the request that deletes the route of the same key."""
        bare = replace(self, interface=0, gateway=None, tail=b"", preferred=None, mtu=0)
        return Request(DELETE_ROUTE, 0, bare._pack())

    def _pack(self) -> bytes:
        source, local = self.source, self.kind == LOCAL
        parts = [
            _ROUTE.pack(
                *(_AF_INET6, self.prefix.length, source.length if source else 0, 0),
                *(_short(self.table), OWNER, 0, self.kind, 0),
            ),
            attribute(_DESTINATION, self.prefix.network),
            attribute(_PRIORITY, _WORD.pack(_METRIC_OF_LOCAL if local else self.metric)),
        ]
        if source:
            parts.append(attribute(_SOURCE, source.network))
        if self.interface:
            parts.append(attribute(_OUT, _WORD.pack(self.interface)))
        if self.gateway:
            parts.append(attribute(_GATEWAY, self.gateway))
        if self.preferred:
            parts.append(attribute(_PREFERRED, self.preferred))
        if self.mtu:
            parts.append(attribute(_METRICS, attribute(_MTU, _WORD.pack(self.mtu))))
        if self.table != _short(self.table):
            parts.append(attribute(_TABLE, _WORD.pack(self.table)))
        parts.append(self.tail)
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the routing policy: what matches looks into ``table``, or is discarded if 0.

    With ``go_to`` it goes on with the rule of that preference; ``user`` is a user id, ``mark`` one
    that nftables has put on the packet.
    """

    preference: int
    table: int = 0
    interface: str = ""
    source: Prefix | None = None
    destination: Prefix | None = None
    protocol: int = 0
    go_to: int = 0
    user: int | None = None
    mark: int = 0

    def install(self) -> Request:
        """Return the request that adds this rule; it fails with EEXIST where it is there."""
        return Request(NEW_RULE, CREATE | EXCLUSIVE, self._pack())

    def remove(self) -> Request:
        """Return the request that deletes this rule."""
        return Request(DELETE_RULE, 0, self._pack())

    def _pack(self) -> bytes:
        source, destination = self.source, self.destination
        action = TO_TABLE if self.table else GO_TO if self.go_to else DISCARD
        parts = [
            _ROUTE.pack(
                *(_AF_INET6, destination.length if destination else 0),
                *(source.length if source else 0, 0, _short(self.table), 0, 0, action, 0),
            ),
            attribute(6, _WORD.pack(self.preference)),
            attribute(21, bytes([OWNER])),
        ]
        if destination:
            parts.append(attribute(1, destination.network))
        if source:
            parts.append(attribute(2, source.network))
        if self.interface:
            parts.append(attribute(3, self.interface.encode() + b"\0"))
        if self.protocol:
            parts.append(attribute(22, bytes([self.protocol])))
        if self.go_to:
            parts.append(attribute(4, _WORD.pack(self.go_to)))
        if self.mark:
            parts.append(attribute(10, _WORD.pack(self.mark)))
        if self.user is not None:
            parts.append(attribute(20, struct.pack("=II", self.user, self.user)))
        if self.table != _short(self.table):
            parts.append(attribute(_TABLE, _WORD.pack(self.table)))
        return b"".join(parts)


def _short(table: int) -> int:
    """Return ``table`` as the header has it, whose one octet holds no larger ones."""
    return table if table < 256 else 0


def remove_kernel_rule(preference: int, table: int) -> Request:
    """Return the request that deletes a rule which the kernel made itself."""
    header = _ROUTE.pack(_AF_INET6, 0, 0, 0, table, 0, 0, TO_TABLE, 0)
    return Request(DELETE_RULE, 0, header + attribute(6, _WORD.pack(preference)))


def install_neighbor(interface: int, address: Address, link_layer_address: bytes) -> Request:
    """Return the request that makes a neighbour known until it is removed."""
    permanent = 0x80
    body = _NEIGHBOR.pack(_AF_INET6, interface, permanent, 0, 0) + attribute(1, address)
    body += attribute(2, link_layer_address) + attribute(12, bytes([OWNER]))
    return Request(NEW_NEIGHBOR, CREATE | REPLACE, body)


def remove_neighbor(interface: int, address: Address) -> Request:
    """Return the request that forgets a neighbour."""
    body = _NEIGHBOR.pack(_AF_INET6, interface, 0, 0, 0) + attribute(1, address)
    return Request(DELETE_NEIGHBOR, 0, body)


def interface_of(answer: bytes) -> int:
    """Return the index of the interface that a route leaves by, 0 where it has none."""
    (index,) = _WORD.unpack(attributes(answer[_ROUTE.size :]).get(_OUT, bytes(4)))
    return int(index)


def gateway_of(answer: bytes) -> Address | None:
    """Return the router that a route leads to, None where it leads to a neighbour."""
    found = attributes(answer[_ROUTE.size :]).get(_GATEWAY)
    return Address(found) if found else None


def encapsulates(answer: bytes) -> bool:
    """Say whether a route puts packets into a tunnel."""
    return _ENCAPSULATION in attributes(answer[_ROUTE.size :])


def route_to(address: Address, source: Address | None = None) -> Request:
    """Return the query for the route to ``address``; ``interface_of`` reads the answer."""
    header = _ROUTE.pack(_AF_INET6, 128, 128 if source else 0, 0, 0, 0, 0, 0, 0)
    body = header + attribute(_DESTINATION, address)
    return Request(GET_ROUTE, 0, body + attribute(_SOURCE, source) if source else body)


def install_tunnel_device(index: int, name: str, local: Address, remote: Address) -> Request:
    """Return the request that makes an IPv6-in-IPv6 tunnel device and sets it up."""
    body = _LINK.pack(0, 0, index, _UP, _UP) + attribute(3, name.encode() + b"\0")
    return Request(NEW_LINK, CREATE | EXCLUSIVE, body + _tunnel_device(local, remote))


def change_tunnel_device(index: int, local: Address, remote: Address) -> Request:
    """Return the request that gives a tunnel device other ends."""
    return Request(NEW_LINK, 0, _LINK.pack(0, 0, index, 0, 0) + _tunnel_device(local, remote))


def _tunnel_device(local: Address, remote: Address) -> bytes:
    """Describe a device without the tunnel encapsulation limit option (RFC 2473 §4.1.1).

    So both ways of tunnelling put the same octets on the wire.
    """
    ignore_limit, hop_limit, ipv6_in_ipv6 = 0x1, 64, 41
    data = attribute(2, local) + attribute(3, remote) + attribute(4, bytes([hop_limit]))
    data += attribute(8, _WORD.pack(ignore_limit)) + attribute(9, bytes([ipv6_in_ipv6]))
    return attribute(18, attribute(1, b"ip6tnl") + attribute(2, data))


def remove_tunnel_device(index: int) -> Request:
    """Return the request that deletes the device ``index``."""
    return Request(DELETE_LINK, 0, _LINK.pack(0, 0, index, 0, 0))
