"""Filters that the kernel runs for packet sockets, so that others do not come here (classic BPF).

Layout: linux/filter.h.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Sequence

Instruction = tuple[int, int, int, int]
"""Code, how many instructions to skip where a jump's condition holds and where not, operand."""

NETWORK = 0xFFF0_0000  # where the IPv6 header begins (SKF_NET_OFF)
INTERFACE = 0xFFFF_F008  # the index of the interface (SKF_AD_IFINDEX)
LOAD_WORD, LOAD_OCTET = 0x20, 0x30
JUMP_EQUAL, JUMP_GREATER, GIVE = 0x15, 0x25, 0x06
ALL, NOTHING = (GIVE, 0, 0, 0x40000), (GIVE, 0, 0, 0)
MOST = 4096  # instructions to a filter

_ATTACH = 26


def attach(sock: socket.socket, program: Sequence[Instruction]) -> None:
    """Let through to ``sock`` what ``program`` gives; OSError where the kernel refuses it."""
    octets = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    memory = ctypes.create_string_buffer(octets)
    pointer = struct.pack("@HP", len(program), ctypes.addressof(memory))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH, pointer)
