"""A simulated run: from a network to what the evidence judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from testbed.evidence.garbage import no_garbage
from testbed.evidence.observed import LogEvent, Sighting
from testbed.simulated.world import World
from testbed.topology.network import Network

DRAIN = 1.0  # s that packets have to arrive after the flows have stopped
SLICES = 200  # how often progress is told of

Progress = Callable[[float], None]
"""Is told the virtual time that has been reached, in seconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen and done; ``drops`` counts lost packets by node and reason."""

    sightings: Sequence[Sighting]
    events: Sequence[LogEvent]
    drops: Mapping[str, Mapping[str, int]]

    @property
    def captures(self) -> Mapping[str, int]:
        """How many packets were captured, and that none was missed."""
        return {"packets": len(self.sightings), "dropped": 0}


def simulate(network: Network, progress: Progress | None = None, *, encode: bool = False) -> Run:
    """Play the timeline of ``network`` in virtual time, which starts at 0.

    With ``encode`` every message is encoded and decoded on its way, as on a real wire.
    """
    world = World(network, encode=encode)
    with no_garbage():
        world.start()
        _advance(world, network.duration, progress)
        world.finish()
        _advance(world, network.duration + DRAIN, progress)
    drops = {name: dict(node.drops) for name, node in world.nodes.items() if node.drops}
    return Run(world.recorder.sightings, world.recorder.events, drops)


def _advance(world: World, until: float, progress: Progress | None) -> None:
    begin = world.clock.now
    for step in range(1, SLICES + 1):
        reached = until if step == SLICES else begin + (until - begin) * step / SLICES
        world.clock.run(reached)
        if progress is not None:
            progress(reached)
