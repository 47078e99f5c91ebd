"""Interfaces of this node by name and by index."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from agents.wire.address import Address


def index_of(name: str) -> int:
    """Return the index of the interface ``name``; OSError that names it where there is none."""
    try:
        return socket.if_nametoindex(name)
    except OSError as error:
        raise OSError(errno.ENODEV, f"no interface {name!r}") from error


def name_of(index: int) -> str:
    """Return the name of the interface ``index``, or the index as text where it has gone."""
    try:
        return _name_of(index)
    except OSError:
        return str(index)


@lru_cache(maxsize=256)
def _name_of(index: int) -> str:
    """Ask the kernel once: interfaces keep their names, and no other gets the same index."""
    return socket.if_indextoname(index)


def holder_of(address: Address) -> int:
    """Return the index of the interface that has ``address``, 0 where none has it."""
    wanted = address.hex()
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        held, index, *_ = line.split()
        if held == wanted:
            return int(index, 16)
    return 0


def addresses_of(interface: int) -> list[Address]:
    """Return the global addresses of the interface with this index."""
    rows = (line.split() for line in Path("/proc/net/if_inet6").read_text().splitlines())
    return [
        Address.fromhex(row[0]) for row in rows if int(row[1], 16) == interface and row[3] == "00"
    ]


def wired(access: Sequence[str]) -> list[int]:
    """Return the indices of the interfaces that lead to other routers and to hosts."""
    others = {"lo", *access}
    named = socket.if_nameindex()
    return [index for index, name in named if name not in others and not name.startswith("dmm-")]
