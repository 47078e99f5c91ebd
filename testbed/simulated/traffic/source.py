"""What the generators of traffic share: their addresses, and their end before they are stopped."""

from __future__ import annotations

from collections.abc import Callable

from agents.wire.address import Address
from testbed.topology.network import Flow


class Source:
    """What sends the packets of ``flow``, until it is stopped or refused.

    ``source_address`` and ``destination_address`` are those of the flow's ends. ``broken`` says
    that the flow was refused since it was last started; ``when_broken`` is then called.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.source_address = Address.parse(flow.source_address)
        self.destination_address = Address.parse(flow.destination_address)
        self.broken = False
        self.when_broken: Callable[[], None] = _nobody_asks

    def start(self) -> None:
        """Begin to send."""
        self.broken = False

    def stop(self) -> None:
        """Send no more."""

    def break_off(self) -> None:
        """Stop because the flow was refused."""
        self.stop()
        if not self.broken:
            self.broken = True
            self.when_broken()


def _nobody_asks() -> None:
    """Be told of a flow that nobody has started."""
