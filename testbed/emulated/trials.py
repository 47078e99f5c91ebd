"""What the kernel can do, by trying it in a namespace that is thrown away."""

from __future__ import annotations

import os
import socket
import struct

from testbed.emulated import rtnetlink
from testbed.emulated.links import choice
from testbed.emulated.links.choice import Way
from testbed.emulated.links.tap import open_tap
from testbed.emulated.rtnetlink import Device, Request, attribute

_BRIDGE, _NEAR, _FAR, _TAP = 11, 12, 13, 14
_LIGHTWEIGHT_TUNNEL, _TUNNEL_TYPE, _SEG6 = 22, 21, 5
_REDUCED = 3  # SEG6_IPTUN_MODE_ENCAP_RED, since Linux 6.0


def attempt_all() -> dict[str, bool]:
    """Return which of the kernel's features work here; call it in a namespace of its own."""
    offered = choice.offered()
    requests = rtnetlink.Socket()
    pair = [
        rtnetlink.bridge(Device("bridge", _BRIDGE)),
        rtnetlink.veth(Device("near", _NEAR), Device("far", _FAR)),
        rtnetlink.set_master(_FAR, _BRIDGE, "far"),
    ]
    isolates = _accepts(requests, *pair, rtnetlink.isolate(_FAR, "far"))
    routes_into_tunnels = _accepts(requests, _seg6_route())
    return {
        "netem": Way.NETEM in offered,
        "tbf": Way.TBF in offered,
        "tap": _has_tap(),
        "isolated ports": isolates,
        "seg6": routes_into_tunnels,
        # Tried only where it is needed: the kernel's module leaves a device ip6tnl0 on the host.
        "ip6tnl": not routes_into_tunnels and _accepts(requests, _tunnel_device()),
    }


def _accepts(requests: rtnetlink.Socket, *wanted: Request) -> bool:
    try:
        requests.send(wanted)
    except rtnetlink.NetlinkError:
        return False
    return True


def _has_tap() -> bool:
    try:
        os.close(open_tap("tap", _TAP, bundled=True))
    except OSError:
        return False
    return True


def _seg6_route() -> Request:
    """Route into a tunnel by segment routing with one segment, which shows on no wire."""
    peer = socket.inet_pton(socket.AF_INET6, "2001:db8::2")
    routing_header = struct.pack("!BBBBBBH", 0, 2, 4, 0, 0, 0, 0) + peer
    encapsulation = attribute(1, struct.pack("=i", _REDUCED) + routing_header)
    kind, _, body, what = rtnetlink.route(_NEAR, "2001:db8:1::/64", None, "near")
    body += attribute(_TUNNEL_TYPE, struct.pack("=H", _SEG6))
    return kind, rtnetlink.CREATE, body + attribute(_LIGHTWEIGHT_TUNNEL, encapsulation), what


def _tunnel_device() -> Request:
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attribute(3, b"tunnel\0")
    addresses = attribute(2, bytes(15) + b"\2") + attribute(3, bytes(15) + b"\3")
    information = attribute(1, b"ip6tnl\0") + attribute(2, addresses)
    return rtnetlink.NEWLINK, rtnetlink.CREATE, body + attribute(18, information), "tunnel"
