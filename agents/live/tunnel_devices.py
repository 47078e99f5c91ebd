"""Tunnels as ip6tnl devices, one per peer, for kernels whose segment routing is too old.

A device takes packets of its own remote end only; other senders find no device.
"""

from __future__ import annotations

import errno
import socket

from agents.core.actions import Delivery
from agents.live import tables
from agents.live.netlink import Netlink, Request
from agents.live.requests import (
    Rule,
    change_tunnel_device,
    install_tunnel_device,
    remove_tunnel_device,
)
from agents.live.tunnels import Entry
from agents.wire.address import Address

_NAME = "dmm-peer"
_FIRST_INDEX = 1_000_000  # we name the index, so that a route can follow in the same datagram
_PROBE = Address.parse("100::1")


class TunnelDevices:
    """Tunnels by devices of the kernel module ip6_tunnel."""

    name = "ip6tnl"

    def __init__(self, netlink: Netlink) -> None:
        self._delivery: dict[Address, Delivery] = {}
        self._indices: dict[Address, int] = {}
        self._local: dict[Address, Address] = {}
        self._next = _FIRST_INDEX
        netlink.execute([remove_tunnel_device(index) for index in _leftovers()])

    def accept(self, local: Address, delivery: Delivery) -> None:
        """See ``Tunnels``."""
        self._delivery[local] = delivery

    def add(self, local: Address, remote: Address) -> list[Request]:
        """See ``Tunnels``."""
        if self._local.get(remote) == local:
            return []
        self._local[remote] = local
        if remote in self._indices:  # a host that has moved: its routes stay
            index = self._indices[remote]
            return [change_tunnel_device(index, local, remote)]
        index, self._next = self._next, self._next + 1
        self._indices[remote] = index
        device = install_tunnel_device(index, _name(index), local, remote)
        return [device, *(rule.install() for rule in self._rules(local, index))]

    def remove(self, local: Address, remote: Address) -> list[Request]:
        """See ``Tunnels``."""
        if self._local.get(remote) != local:
            return []
        del self._local[remote]
        index = self._indices.pop(remote)
        rules = [rule.remove() for rule in self._rules(local, index)]
        return [*rules, remove_tunnel_device(index)]

    def find(self, remote: Address) -> Entry | None:
        """See ``Tunnels``."""
        return Entry(self._indices[remote], b"") if remote in self._indices else None

    def way(self, local: Address, remote: Address) -> Entry:
        """See ``Tunnels``: a device is a peer's, and a host's flows need two to one peer."""
        text = "flows are steered into tunnels of segment routing (seg6), not into ip6tnl devices"
        raise OSError(errno.EOPNOTSUPP, text)

    def look_anew(self) -> list[Request]:
        """See ``Tunnels``: a device does."""
        return []

    def _rules(self, local: Address, index: int) -> list[Rule]:
        if self._delivery.get(local) is not Delivery.ATTACHED:
            return []
        name = _name(index)
        return [
            Rule(tables.OUT_OF_TUNNEL, tables.ATTACHED, name),
            Rule(tables.INGRESS_FILTER, interface=name),
        ]


def probe(netlink: Netlink) -> str:
    """Return why this kernel has no tunnel devices, or "" where it has."""
    device = install_tunnel_device(_FIRST_INDEX - 1, f"{_NAME}-probe", _PROBE, _PROBE)
    (outcome,) = netlink.execute([device])
    if outcome is not None and outcome.number != errno.EEXIST:
        return str(outcome)
    netlink.execute([remove_tunnel_device(_FIRST_INDEX - 1)])
    return ""


def _name(index: int) -> str:
    return f"{_NAME}{index - _FIRST_INDEX}"


def _leftovers() -> list[int]:
    return [index for index, name in socket.if_nameindex() if name.startswith(_NAME)]
