"""Whole Diameter messages over a stream socket that never blocks (RFC 6733 §2.1)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

from agents.live.diameter_messages import HEADER
from agents.live.loop import Loop
from agents.wire.address import Address

TRANSPORTS = {"tcp": socket.IPPROTO_TCP, "sctp": socket.IPPROTO_SCTP}
_LARGEST = 1 << 16  # octets of a message: those here have a few hundred
_MOST_UNSENT = 1 << 20  # octets that a peer may leave unread
_CHUNK = 1 << 16
_VERSION = 1
_NO_DELAY = {socket.IPPROTO_TCP: socket.TCP_NODELAY, socket.IPPROTO_SCTP: 3}
_START = struct.Struct("!I")


def stream_socket(transport: str) -> socket.socket:
    """Return a socket that does not block; OSError where the kernel lacks the transport."""
    protocol = TRANSPORTS[transport]
    try:
        made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, protocol)
    except OSError as error:
        raise OSError(error.errno, f"this kernel has no {transport.upper()}") from error
    made.setsockopt(protocol, _NO_DELAY[protocol], 1)
    return made


class Stream:
    """A connection: what comes in is told message by message, what goes out is kept in order.

    ``heard`` takes the octets of a message; ``ended`` why the connection is over, once, and not
    where ``close`` ended it.
    """

    def __init__(
        self,
        connection: socket.socket,
        loop: Loop,
        heard: Callable[[bytes], None],
        ended: Callable[[str], None],
    ) -> None:
        self._socket: socket.socket | None = connection
        self._loop = loop
        self._heard, self._ended = heard, ended
        self._received, self._unsent = b"", b""
        loop.watch(connection.fileno(), self._read)

    def ends(self) -> tuple[Address, Address]:
        """Return the addresses here and there; OSError where the connection is over."""
        assert self._socket is not None
        here, there = self._socket.getsockname()[0], self._socket.getpeername()[0]
        return Address.parse(here), Address.parse(there)

    def await_connection(self, connected: Callable[[], None]) -> None:
        """Call ``connected`` once the socket is connected."""
        assert self._socket is not None
        self._loop.when_writable(self._socket.fileno(), lambda: self._connected(connected))

    def send(self, octets: bytes) -> None:
        """Send a message, now as far as the kernel takes it."""
        if self._socket is None:
            return
        waiting = bool(self._unsent)
        self._unsent += octets
        if len(self._unsent) > _MOST_UNSENT:
            self._end("the peer reads nothing")
        elif not waiting:
            self._write()

    def close(self) -> None:
        """End the connection; what the kernel has taken still goes out."""
        if self._socket is not None:
            self._loop.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _end(self, why: str) -> None:
        self.close()
        self._ended(why)

    def _connected(self, connected: Callable[[], None]) -> None:
        if self._socket is None:
            return
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._end(_reason(OSError(number, "")))
        else:
            connected()

    def _read(self) -> None:
        if self._socket is None:
            return
        try:
            octets = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(_reason(error))
            return
        if not octets:
            self._end("closed by the peer")
            return
        self._received += octets
        self._tell()

    def _tell(self) -> None:
        while self._socket is not None and len(self._received) >= 4:
            (word,) = _START.unpack_from(self._received)
            length = word & 0xFFFFFF
            if word >> 24 != _VERSION or length % 4 or not HEADER <= length <= _LARGEST:
                self._end("what comes is no Diameter")
                return
            if len(self._received) < length:
                return
            octets, self._received = self._received[:length], self._received[length:]
            self._heard(octets)

    def _write(self) -> None:
        if self._socket is None:
            return
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(_reason(error))
            return
        if self._unsent:
            self._loop.when_writable(self._socket.fileno(), self._write)


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
