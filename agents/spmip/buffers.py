"""Packets that wait until it is known where their destination is (draft-jikim-dmm-pmip §3.2.3).

The draft leaves open how to buffer. Here each address has a queue of its own, and what does not
fit drives out the oldest: of the same address where that has its share, else the oldest of all.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Any

from agents.wire.address import Address


class Buffers:
    """First-in-first-out queues by address, bounded each and together."""

    __slots__ = ("_arrivals", "_per_address", "_queues", "_serial", "_total")

    def __init__(self, per_address: int, total: int) -> None:
        self._per_address = per_address
        self._total = total
        self._queues: dict[Address, deque[tuple[int, Any]]] = {}
        self._arrivals: OrderedDict[int, Address] = OrderedDict()
        self._serial = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    def add(self, address: Address, packet: Any) -> Address | None:
        """Keep ``packet``; return the address that has lost its oldest one for it, if any."""
        queue = self._queues.setdefault(address, deque())
        self._serial += 1
        queue.append((self._serial, packet))
        self._arrivals[self._serial] = address
        if len(queue) > self._per_address:
            return self._drop_oldest(address)
        if len(self._arrivals) > self._total:
            return self._drop_oldest(next(iter(self._arrivals.values())))
        return None

    def take(self, address: Address) -> list[Any]:
        """Take out all packets for ``address``, the oldest first."""
        queue = self._queues.pop(address, ())
        for serial, _ in queue:
            del self._arrivals[serial]
        return [packet for _, packet in queue]

    def _drop_oldest(self, address: Address) -> Address:
        queue = self._queues[address]
        serial, _ = queue.popleft()
        del self._arrivals[serial]
        if not queue:
            del self._queues[address]
        return address
