"""Whatever octets a peer sends, a role answers or drops: it never fails, and flows come right."""

from __future__ import annotations

from random import Random

import pytest
from misfortunes import mutated
from pmipv6_world import MAGS
from spmip_world import CORRESPONDENT, GROUP, LMA, SCHEMES, A, B, C, DataWorld, address

from agents.core.events import MessageReceived
from agents.wire import mobility
from agents.wire.address import Address
from agents.wire.errors import WireError

MUTATIONS = 4000
STRANGER = Address.parse("2001:db8:bad::1")
NODES = (LMA, *MAGS)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_mutated_messages_do_no_harm(scheme, seed) -> None:
    chance = Random(seed)
    world = DataWorld(scheme, seed, mag={"lifetime": 20})
    world.settle((1, B))
    world.stream(CORRESPONDENT, address(1), A, count=100)
    world.run(0.3)
    world.come(1, C)
    world.run(3)
    genuine = list(world.sent)
    understood = 0
    for _ in range(MUTATIONS):
        sent = chance.choice(genuine)
        try:
            message = mobility.parse(mutated(sent.octets, chance))
        except WireError:
            continue
        understood += 1
        node = chance.choice([n for n in NODES if n in world.cores])
        to = GROUP if sent.destination == GROUP else node
        source = chance.choice((sent.source, sent.source, *NODES, STRANGER))
        world.give(node, MessageReceived(message, source, to))
        if chance.random() < 0.05:
            world.send(CORRESPONDENT, address(chance.choice((1, 2))), chance.choice(MAGS))
            world.run(chance.choice((0.01, 1.0, 30.0)))
    assert understood > MUTATIONS / 4
    world.come(1, B)
    world.run(4000)  # what was forged lives for max_lifetime at most
    for source in MAGS:
        world.assert_path(source, 1)
    world.go(1)
    world.run(200)
    for mag in MAGS:
        world.assert_unknown(mag)
