"""One end of a constant-rate UDP flow: ``python datagrams.py JSON``, run by itself on a node.

Sends at absolute times, so that a late datagram does not delay those after it, each with a
sequence number (see testbed/evidence/payload.py), counted on from ``first``. Receives until SIGINT
or SIGTERM, then prints what it sent and received as JSON.
"""

from __future__ import annotations

import json
import select
import signal
import socket
import sys
from pathlib import Path
from time import monotonic_ns, time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from testbed.emulated.kernel import Timer
from testbed.evidence import payload

FREE_BIND = 78  # IPV6_FREEBIND: the address may come later, as a mobile's does
SECOND = 1_000_000_000  # nanoseconds
LATE = 0.2  # seconds of missed datagrams that are made up for; more are skipped


class End:
    """Sends and receives the datagrams of one flow at one node."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._peer = (plan["peer"], plan["port"])
        self._downward: bool = plan["downward"]
        self._size: int = plan["size"]
        self._interval = round(plan["interval"] * SECOND)
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IPV6, FREE_BIND, 1)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, plan["traffic_class"])
        self._socket.bind((plan["local"], plan["port"]))
        self._socket.setblocking(False)
        self._timer = Timer()
        self._sends: bool = plan["sends"]
        self._first: int = plan["first"]
        self._next_at = monotonic_ns()
        self._seen: set[int] = set()
        self._last_error = ""
        self.counts = {"sent": 0, "refused": 0, "received": 0, "duplicated": 0}

    def run(self) -> None:
        """Send and receive until a signal comes."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if self._sends:
            poll.register(self._timer.descriptor, select.POLLIN)
            self._timer.arm(self._next_at)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._timer.descriptor:
                    self._timer.clear()
                    self._send_due()
                else:
                    self._receive()

    def summary(self) -> dict[str, Any]:
        """Return what was sent and received, and the last reason why sending was refused.

        ``next`` is the number that the flow goes on with if it is started again.
        """
        number = self._first + self.counts["sent"]
        about = {"downward": self._downward, "next": number}
        return {**about, **self.counts, "error": self._last_error}

    def _send_due(self) -> None:
        now = monotonic_ns()
        if now - self._next_at > LATE * SECOND:
            self._next_at = now
        while self._next_at <= now:
            self._send()
            self._next_at += self._interval
        self._timer.arm(self._next_at)

    def _send(self) -> None:
        stamp = payload.Stamp(self._downward, self._first + self.counts["sent"], time())
        try:
            self._socket.sendto(payload.emit(stamp, self._size), self._peer)
            self.counts["sent"] += 1
        except OSError as error:
            self.counts["refused"] += 1
            self._last_error = str(error)

    def _receive(self) -> None:
        try:
            octets = self._socket.recv(65536)
        except OSError as error:
            self._last_error = str(error)  # such as an ICMPv6 error that came back
            return
        stamp = payload.parse(octets)
        if stamp is None or stamp.downward == self._downward:
            return
        seen = stamp.sequence in self._seen
        self._seen.add(stamp.sequence)
        self.counts["duplicated" if seen else "received"] += 1


class _Stopped(BaseException):
    """The flow is to end."""


def _stop(*_: object) -> None:
    raise _Stopped


def main(plan: dict[str, Any]) -> None:
    """Be one end of a flow until a signal comes."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    end = End(plan)
    try:
        end.run()
    except _Stopped:
        print(json.dumps(end.summary()))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
