"""The few system calls that Python 3.11 does not wrap: namespaces, mounts, timers."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x2, 0x4, 0x8
MS_BIND, MS_REC, MS_PRIVATE, MS_SLAVE = 0x1000, 0x4000, 0x4_0000, 0x8_0000

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK, _TFD_CLOEXEC, _TFD_TIMER_ABSTIME = 0o4000, 0o2000000, 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move the calling process into new namespaces; OSError where the system forbids it."""
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    """Move the calling thread into the namespace that ``descriptor`` names."""
    _checked(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str, flags: int = 0) -> None:
    """Mount ``source`` at ``target``, as mount(2)."""
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None)
    _checked(_libc.mount(*arguments), f"mount {target}")


def die_with_parent(signal_number: int) -> None:
    """Ask for ``signal_number`` as soon as the parent of this process ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def set_name(name: str) -> None:
    """Name the calling process (15 characters), as ps and top show it."""
    _checked(_libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0), "prctl")


class Timer:
    """An absolute timer on the monotonic clock with a descriptor to wait on, free of slack."""

    def __init__(self) -> None:
        flags = _TFD_NONBLOCK | _TFD_CLOEXEC
        self.descriptor = _checked(_libc.timerfd_create(_CLOCK_MONOTONIC, flags), "timerfd")
        self._specification = _Itimerspec()
        self._pointer = ctypes.byref(self._specification)
        self._settime = _libc.timerfd_settime

    def arm(self, nanoseconds: int) -> None:
        """Become readable at ``nanoseconds`` of the monotonic clock."""
        value = self._specification.value
        value.seconds, value.nanoseconds = divmod(max(nanoseconds, 1), 1_000_000_000)
        self._settime(self.descriptor, _TFD_TIMER_ABSTIME, self._pointer, None)

    def clear(self) -> None:
        """Take note that the timer has fired."""
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return


@contextmanager
def network_namespace(pid: int) -> Iterator[None]:
    """Let the calling thread work inside the network namespace of process ``pid``."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns(there, CLONE_NEWNET)
        finally:
            os.close(there)
        try:
            yield
        finally:
            setns(home, CLONE_NEWNET)
    finally:
        os.close(home)


def write_setting(name: str, value: object) -> None:
    """Write the sysctl ``name`` ("net/ipv6/conf/all/forwarding") of the current namespace."""
    descriptor = os.open(Path("/proc/sys") / name, os.O_WRONLY)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def has_setting(name: str) -> bool:
    """Say whether the current namespace has the sysctl ``name``."""
    return (Path("/proc/sys") / name).exists()


def come_first() -> str:
    """Let this process, not those it starts, run before all others; return how far that went.

    For those few that must be on time and have little to do: "real-time" or "normal".
    """
    with suppress(OSError):
        once = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, once, os.sched_param(1))
        return "real-time"
    return "normal"
