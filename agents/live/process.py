"""What Python's library lacks of Linux: entering a network namespace, dying with the parent."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress

_NEW_NET = 0x40000000
_SET_DEATH_SIGNAL, _SET_NAME = 1, 15
_libc = ctypes.CDLL(None, use_errno=True)


def enter_network_of(pid: int) -> None:
    """Enter the network namespace of process ``pid``; OSError where that is not possible."""
    try:
        descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    except OSError as error:
        raise _cannot_enter(pid, error.errno or 0) from error
    try:
        if _libc.setns(descriptor, _NEW_NET) != 0:
            raise _cannot_enter(pid, ctypes.get_errno())
    finally:
        os.close(descriptor)


def _cannot_enter(pid: int, number: int) -> OSError:
    return OSError(number, f"cannot enter the network of process {pid}: {os.strerror(number)}")


def die_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent``, which forked it, ends."""
    _libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def go_first() -> None:
    """Run before ordinary programs as soon as there is work, where this process may."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def name_process(name: str) -> None:
    """Let ``ps`` and ``top`` show this process as ``name`` (15 octets at most)."""
    _libc.prctl(_SET_NAME, name.encode()[:15], 0, 0, 0)
