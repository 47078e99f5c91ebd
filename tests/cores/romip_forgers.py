"""Sessions of two nodes that have moved, and messages of who would have them."""

from __future__ import annotations

from typing import Any

from romip_nodes import MAARS, START, home
from romip_world import World

from agents.core.actions import SendMessage
from agents.romip.messages import Messages, stamp_of
from agents.wire.address import Address
from agents.wire.draft_flags import SEED_BITS

A1, B1 = home(1, "a1"), home(2, "b1")
STRANGER = Address.parse("2001:db8:bad::1")
MADE = Messages(SEED_BITS, 300)
AT = stamp_of(START)


def moved(**options: Any) -> World:
    world = World(**options)
    world.settle((1, "a1"), (2, "b1"))
    world.open(1, B1)
    world.settle((2, "b2"), (1, "a2"))
    return world


def state(world: World) -> tuple[Any, ...]:
    lists = [world.lists(place, number) for place in MAARS for number in (1, 2)]
    return lists, [dict(world.kernels[place].routes) for place in MAARS]


def answered(actions: list[Any]) -> list[int]:
    return [a.message.status for a in actions if isinstance(a, SendMessage)]


# --- what is said -----------------------------------------------------------------------------


def fresh(world: World, source: str, place: str) -> int:
    return world.cores[source]._peers.next_number(MAARS[place])  # type: ignore[attr-defined, no-any-return]
