"""Writes comments into a pcapng file, block by block, and leaves all else in it as it is.

Format: draft-ietf-opsawg-pcapng, whose blocks may have any number of comments (option 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from testbed.evidence import blocks
from testbed.evidence.comments.options import commented, described

_MOST = 30  # events told at one packet; of a flood between two packets only the number


class Comments(NamedTuple):
    """What is to be said: of the file, of interfaces by name, of packets by number or time.

    ``frames`` are numbered from 1. What is said at a time (seconds since 1970, in order) is said
    of the first packet from then on, or of the last one where none comes any more.
    """

    section: str
    interfaces: Mapping[str, str]
    frames: Mapping[int, Sequence[str]]
    times: Sequence[tuple[float, str]]


def write_comments(path: Path, comments: Comments) -> None:
    """Put ``comments`` into the pcapng file ``path``; its packets, times and order stay.

    CaptureError where the file is damaged, OSError where it cannot be read or written; then it
    is left as it was.
    """
    target = path.with_suffix(".commenting")
    try:
        with path.open("rb") as source, target.open("wb") as file:
            file.writelines(_commented(blocks.read_blocks(source, str(path)), comments))
        target.replace(path)
    finally:
        target.unlink(missing_ok=True)


def _commented(found: Iterable[tuple[str, int, bytes]], comments: Comments) -> Iterator[bytes]:
    """Yield the blocks with what is to be said of each; the last packet hears what is left."""
    sayings = _Sayings(comments)
    held: list[bytes] = []  # the last packet so far, and the blocks after it
    order = "<"
    for order, kind, block in found:
        if kind == blocks.ENHANCED:
            yield from held
            said = sayings.of_packet(order, block)
            held = [commented(order, block, said) if said else block]
        elif kind == blocks.INTERFACE:
            held.append(described(order, block, sayings.of_interface(order, block)))
        elif kind == blocks.SECTION:
            sayings.begin_section()
            held.append(commented(order, block, filter(None, [comments.section])))
        else:
            held.append(block)
    if left := sayings.left():
        held[:1] = [commented(order, each, left) for each in held[:1]]
    yield from held


class _Sayings:
    """What is to be said of one block after the other."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments
        self._frames, self._number = comments.frames, 0
        self._told = 0  # of what is said at a time
        self._next = comments.times[0][0] if comments.times else float("inf")
        self._clocks: list[tuple[int, int]] = []  # of each interface: start, ticks per second

    def begin_section(self) -> None:
        """Forget the interfaces, which each section numbers anew."""
        self._clocks = []

    def of_interface(self, order: str, block: bytes) -> str:
        """Return what is said of the interface that ``block`` describes."""
        interface = blocks.interface(block[8:-4], order)
        self._clocks.append((interface.start, interface.ticks))
        return self._comments.interfaces.get(interface.name, "")

    def of_packet(self, order: str, block: bytes) -> Sequence[str]:
        """Return what is said of the next packet."""
        self._number += 1
        said = self._frames.get(self._number, ())
        _, _, index, high, low, _, _ = blocks.PACKET_HEADS[order](block)
        start, ticks = self._clocks[index]
        at = start + (high << 32 | low) / ticks
        return said if at < self._next else (*self._until(at), *said)

    def left(self) -> Sequence[str]:
        """Return what is said at times after the last packet."""
        return self._until(float("inf"))

    def _until(self, at: float) -> Sequence[str]:
        times, begin = self._comments.times, self._told
        while self._told < len(times) and times[self._told][0] <= at:
            self._told += 1
        self._next = times[self._told][0] if self._told < len(times) else float("inf")
        said = [text for _, text in times[begin : self._told]]
        more = len(said) - _MOST
        return [*said[:_MOST], f"and {more} more events"] if more > 0 else said
