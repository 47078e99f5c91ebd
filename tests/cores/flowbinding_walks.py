"""Walks of a mobile node with two interfaces: it comes and goes, agents start anew, links fill."""

from __future__ import annotations

from random import Random

from flowbinding_nodes import IF1, IF2, VIDEO, A, B, C
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

PAUSES = (0.0, 0.001, 0.02, 0.5, 4.0, 20.0)


def walk(world: FlowWorld, chance: Random, luck: dict[str, bool]) -> None:
    """Take fifteen steps over bad links; then they are good, and both interfaces come."""
    for _ in range(15):
        step(world, chance)
        world.run(chance.choice(PAUSES))
    luck["bad"] = False
    world.meter(B)
    world.leave(IF1)
    world.leave(IF2)
    world.run(2)
    world.come(IF1, A)
    world.come(IF2, B)
    world.run(160)


def step(world: FlowWorld, chance: Random) -> None:
    interface = chance.choice([IF1, IF2])
    gateways = (A,) if interface == IF1 else (B, C)
    draw = chance.random()
    if draw < 0.4:
        world.come(interface, chance.choice(gateways))
    elif draw < 0.6:
        world.leave(interface)
    elif draw < 0.7:
        world.restart(chance.choice([LMA, A, B, C]))
    elif draw < 0.8 and any(where == B for where in world.attached.values()):
        for _ in range(2):
            world.meter(B, world.metered(VIDEO, 9.5e6))
    else:
        world.up(VIDEO)
