"""The packets of vectors.tsv, as octets."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "wire" / "vectors.tsv"


@cache
def vector(number: int) -> bytes:
    """The IPv6 packet of that number."""
    for line in _FILE.read_text().splitlines():
        fields = line.split("\t")
        if fields[0] == str(number):
            return bytes.fromhex(fields[3])
    raise KeyError(number)
