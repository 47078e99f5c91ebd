"""A command in the namespaces of a node, in the foreground of whoever calls."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NoReturn

from testbed.emulated import kernel
from testbed.emulated.traffic.as_user import become

_KINDS = {
    "pid": kernel.CLONE_NEWPID,
    "net": kernel.CLONE_NEWNET,
    "mnt": kernel.CLONE_NEWNS,
}
_PASSED_ON = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT}
_BY_KERNEL = 0x80  # SI_KERNEL: the terminal has told the whole group
_NOT_FOUND = 127


def run_as(user: int, holder: int, arguments: Sequence[str]) -> int:
    """Run a command as ``user`` where process ``holder`` is, and return its exit status.

    Signals that come meanwhile are the command's; one that ends it makes 128 and its number.
    OSError where the namespaces cannot be entered. From then on what this process starts is in
    the process namespace of ``holder``.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON | {signal.SIGCHLD})
    with ExitStack() as opened:
        namespaces = {}
        for name in _KINDS:
            namespaces[name] = os.open(f"/proc/{holder}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)
            opened.callback(os.close, namespaces[name])
        kernel.setns(namespaces["pid"], _KINDS["pid"])
        child = os.fork()
        if child == 0:
            _become_command(user, namespaces, arguments)
    return _await(child)


def _become_command(user: int, namespaces: dict[str, int], arguments: Sequence[str]) -> NoReturn:
    try:
        for name in ("net", "mnt"):
            kernel.setns(namespaces[name], _KINDS[name])
        become(user)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execvp(arguments[0], list(arguments))
    except OSError as error:
        print(f"dmm-testbed: cannot run {arguments[0]}: {error.strerror}", file=sys.stderr)
    os._exit(_NOT_FOUND)


def _await(child: int) -> int:
    while True:
        told = signal.sigwaitinfo(_PASSED_ON | {signal.SIGCHLD})
        if told.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        elif told.si_code != _BY_KERNEL:
            os.kill(child, told.si_signo)
