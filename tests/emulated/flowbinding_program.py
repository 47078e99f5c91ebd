"""A program that knows nothing of mobility: numbered messages to a peer that echoes them.

``python flowbinding_program.py serve PORT...`` echoes datagrams of UDP ports and what comes over
one TCP connection after the other. ``talk KIND LOCAL PEER PORT`` sends on a connected socket every
10 ms until its input ends, then waits for what is under way and prints what happened: every error
that a call returned or that the socket held.
"""

from __future__ import annotations

import errno
import json
import select
import socket
import sys
import threading
from collections.abc import Callable
from time import monotonic

INTERVAL, SIZE = 0.01, 64
LAST_WAIT = 5.0  # s at most for what is under way
FREEBIND = 78  # IPV6_FREEBIND of linux/in6.h


def number(octets: bytes) -> int:
    return int.from_bytes(octets[:4], "big")


class Talk:
    """What one connected socket went through."""

    def __init__(self, kind: str, local: str, peer: str, port: int) -> None:
        self._stream = kind == "tcp"
        made = socket.SOCK_STREAM if self._stream else socket.SOCK_DGRAM
        self._socket = socket.socket(socket.AF_INET6, made)
        self._socket.setsockopt(socket.IPPROTO_IPV6, FREEBIND, 1)
        self._socket.bind((local, 0))
        self._socket.connect((peer, port))
        self._socket.setblocking(False)
        self._left = b""
        self._next = monotonic()
        self.sent, self.short = 0, 0
        self.answers: list[int] = []
        self.errors: list[str] = []

    @property
    def complete(self) -> bool:
        return len(set(self.answers)) == self.sent

    def work(self, *, sending: bool) -> None:
        """Receive for a while, and send what is due."""
        select.select([self._socket], [], [], max(0.0, min(self._next - monotonic(), INTERVAL)))
        self._attempt(self._receive)
        if sending and monotonic() >= self._next:
            self._attempt(self._send)
            self._next += INTERVAL
        held = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if held:
            self.errors.append(errno.errorcode.get(held, str(held)))

    def report(self, word: str) -> None:
        about = {"local": self._socket.getsockname()[:2], "sent": self.sent, "short": self.short}
        lost = sorted(set(range(self.sent)) - set(self.answers))
        rest = {"answered": len(self.answers), "lost": lost, "errors": self.errors}
        print(json.dumps({"word": word, **about, **rest}), flush=True)

    def _send(self) -> None:
        block = self.sent.to_bytes(4, "big") + bytes(SIZE - 4)
        self.short += self._socket.send(block) != SIZE
        self.sent += 1

    def _receive(self) -> None:
        while True:
            octets = self._socket.recv(1 << 16)
            if not octets and self._stream:
                raise ConnectionResetError(errno.ECONNRESET, "the peer has ended")
            self._left += octets
            while len(self._left) >= SIZE:
                self.answers.append(number(self._left))
                self._left = self._left[SIZE:]

    def _attempt(self, call: Callable[[], None]) -> None:
        try:
            call()
        except BlockingIOError:
            return
        except OSError as error:
            self.errors.append(errno.errorcode.get(error.errno or 0, str(error)))


def talk(kind: str, local: str, peer: str, port: int) -> None:
    made = Talk(kind, local, peer, port)
    made.report("began")
    while True:
        made.work(sending=True)
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                break
            made.report("so far")
    until = monotonic() + LAST_WAIT
    while monotonic() < until and not made.complete:
        made.work(sending=False)
    made.report("ended")


def echo(stream: socket.socket) -> None:
    while octets := stream.recv(1 << 16):
        stream.sendall(octets)


def serve(kind: str, port: int) -> None:
    made = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    listening = socket.socket(socket.AF_INET6, made)
    listening.bind(("::", port))
    if kind == "tcp":
        listening.listen()
    print(json.dumps({"word": "listens"}), flush=True)
    while True:
        if kind == "tcp":
            stream, _ = listening.accept()
            threading.Thread(target=echo, args=(stream,), daemon=True).start()
        else:
            octets, source = listening.recvfrom(1 << 16)
            listening.sendto(octets, source)


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    talk(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
