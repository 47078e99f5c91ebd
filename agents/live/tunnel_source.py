"""Which source address the kernel gives to what it encapsulates.

The kernel has one such address to a namespace, and lets only root of the whole machine set it.
Elsewhere it chooses as for any packet (RFC 6724): there a label that this node's tunnel address
and its peer share (rule 6) makes the choice, and is tried out before anything is sent.
"""

from __future__ import annotations

import errno
import socket
import struct

from agents.live.interfaces import addresses_of, holder_of, name_of
from agents.live.netlink import (
    CREATE,
    REPLACE,
    Netlink,
    NetlinkError,
    Request,
    attribute,
    attributes,
)
from agents.wire.address import Address

_NETLINK_GENERIC, _CONTROLLER = 16, 16
_GET_FAMILY, _SET_SOURCE = 3, 3
_NEW_LABEL = 72
_LABEL = 0x44_4D_4D  # any number that nobody else uses
_LABEL_HEADER = struct.Struct("=BxBxII")  # family, prefix length, interface, sequence
_ANY_PORT = 9


class TunnelSource:
    """Sees to it that what this node encapsulates has the source that its peers expect."""

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink
        self._current: Address | None = None
        self._by_label = False

    def use(self, local: Address) -> None:
        """Make ``local`` the source of tunnelled packets; NetlinkError where that cannot be."""
        if local == self._current:
            return
        try:
            set_source(local)
        except NetlinkError as error:
            if error.errno != errno.EPERM:
                raise
            self._by_label = True
        self._current = local

    def towards(self, remote: Address) -> None:
        """Make sure of the source of packets to ``remote``; OSError where it would be another."""
        if not self._by_label or self._current is None:
            return
        self._netlink.require([_label(self._current), _label(remote)])
        chosen = chosen_source(remote)
        if chosen != self._current:
            raise OSError(
                errno.EADDRNOTAVAIL,
                f"tunnels to {remote} would start at {chosen} instead of {self._current}, "
                "and only root may tell the kernel otherwise",
            )


def set_source(address: Address) -> None:
    """Make ``address`` the source of all that this namespace encapsulates; NetlinkError if not."""
    netlink = Netlink(_NETLINK_GENERIC)
    try:
        name = attribute(2, b"SEG6\0")
        answer = netlink.query(Request(_CONTROLLER, 0, _generic_header(_GET_FAMILY) + name))
        (family,) = struct.unpack("=H", attributes(answer[4:])[1])
        request = Request(family, 0, _generic_header(_SET_SOURCE) + attribute(1, address))
        netlink.require([request])
    except KeyError as error:
        raise NetlinkError(errno.ENOENT, "the kernel has no SEG6 family") from error
    finally:
        netlink.close()


def must_start_at(local: Address, interface: int) -> None:
    """Make sure that a host's tunnel by ``interface`` starts at ``local``; OSError where not.

    The kernel takes the address of the interface (RFC 6724 §5, rule 5), which has to be one alone.
    """
    others = [each for each in addresses_of(interface) if each != local]
    if holder_of(local) != interface or others:
        held = ", ".join(map(str, others)) or "no other address"
        name = name_of(interface)
        text = f"a tunnel by {name} would not start at {local}: that interface has {held}"
        raise OSError(errno.EADDRNOTAVAIL, text)


def chosen_source(remote: Address) -> Address:
    """Return the source that the kernel takes towards ``remote``; OSError where it has no way."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as trial:
        trial.connect((str(remote), _ANY_PORT))  # looks the source up and sends nothing
        return Address.parse(trial.getsockname()[0])


def _generic_header(command: int) -> bytes:
    return struct.pack("=BBH", command, 1, 0)


def _label(address: Address) -> Request:
    header = _LABEL_HEADER.pack(socket.AF_INET6, 128, 0, 0)
    label = attribute(1, address) + attribute(2, struct.pack("=I", _LABEL))
    return Request(_NEW_LABEL, CREATE | REPLACE, header + label)
