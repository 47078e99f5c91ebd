"""Whatever octets a peer sends, a role answers or drops: it never fails, and it stays coherent."""

from __future__ import annotations

from random import Random

import pytest
from misfortunes import mutated
from pmipv6_world import LMA, MAGS, World, link_layer

from agents.core.events import MessageReceived
from agents.wire import mobility
from agents.wire.errors import WireError

NODE = link_layer(1)
MUTATIONS = 4000


@pytest.mark.parametrize("ordering", ["timestamp", "sequence"])
@pytest.mark.parametrize("seed", range(2))
def test_mutated_messages_do_no_harm(seed, ordering) -> None:
    chance = Random(seed)
    world = World(seed, mags=3, mag={"ordering": ordering})
    world.attach(NODE, MAGS[0])
    world.run(1)
    world.detach(NODE)
    world.attach(NODE, MAGS[1])
    world.run(1)
    genuine = list(world.sent)
    understood = 0
    for _ in range(MUTATIONS):
        sent = chance.choice(genuine)
        octets = mutated(sent.octets, chance)
        try:
            message = mobility.parse(octets)
        except WireError:
            continue
        understood += 1
        world.give(sent.destination, MessageReceived(message, sent.source, sent.destination))
        if chance.random() < 0.05:
            world.run(chance.choice((0.01, 1.0, 30.0)))
    assert understood > MUTATIONS / 4
    world.detach(NODE)
    world.run(4000)  # what was forged lives for max_lifetime at most
    for address in (LMA, *MAGS):
        world.assert_unknown(address)
        assert world.kernels[address].tunnels == set()
