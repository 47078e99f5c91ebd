"""Forgeries at the mobile node, and packets past its tunnels, move nothing (xia §9)."""

from __future__ import annotations

from dataclasses import replace

from flowbinding_nodes import (
    CN,
    DOWNLOAD,
    IF1,
    IF2,
    TCP,
    VIDEO,
    B,
)
from flowbinding_rejections import STRANGER, reject, rejection, steered
from flowbinding_world import FlowWorld
from pmipv6_world import LMA

from agents.core.events import MessageReceived, PeerHeard
from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable


def test_a_right_rejection_moves_its_flow() -> None:
    world = FlowWorld()
    world.settle()
    reject(world, rejection(world))
    assert steered(world) == 1
    assert world.up(VIDEO).way == [IF2, B]


def test_forged_rejections_move_nothing() -> None:
    world = FlowWorld()
    world.settle()
    good = rejection(world)
    reject(world, good, source=STRANGER)
    reject(world, good, source=B)
    reject(world, good, interface=IF1)
    reject(world, good, interface="eth9")
    reject(world, good, destination=world.address(IF1))
    reject(world, rejection(world, code=3))
    reject(world, rejection(world, source=STRANGER))
    reject(world, DestinationUnreachable(good.invoking[:39], code=6))
    reject(world, DestinationUnreachable(good.invoking[:42], code=6))
    reject(world, DestinationUnreachable(b"\x45" + good.invoking[1:], code=6))
    reject(world, DestinationUnreachable(b"", code=6))
    assert steered(world) == 0
    assert len(world.drops()) == 11


def test_of_tcp_the_peer_must_have_been_heard() -> None:
    world = FlowWorld()
    world.settle()
    reject(world, rejection(world, protocol=TCP, port=DOWNLOAD))
    assert steered(world) == 0
    world.give(world.node(), PeerHeard(world.address(IF1), CN))
    reject(world, rejection(world, protocol=TCP, port=DOWNLOAD))
    assert steered(world) == 1


def test_rejections_are_believed_only_so_often() -> None:
    world = FlowWorld()
    world.settle()
    for port in range(1, 100):
        reject(world, rejection(world, port=port))
    assert steered(world) == 10
    world.run(1)
    for port in range(200, 300):
        reject(world, rejection(world, port=port))
    assert steered(world) == 20


def test_a_rejection_at_the_right_interface_changes_nothing() -> None:
    world = FlowWorld()
    world.settle()
    reject(world, rejection(world, source=world.address(IF2)))
    assert steered(world) == 0


def test_an_advertisement_where_there_is_no_link_changes_nothing() -> None:
    world = FlowWorld()
    world.settle()
    heard = next(s for s in world.sent if type(s.message).__name__ == "RouterAdvertisement").message
    world.leave(IF1)
    before = dict(world.kernels[world.node()].places)
    event = MessageReceived(heard, Address.parse("fe80::1"), Address.parse("ff02::1"), IF1)
    world.give(world.node(), event)
    world.give(world.node(), replace(event, interface="eth9"))
    assert world.kernels[world.node()].places == before


def test_what_is_redirected_leaves_by_addresses_that_gateways_let_in() -> None:
    """RFC 5213's ingress filter holds: the outer source belongs to the link that is used."""
    world = FlowWorld()
    world.settle()
    world.up(VIDEO)
    world.run(0.1)
    (steer,) = world.kernels[world.node()].steered.values()
    assert world.prefix(IF2).contains(steer.local)
    assert world.kernels[LMA].inner[LMA, steer.local] == (world.prefix(IF1),)


def test_the_anchor_takes_nothing_but_the_nodes_own_out_of_both_tunnels() -> None:
    world = FlowWorld(mobiles=2)
    world.settle(1)
    world.settle(2)
    inner = world.kernels[LMA].inner
    for number in (1, 2):
        tip = world.address(IF2, number)
        assert inner[LMA, tip] == (world.prefix(IF1, number),)
    world.leave(IF1, 1)
    world.leave(IF2, 2)
    world.run(100)
    assert not any(remote in (world.address(IF2, 1), world.address(IF1, 2)) for _, remote in inner)
