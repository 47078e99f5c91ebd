"""A program as another user without its loss of power: ``python as_user.py UID PROGRAM...``.

The user is how a node's kernel tells the program's packets apart when it chooses their source
address. All capabilities stay, and a set-uid program stays that user too.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# Numbers that Linux distributions leave to nobody (systemd's UIDS-GIDS): flows, then `exec`.
FLOWS = range(60_800, 61_000)
COMMANDS = range(61_000, 61_100)

_KEEP_CAPABILITIES, _NO_NEW_PRIVILEGES, _AMBIENT, _RAISE = 8, 38, 47, 2
_VERSION = 0x2008_0522  # of the structures below
_WORDS = 2

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


def available() -> bool:
    """Say whether this process may become other users: in most user namespaces there are none."""
    if os.geteuid():
        return False
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    begins = ((int(first), int(length)) for first, _, length in map(str.split, lines))
    return any(first <= FLOWS[0] and COMMANDS[-1] < first + length for first, length in begins)


def become(user: int) -> None:
    """Let the calling process be ``user`` with the capabilities it has; OSError if it may not."""
    _control(_KEEP_CAPABILITIES, 1)
    os.setresuid(user, user, user)
    header, data = _Header(_VERSION, 0), (_Data * _WORDS)()
    _check(_libc.capget(ctypes.byref(header), data))
    for word in data:
        word.effective = word.inheritable = word.permitted
    _check(_libc.capset(ctypes.byref(header), data))
    for index, word in enumerate(data):
        for bit in range(32):
            if word.permitted >> bit & 1:
                _control(_AMBIENT, _RAISE, 32 * index + bit)
    _control(_NO_NEW_PRIVILEGES, 1)


def _control(option: int, first: int, second: int = 0) -> None:
    words = (ctypes.c_ulong(each) for each in (first, second, 0, 0))
    _check(_libc.prctl(option, *words))


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    become(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
