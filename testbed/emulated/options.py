"""What a user may choose for a run besides its topology."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.emulated.links.choice import Way


@dataclass(frozen=True, slots=True)
class Options:
    """``links`` forces one way of shaping; ``prompt`` opens Mininet's instead of the timeline.

    ``snaplen`` octets of each packet are captured, those that the network's protocol needs if none.
    """

    links: Way | None = None
    snaplen: int | None = None
    prompt: bool = False
