"""Capture files for the tests, written by hand, and what Wireshark reads in them."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

ETHERNET = 1


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", length: int = -1) -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, length), order)


def interface(name: str, link_type: int = ETHERNET, order: str = "<") -> bytes:
    """An interface whose times are in nanoseconds."""
    options = option(2, name.encode(), order) + option(9, b"\x09", order) + option(0, b"", order)
    return block(1, struct.pack(f"{order}HHI", link_type, 0, 0) + options, order)


def packet(
    index: int,
    at: float,
    frame: bytes,
    snap: int = 10000,
    *,
    order: str = "<",
    options: bytes = b"",
) -> bytes:
    ticks, held = round(at * 1_000_000_000), frame[:snap]
    sizes = (index, ticks >> 32, ticks & 0xFFFFFFFF, len(held), len(frame))
    padded = held + bytes(-len(held) % 4)
    return block(6, struct.pack(f"{order}5I", *sizes) + padded + options, order)


def shown(file: Path, *fields: str) -> list[list[str]]:
    """What tshark says of each packet; the values of one field are joined by a bar."""
    wanted = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-n", "-r", str(file), "-T", "fields", "-E", "aggregator=|", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line.split("\t") for line in done.stdout.splitlines()]


def of_file(file: Path, *options: str) -> str:
    """What capinfos says of the file."""
    done = subprocess.run(
        ["capinfos", "-M", *options, str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout
