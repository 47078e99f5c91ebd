"""Signals that ask an agent to end, as readable events of its loop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from agents.live.loop import Loop


def on_request_to_end(loop: Loop, callback: Callable[[], None]) -> None:
    """Call ``callback`` from ``loop`` once this process gets SIGTERM; a second one ends it."""
    asked = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def ask(number: int, frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.eventfd_write(asked, 1)

    def hear() -> None:
        loop.forget(asked)
        callback()

    loop.watch(asked, hear)
    signal.signal(signal.SIGTERM, ask)
