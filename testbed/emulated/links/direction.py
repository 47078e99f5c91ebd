"""One direction of a delayed link: when does a frame that enters now come out, if it does."""

from __future__ import annotations

from random import Random

from testbed.emulated.links.choice import FRAMING, QUEUE
from testbed.topology.network import LinkSettings

SECOND = 1_000_000_000  # nanoseconds


class Direction:
    """What a link does to the frames that leave through the descriptor ``out``.

    Times are in nanoseconds. Frames never overtake each other. A limited rate has a queue of
    ``QUEUE`` full-sized packets before it; delay and jitter come after it, as on a real cable.
    """

    __slots__ = (
        "_arrives_at",
        "_delay",
        "_free_at",
        "_jitter",
        "_loss",
        "_per_octet",
        "_queue",
        "_random",
        "dropped",
        "lost",
        "out",
    )

    def __init__(self, out: int, settings: LinkSettings, random: Random) -> None:
        self.out = out
        self._random = random
        self._free_at = 0.0
        self._arrives_at = 0
        self.dropped = 0
        self.lost = 0
        self.change(settings)

    def change(self, settings: LinkSettings) -> None:
        """Treat the frames that enter from now on by ``settings``."""
        self._delay = round(settings.delay * SECOND)
        self._jitter = settings.jitter * SECOND
        self._loss = settings.loss
        self._per_octet = 8 * SECOND / settings.rate if settings.rate else 0.0
        self._queue = QUEUE * (settings.mtu + FRAMING) * self._per_octet

    def release_at(self, now: int, octets: int) -> int | None:
        """Return when a frame of ``octets`` that enters ``now`` comes out; None: it is lost."""
        sent_at = now
        if self._per_octet:
            if self._free_at - now > self._queue:
                self.dropped += 1
                return None
            self._free_at = max(self._free_at, now) + octets * self._per_octet
            sent_at = round(self._free_at)
        if self._loss and self._random.random() < self._loss:
            self.lost += 1
            return None
        arrives_at = sent_at + self._delay
        if self._jitter:
            arrives_at += round(self._random.uniform(-self._jitter, self._jitter))
        self._arrives_at = max(sent_at, arrives_at, self._arrives_at)
        return self._arrives_at
