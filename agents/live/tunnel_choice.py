"""Which of the two ways to tunnel this kernel has."""

from __future__ import annotations

import errno

from agents.live import seg6, tunnel_devices
from agents.live.netlink import Netlink, NetlinkError
from agents.live.tunnels import Place, Tunnels

_KINDS = ("seg6", "ip6tnl")


def choose_tunnels(netlink: Netlink, place: Place, backend: str = "") -> Tunnels:
    """Return the better kind of tunnels that this kernel has, or the kind named ``backend``.

    Raises NetlinkError where it has none, ValueError where no kind is called so.
    """
    if backend not in ("", *_KINDS):
        raise ValueError(f"data_path is {backend!r}: it is one of {', '.join(_KINDS)}")
    lacks = {}
    if backend in ("", "seg6"):
        lacks["seg6"] = seg6.probe(netlink)
        if not lacks["seg6"]:
            return seg6.SegmentRouting(netlink, place)
    if backend in ("", "ip6tnl"):
        lacks["ip6tnl"] = tunnel_devices.probe(netlink)
        if not lacks["ip6tnl"]:
            return tunnel_devices.TunnelDevices(netlink)
    reasons = "; ".join(f"{kind}: {why}" for kind, why in lacks.items())
    raise NetlinkError(errno.EOPNOTSUPP, f"this kernel has no IPv6-in-IPv6 tunnels ({reasons})")
