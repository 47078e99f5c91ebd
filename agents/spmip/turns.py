"""Whose query is sent next: senders take turns, so that none of them can crowd out the others."""

from __future__ import annotations

from agents.wire.address import Address


class Turns:
    """Addresses that wait to be asked about, queued by who sends to them."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: dict[bytes, dict[Address, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, sender: bytes, address: Address) -> None:
        """Let ``address`` wait behind what waits for ``sender`` already."""
        self._queues.setdefault(sender, {})[address] = None

    def discard(self, sender: bytes, address: Address) -> None:
        """Let ``address`` wait no more, if it does."""
        queue = self._queues.get(sender)
        if queue is not None:
            queue.pop(address, None)
            if not queue:
                del self._queues[sender]

    def take(self) -> Address:
        """Return the address whose turn it is; StopIteration where none waits."""
        sender = next(iter(self._queues))
        queue = self._queues.pop(sender)
        address = next(iter(queue))
        del queue[address]
        if queue:
            self._queues[sender] = queue  # behind all others
        return address
