"""The delay line: one process that carries the frames of all delayed links between TAP devices.

``python delayline.py DESCRIPTOR`` takes its links from the socket ``DESCRIPTOR``, one JSON object
a message: ``{"line": name, "seed": seed, "settings": {...}}`` with the descriptors of the two
ends, ``{"change": name, "settings": {...}}`` and ``{"counters": true}``. It ends with the socket.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import json
import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic_ns
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from testbed.emulated.kernel import Timer, come_first
from testbed.emulated.links.direction import Direction
from testbed.emulated.links.tap import OFFLOAD_HEADER
from testbed.topology.network import LinkSettings

FRAME = 65_536 + 64  # octets of the largest bundle
BURST = 32  # frames taken from one device before those that are due go out
MESSAGE = 4096


class DelayLine:
    """All links of the process, and the frames that are on their way, by due time."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lines: dict[str, tuple[Direction, Direction]] = {}
        self._by_source: dict[int, Direction] = {}
        self._on_the_way: list[tuple[int, int, int, bytes]] = []
        self._order = itertools.count()
        self._timer = Timer()
        self._armed_for = 0
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)
        self._poll.register(self._timer.descriptor, select.EPOLLIN)
        self._open = True

    def run(self) -> None:
        """Carry frames until the control socket is closed."""
        special = {self._control.fileno(): self._serve, self._timer.descriptor: self._timer.clear}
        while self._open:
            for descriptor, _ in self._poll.poll():
                direction = self._by_source.get(descriptor)
                if direction is None:
                    special[descriptor]()
                else:
                    self._take(descriptor, direction)
            self._release()

    def _take(self, descriptor: int, direction: Direction) -> None:
        read, push, way, order = os.read, heapq.heappush, self._on_the_way, self._order
        for _ in range(BURST):
            try:
                frame = read(descriptor, FRAME)
            except BlockingIOError:
                return
            except OSError:  # the device was deleted
                self._poll.unregister(descriptor)
                return
            due = direction.release_at(monotonic_ns(), len(frame) - OFFLOAD_HEADER)
            if due is not None:
                push(way, (due, next(order), direction.out, frame))

    def _release(self) -> None:
        way = self._on_the_way
        while way and way[0][0] <= monotonic_ns():
            _, _, out, frame = heapq.heappop(way)
            with suppress(OSError):  # the device is down: the cable leads nowhere
                os.write(out, frame)
        if way and way[0][0] != self._armed_for:
            self._armed_for = way[0][0]
            self._timer.arm(self._armed_for)

    def _serve(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE, 2)
        if not message:
            self._open = False
            return
        request = json.loads(message)
        self._control.send(json.dumps(self._answer(request, descriptors)).encode())

    def _answer(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if "line" in request:
            self._add(request["line"], request["seed"], _settings(request), descriptors)
        elif "change" in request:
            for direction in self._lines[request["change"]]:
                direction.change(_settings(request))
        return {
            name: {"lost": [each.lost for each in line], "dropped": [each.dropped for each in line]}
            for name, line in self._lines.items()
            if "counters" in request
        }

    def _add(self, name: str, seed: int, settings: LinkSettings, ends: list[int]) -> None:
        near, far = ends
        self._lines[name] = (
            Direction(far, settings, Random(f"{seed}/{name}/forth")),
            Direction(near, settings, Random(f"{seed}/{name}/back")),
        )
        for source, direction in zip(ends, self._lines[name], strict=True):
            self._by_source[source] = direction
            self._poll.register(source, select.EPOLLIN)


def _settings(request: dict[str, Any]) -> LinkSettings:
    return LinkSettings(**request["settings"])


def main(descriptor: int) -> None:
    """Be the delay line of a run; tell the priority first."""
    gc.disable()
    with socket.socket(fileno=descriptor) as control:
        control.send(json.dumps({"priority": come_first()}).encode())
        DelayLine(control).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
