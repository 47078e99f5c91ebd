"""A mobile node that is home again tells its neighbours so (RFC 6275 §11.5.5)."""

from __future__ import annotations

from agents.core.actions import SendMessage
from agents.mipv6.places import ALL_NODES, Place
from agents.wire.ndisc import NeighborAdvertisement, TargetLinkLayerAddress
from agents.wire.numbers import NeighborFlag

MAX_NEIGHBOR_ADVERTISEMENT = 3
"""How often it is told (RFC 4861 §10)."""

RETRANS_TIMER = 1.0
"""Seconds between two times (RFC 4861 §10)."""

_OVERRIDE = int(NeighborFlag.OVERRIDE)


class HomeAnnouncement:
    """Unsolicited Neighbor Advertisements for the home address, so that packets come here."""

    def __init__(self) -> None:
        self._message: SendMessage | None = None
        self._left = 0
        self._at = 0.0

    def begin(self, place: Place, link_layer: bytes, now: float) -> list[SendMessage]:
        """Tell that the address of ``place`` is at ``link_layer``, now and twice more."""
        option = TargetLinkLayerAddress(link_layer)
        message = NeighborAdvertisement(place.address, _OVERRIDE, (option,))
        self._message = SendMessage(message, place.address, ALL_NODES, place.interface)
        self._left = MAX_NEIGHBOR_ADVERTISEMENT
        return self._tell(now)

    def stop(self) -> None:
        """Tell no more: the node has left."""
        self._message = None

    def tick(self, now: float) -> list[SendMessage]:
        """Tell again, if it is time."""
        if self._message is None or self._at > now:
            return []
        return self._tell(now)

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return None if self._message is None else self._at

    def _tell(self, now: float) -> list[SendMessage]:
        assert self._message is not None
        message = self._message
        self._left -= 1
        self._at = now + RETRANS_TIMER
        if not self._left:
            self._message = None
        return [message]
