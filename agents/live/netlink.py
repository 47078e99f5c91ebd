"""Netlink as the agents need it: requests packed by hand, many to a system call, acks read back.

One message of a protocol changes a handful of kernel objects. Packing their requests with
``struct`` and sending them as one datagram costs a few microseconds each, where a general
library needs hundreds: this is what keeps a handover's share of the agent small.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from time import sleep
from typing import NamedTuple

REQUEST, ACK, REPLACE, EXCLUSIVE, CREATE, DUMP = 0x1, 0x4, 0x100, 0x200, 0x400, 0x300
BATCH = 64  # requests to a datagram: their acks fit the smallest receive buffer

_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_SOL_NETLINK, _CAP_ACK, _EXT_ACK, _STRICT = 270, 10, 11, 12
_ACK_TLVS, _ERROR_TEXT = 0x200, 1
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")
_PAUSES = (0.001, 0.004, 0.016, 0.064)  # seconds
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


class Request(NamedTuple):
    """A netlink request: its message type, its flags beside REQUEST, its octets after nlmsghdr."""

    kind: int
    flags: int
    body: bytes


class Failure(NamedTuple):
    """Why the kernel refused a request: an errno and, where the kernel gives one, its sentence."""

    number: int
    text: str

    def __str__(self) -> str:
        return self.text or os.strerror(self.number)


class NetlinkError(OSError):
    """The kernel refused something that the agent cannot do without."""


def attribute(kind: int, payload: bytes) -> bytes:
    """Return one attribute (struct nlattr), padded to the boundary of the next."""
    length = 4 + len(payload)
    return _ATTRIBUTE.pack(length, kind) + payload + _PADDING[length & 3]


def attributes(octets: bytes) -> dict[int, bytes]:
    """Return the attributes in ``octets`` by their kind, the nested bit taken off."""
    found = {}
    offset = 0
    while offset + 4 <= len(octets):
        length, kind = _ATTRIBUTE.unpack_from(octets, offset)
        if length < 4:
            break
        found[kind & 0x3FFF] = octets[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


class Netlink:
    """A netlink socket that is used synchronously: the kernel answers within the system call."""

    def __init__(self, protocol: int = socket.NETLINK_ROUTE) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._socket.bind((0, 0))
        for option in (_CAP_ACK, _EXT_ACK, _STRICT):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def give_away(self) -> socket.socket:
        """Return the socket, to be read for what comes unasked; this object is then of no use."""
        return self._socket

    def execute(self, requests: Sequence[Request]) -> list[Failure | None]:
        """Carry out ``requests`` in order and return, for each, None or why it failed.

        Where memory is short they are tried again: the kernel keeps some for each processor, which
        a thousand tunnels at once use up, and makes more in the background.
        """
        outcomes: list[Failure | None] = []
        for start in range(0, len(requests), BATCH):
            outcomes += self._execute(requests[start : start + BATCH])
        for pause in _PAUSES:
            again = [n for n, outcome in enumerate(outcomes) if _lacks_memory(outcome)]
            if not again:
                break
            sleep(pause)
            for n in again:
                (outcomes[n],) = self._execute([requests[n]])
        return outcomes

    def require(self, requests: Sequence[Request], ignore: Sequence[int] = ()) -> None:
        """Carry out ``requests``; raise NetlinkError where one fails, but for errnos to ignore."""
        for failure in self.execute(requests):
            if failure is not None and failure.number not in ignore:
                raise NetlinkError(failure.number, str(failure))

    def transact(self, requests: Sequence[Request]) -> None:
        """Carry out a netfilter batch, all of it or nothing; NetlinkError if it is refused."""
        first = self._sequence + 1
        self._sequence += len(requests)
        last = len(requests) - 2  # the one before the end of the batch
        packed = (
            _pack(request, first + n, ACK if n == last else 0) for n, request in enumerate(requests)
        )
        self._socket.send(b"".join(packed))
        for kind, flags, _, body in self._received():
            failure = _failure(body, flags) if kind == _NLMSG_ERROR else None
            if failure is not None:
                raise _error(failure)

    def query(self, request: Request) -> bytes:
        """Return the body of the one message that answers ``request``; NetlinkError if refused."""
        self._sequence += 1
        self._socket.send(_pack(request, self._sequence, 0))
        for kind, flags, sequence, body in self._received():
            if sequence == self._sequence:
                if kind == _NLMSG_ERROR:
                    raise _error(_failure(body, flags))
                return body
        raise NetlinkError(0, "no answer")

    def dump(self, request: Request) -> list[bytes]:
        """Return the bodies of all messages that answer a dump; NetlinkError if refused."""
        self._sequence += 1
        self._socket.send(_pack(request, self._sequence, DUMP))
        bodies: list[bytes] = []
        while True:
            for kind, flags, sequence, body in self._received():
                if sequence != self._sequence:
                    continue
                if kind == _NLMSG_ERROR:
                    raise _error(_failure(body, flags))
                if kind == _NLMSG_DONE:
                    return bodies
                bodies.append(body)

    def _execute(self, requests: Sequence[Request]) -> list[Failure | None]:
        first = self._sequence + 1
        self._sequence += len(requests)
        self._socket.send(
            b"".join(_pack(request, first + n, ACK) for n, request in enumerate(requests))
        )
        outcomes: dict[int, Failure | None] = {}
        while len(outcomes) < len(requests):
            for kind, flags, sequence, body in self._received():
                if kind == _NLMSG_ERROR and first <= sequence <= self._sequence:
                    outcomes[sequence] = _failure(body, flags)
        return [outcomes[first + n] for n in range(len(requests))]

    def _received(self) -> Iterator[tuple[int, int, int, bytes]]:
        octets = self._socket.recv(65536)
        offset = 0
        while offset < len(octets):
            length, kind, flags, sequence, _ = _HEADER.unpack_from(octets, offset)
            yield kind, flags, sequence, octets[offset + 16 : offset + length]
            offset += (length + 3) & ~3


def _pack(request: Request, sequence: int, flags: int) -> bytes:
    kind, own_flags, body = request
    length = 16 + len(body)
    header = _HEADER.pack(length, kind, REQUEST | own_flags | flags, sequence, 0)
    return header + body + _PADDING[length & 3]


def _lacks_memory(outcome: Failure | None) -> bool:
    return outcome is not None and outcome.number == errno.ENOMEM


def _failure(body: bytes, flags: int) -> Failure | None:
    (number,) = struct.unpack_from("=i", body)
    if number == 0:
        return None
    text = attributes(body[20:]).get(_ERROR_TEXT, b"") if flags & _ACK_TLVS else b""
    return Failure(-number, text.rstrip(b"\0").decode(errors="replace"))


def _error(failure: Failure | None) -> NetlinkError:
    if failure is None:
        return NetlinkError(0, "an acknowledgement where an answer was due")
    return NetlinkError(failure.number, str(failure))
