"""Which packets a flow is, for the kernel and for the simulator alike (RFC 6088)."""

from __future__ import annotations

from typing import NamedTuple

from agents.wire.address import ALL_ZERO, Address, Prefix
from agents.wire.value import value

ANY_PORT = (0, 0xFFFF)


@value
class FlowSelector:
    """Packets of one direction: those to which every field applies.

    ``protocol`` 0 stands for all. Ranges of ports are inclusive, and apply to TCP, UDP and SCTP
    alone: with a range that is not ``ANY_PORT``, ``protocol`` is one of these. ``traffic_class``
    compares the 6 high bits (the field's value has its 2 low bits 0), None stands for all.
    """

    source: Prefix = ALL_ZERO
    destination: Prefix = ALL_ZERO
    protocol: int = 0
    source_ports: tuple[int, int] = ANY_PORT
    destination_ports: tuple[int, int] = ANY_PORT
    traffic_class: int | None = None

    def reverse(self) -> FlowSelector:
        """Return the selector of what travels the other way."""
        return FlowSelector(
            self.destination,
            self.source,
            self.protocol,
            self.destination_ports,
            self.source_ports,
            self.traffic_class,
        )


class Metered(NamedTuple):
    """What a link carried of one flow towards a mobile node; ports are 0 where there are none.

    ``octets`` and ``packets`` are those of the innermost IPv6 packets.
    """

    source: Address
    destination: Address
    protocol: int
    source_port: int
    destination_port: int
    traffic_class: int
    octets: int
    packets: int
