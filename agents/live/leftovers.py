"""What an agent that ran here before has left in the kernel: a restarted one begins anew."""

from __future__ import annotations

import socket
import struct

from agents.live import (
    arrivals,
    flow_meter,
    flow_watch,
    inner_sources,
    oversize,
    peer_watch,
    refusal,
    rejections,
    reverse_path,
    steering,
    tables,
)
from agents.live.addresses import DELETE_ADDRESS, GET_ADDRESS, PROTOCOL_OF_ADDRESS, PROXY
from agents.live.netlink import Netlink, Request, attributes
from agents.live.nftables import delete_tables
from agents.live.requests import (
    BLACKHOLE,
    DELETE_NEIGHBOR,
    DELETE_ROUTE,
    DELETE_RULE,
    GET_NEIGHBOR,
    GET_ROUTE,
    GET_RULE,
    OWNER,
)

_HEADER = 12  # octets of rtmsg, fib_rule_hdr and ndmsg alike
_HEADER_OF_ADDRESS = 8  # and of ifaddrmsg
_TABLES = (
    *(reverse_path.TABLE, arrivals.TABLE, peer_watch.TABLE, *refusal.TABLES),
    *(
        oversize.TABLE,
        steering.TABLE,
        inner_sources.TABLE,
        flow_watch.TABLE,
        rejections.TABLE,
        flow_meter.TABLE,
    ),
)
_PROTOCOL_OF_ROUTE, _KIND_OF_ROUTE = 5, 7
_PER_BINDING = (
    *(tables.JUST_STEERED, tables.STEERED, tables.OF_HOST, tables.BETWEEN_ATTACHED),
    *(tables.OUT_OF_TUNNEL, tables.BY_USER),
)
_RULE_PREFERENCE, _RULE_PROTOCOL, _NEIGHBOR_PROTOCOL = 6, 21, 12


def clear(netlink: Netlink) -> int:
    """Delete what an earlier agent has made; return how much that was.

    That is its routes, neighbours, addresses and per-binding rules; its tables of nftables are
    replaced by those that use them.
    """
    found = _routes(netlink) + _neighbors(netlink) + _proxies(netlink) + _rules(netlink)
    found += _addresses(netlink)  # last: with them go routes that prefer them
    netlink.execute(found)
    delete_tables(_TABLES)
    return len(found)


def _routes(netlink: Netlink) -> list[Request]:
    of_agents = struct.pack("=BBBBBBBBI", socket.AF_INET6, 0, 0, 0, 0, OWNER, 0, 0, 0)
    bodies = netlink.dump(Request(GET_ROUTE, 0, of_agents))
    return [Request(DELETE_ROUTE, 0, body) for body in bodies if _opens(body)]


def _opens(body: bytes) -> bool:
    """Say whether it is a route of an agent, but for those that close what no route opens."""
    return body[_PROTOCOL_OF_ROUTE] == OWNER and body[_KIND_OF_ROUTE] != BLACKHOLE


def _neighbors(netlink: Netlink, flags: int = 0) -> list[Request]:
    bodies = netlink.dump(
        Request(GET_NEIGHBOR, 0, struct.pack("=BxxxiHBB", socket.AF_INET6, 0, 0, flags, 0))
    )
    return [
        Request(DELETE_NEIGHBOR, 0, body)
        for body in bodies
        if attributes(body[_HEADER:]).get(_NEIGHBOR_PROTOCOL) == bytes([OWNER])
    ]


def _proxies(netlink: Netlink) -> list[Request]:
    return _neighbors(netlink, PROXY)


def _addresses(netlink: Netlink) -> list[Request]:
    bodies = netlink.dump(Request(GET_ADDRESS, 0, struct.pack("=BBBBI", socket.AF_INET6, *[0] * 4)))
    return [
        Request(DELETE_ADDRESS, 0, body)
        for body in bodies
        if attributes(body[_HEADER_OF_ADDRESS:]).get(PROTOCOL_OF_ADDRESS) == bytes([OWNER])
    ]


def _rules(netlink: Netlink) -> list[Request]:
    bodies = netlink.dump(
        Request(GET_RULE, 0, struct.pack("=BBBBBBBBI", socket.AF_INET6, *[0] * 8))
    )
    return [Request(DELETE_RULE, 0, body) for body in bodies if _per_binding(body)]


def _per_binding(body: bytes) -> bool:
    values = attributes(body[_HEADER:])
    (preference,) = struct.unpack("=I", values.get(_RULE_PREFERENCE, bytes(4)))
    mine = values.get(_RULE_PROTOCOL) == bytes([OWNER])
    return mine and preference in _PER_BINDING
