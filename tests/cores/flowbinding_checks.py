"""What must hold of a world of flow binding once it has come to rest."""

from __future__ import annotations

from typing import Any

import pytest
from flowbinding_nodes import CALL, IF1, IF2, VIDEO, A
from flowbinding_world import FlowWorld
from pmipv6_world import LMA, MAGS

from agents.wire.address import Address

BOTH_LAYOUTS = pytest.mark.parametrize("layout", ["early", "rfc6089"])
BOUND = ("bound", "renewing")


def assert_consistent(world: FlowWorld) -> None:
    """Anchor, gateways and kernels agree on what is bound."""
    table = {(row["node"], row["serving"], row["flow"]): row["target"] for row in flow_rows(world)}
    asked = {
        (row["node"], str(gateway), row["flow"]): row["target"]
        for gateway in MAGS
        for row in world.rows(gateway)
        if "service" in row and row["state"] in BOUND
    }
    assert table == asked, world.story()
    kernel = world.kernels[LMA]
    assert len(kernel.steered) == len(table)
    assert {selector.reverse() for selector in kernel.steered} <= set(kernel.watches)


def assert_settled(world: FlowWorld, wifi: Address) -> None:
    """Both interfaces are there, and every flow is where the policy has it."""
    assert_consistent(world)
    for interface in (IF1, IF2):
        video, call = world.down(VIDEO, interface), world.down(CALL, interface)
        assert (video.way, video.lost) == ([wifi, IF2], ""), world.story()
        assert (call.way, call.lost) == ([A, IF1], ""), world.story()
    host = world.kernels[world.node()]
    assert host.places == {world.address(IF1): [IF1], world.address(IF2): [IF2]}, world.story()
    for port, way in ((VIDEO, [IF2, wifi]), (CALL, [IF1, A])):
        world.up(port)
        world.run(1.5)
        assert (world.up(port).way, world.up(port).lost) == (way, ""), world.story()


def assert_gone(world: FlowWorld) -> None:
    """Nothing of any mobile node is left at the anchor and the gateways."""
    world.run(200)
    anchor = world.kernels[LMA]
    left = (anchor.routes, anchor.steered, anchor.watches, anchor.inner)
    assert left == ({}, {}, {}, {}), world.story()
    for gateway in MAGS:
        kernel = world.kernels[gateway]
        assert (kernel.routes, kernel.known, kernel.inner) == ({}, {}, {}), world.story()
    assert world.rows(LMA) == []
    assert [world.rows(gateway) for gateway in MAGS] == [[], [], []]
    assert [core.deadline() for core in world.cores.values()] == [None] * len(world.cores)


def flow_rows(world: FlowWorld) -> list[dict[str, Any]]:
    return [row for row in world.rows(LMA) if "service" in row]
