"""A private world for one run: its own processes, mounts and network, gone when the run ends.

Three processes stand in a row: the runner that the user sees, a keeper that enters the new
namespaces, and the first process of the sandbox. Each asks the kernel for SIGKILL when the one
before it ends, and the end of the first process takes the whole sandbox with it, so whatever ends
the runner leaves no process, namespace, interface, mount or route behind.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import FrameType

from testbed.emulated import kernel
from testbed.emulated.errors import EmulationError, Terminated

STATE = Path("/run/dmm-testbed")  # inside the sandbox: its /run is a tmpfs of its own
PATIENCE = 1.0  # seconds from which a second request to end is one of its own
BROKEN = 70  # exit status of a keeper that could not build the sandbox
NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET


def enter(work: Callable[[], int]) -> int:
    """Run ``work`` as the first process of a new sandbox and return its exit status.

    Raises EmulationError where this machine or user may not make a sandbox.
    """
    reader, writer = os.pipe()
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        keeper = os.fork()
        if keeper == 0:
            os.close(reader)
            _keep(work, writer)
        os.close(writer)
        status = _supervise(keeper)
        with os.fdopen(reader, encoding="utf-8") as complaints:
            complaint = complaints.read()
    finally:
        signal.signal(signal.SIGINT, interrupted)
    if complaint:
        raise EmulationError(complaint)
    return status


def _supervise(child: int) -> int:
    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    previous = signal.signal(signal.SIGTERM, forward)
    try:
        _, status = os.waitpid(child, 0)
    finally:
        signal.signal(signal.SIGTERM, previous)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _keep(work: Callable[[], int], complaints: int) -> None:
    """Live as the keeper: make the namespaces, start the first process, wait for its end."""
    try:
        user, group = os.geteuid(), os.getegid()
        kernel.unshare(NAMESPACES | (kernel.CLONE_NEWUSER if user else 0))
        if user:
            _map_to_root(user, group)
        kernel.die_with_parent(signal.SIGKILL)
        alive, held = os.pipe()
        first = os.fork()
        if first == 0:
            os.close(held)
            _live(work, complaints, alive)
        os.close(complaints)
        os._exit(_supervise(first))
    except OSError as error:
        _complain(complaints, error)


def _complain(complaints: int, error: OSError) -> None:
    why = (
        "run as root or through sudo, or allow user namespaces "
        "(sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
        if os.environ.get("SUDO_UID") is None
        else "the container or kernel that this runs in forbids it"
    )
    os.write(complaints, f"cannot make namespaces of its own ({error.strerror}): {why}".encode())
    os._exit(BROKEN)


def _map_to_root(user: int, group: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def _live(work: Callable[[], int], complaints: int, alive: int) -> None:
    """Live as the first process of the sandbox, and leave through its exit status alone."""
    status = BROKEN
    try:
        kernel.die_with_parent(signal.SIGKILL)
        if select.select([alive], [], [], 0)[0]:
            os._exit(BROKEN)
        signal.signal(signal.SIGTERM, _terminate)
        signal.signal(signal.SIGINT, _terminate)
        os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        _furnish()
        os.close(complaints)
    except OSError as error:
        _complain(complaints, error)
    try:
        status = work()
    except Terminated:
        status = 128 + signal.SIGINT
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """End the run in order, and at once if asked again after a while.

    One Ctrl-C may arrive several times: from the terminal, and passed on by the runner.
    """
    asked_at = monotonic()

    def insist(_number: int, _frame: FrameType | None) -> None:
        if monotonic() - asked_at > PATIENCE:
            os._exit(128 + signal.SIGINT)

    signal.signal(signal.SIGINT, insist)
    signal.signal(signal.SIGTERM, insist)
    raise Terminated


def _furnish() -> None:
    """Give the sandbox mounts of its own: /proc, /sys and an empty /run."""
    kernel.mount("none", "/", "none", kernel.MS_REC | kernel.MS_PRIVATE)
    hidden = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("proc", "/proc", "proc", hidden | kernel.MS_NOEXEC)
    kernel.mount("sysfs", "/sys", "sysfs", hidden | kernel.MS_NOEXEC)
    kernel.mount("tmpfs", "/run", "tmpfs", hidden)
    STATE.mkdir()
