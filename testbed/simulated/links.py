"""Links: one direction of one link delays, loses and serialises the packets put into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random  # noqa: TID251 - the type only; testbed.simulated.chance seeds it

from testbed.simulated.clock import Clock
from testbed.simulated.packet import Packet
from testbed.topology.network import LinkSettings

FRAMING = 14  # octets of an Ethernet header, which take their time on the wire too
QUEUE = 100  # full-sized packets that wait for a limited link before it drops the next

Arrival = Callable[[Packet], None]
TooBig = Callable[[Packet, int], None]
"""Is told of a packet that does not fit, and of the MTU of the link."""


class Medium:
    """What a rate limits: one direction of a link, which channels may share.

    ``free_at`` is when the last octet of all that waits for it will have been sent.
    """

    __slots__ = ("free_at",)

    def __init__(self) -> None:
        self.free_at = 0.0


class Channel:
    """One direction of a link; packets arrive in the order in which they were sent."""

    __slots__ = (
        "_arrive",
        "_arrives_at",
        "_chance",
        "_clock",
        "_medium",
        "delay",
        "drops",
        "ideal",
        "mtu",
        "settings",
        "stay",
        "too_big",
    )

    def __init__(
        self,
        clock: Clock,
        settings: LinkSettings,
        chance: Random,
        arrive: Arrival,
        drops: Counter[str],
        too_big: TooBig | None = None,
        medium: Medium | None = None,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._arrive = arrive
        self._medium = medium or Medium()
        self._arrives_at = 0.0
        self.drops = drops
        self.too_big = too_big
        self.stay = 0  # the number of times that the link has gone
        self.change(settings)

    def change(self, settings: LinkSettings) -> None:
        """Treat the packets sent from now on by ``settings``."""
        self.settings = settings
        self.delay = settings.delay
        self.mtu = settings.mtu
        self.ideal = not (settings.jitter or settings.loss or settings.rate)

    def open(self, settings: LinkSettings) -> None:
        """Come up again, with nothing on the way."""
        self._arrives_at = 0.0
        if settings is not self.settings:
            self.change(settings)

    def close(self) -> None:
        """Lose what is on the way: the link has gone."""
        self.stay += 1

    def send(self, packet: Packet) -> None:
        """Carry ``packet`` to the other end, or lose it."""
        if packet.length > self.mtu:
            self.drops["packet_too_big"] += 1
            if self.too_big is not None:
                self.too_big(packet, self.mtu)
        elif self.ideal:
            self._clock.after(self.delay, self._deliver, packet, self.stay)
        elif self._has_room():
            self._send_limited(packet)

    def _deliver(self, packet: Packet, stay: int) -> None:
        if stay == self.stay:
            self._arrive(packet)
        else:
            self.drops["link_down"] += 1

    def _has_room(self) -> bool:
        """Say whether the queue before a limited link takes one more packet."""
        rate = self.settings.rate
        if rate is None or (self._medium.free_at - self._clock.now) * rate / 8 <= QUEUE * (
            self.mtu + FRAMING
        ):
            return True
        self.drops["queue_full"] += 1
        return False

    def _send_limited(self, packet: Packet) -> None:
        sent_at = self._sent_at(packet)
        if self.settings.loss and self._chance.random() < self.settings.loss:
            self.drops["lost"] += 1
            return
        jitter = self.settings.jitter
        late = self._chance.uniform(-jitter, jitter) if jitter else 0.0
        self._arrives_at = max(sent_at, sent_at + self.delay + late, self._arrives_at)
        self._clock.at(self._arrives_at, self._deliver, packet, self.stay)

    def _sent_at(self, packet: Packet) -> float:
        """Return when the last octet of ``packet`` is on the wire."""
        rate = self.settings.rate
        if rate is None:
            return self._clock.now
        begins_at = max(self._medium.free_at, self._clock.now)
        self._medium.free_at = begins_at + (packet.length + FRAMING) * 8 / rate
        return self._medium.free_at
