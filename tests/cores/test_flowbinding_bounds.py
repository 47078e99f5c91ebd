"""What anchor, gateways and nodes remember of flows is bounded, whatever others do."""

from __future__ import annotations

from typing import Any

from flowbinding_court import Court
from flowbinding_nodes import (
    CN,
    IF1,
    IF2,
    LTE,
    SERVICES,
    TCP,
    UDP,
    VIDEO,
    WLAN,
    A,
    B,
    C,
    identifier,
    service,
)
from flowbinding_rejections import reject, rejection, steered
from flowbinding_world import FlowWorld
from pmipv6_anchor import pbu
from pmipv6_world import LMA

from agents.core.events import FlowStrayed, PeerHeard
from agents.core.flows import Metered
from agents.flowbinding.flow_table import FlowEntry, FlowTable
from agents.flowbinding.freshness import Freshness
from agents.flowbinding.redirects import MOST_PEERS
from agents.flowbinding.selectors import single
from agents.flowbinding.steering import MOST_RETURNED
from agents.pmipv6.binding_cache import Accepted, Binding, Released
from agents.wire.address import Address
from agents.wire.icmpv6 import DestinationUnreachable
from agents.wire.signaling_messages import GenericSignalingRequest


def test_flows_that_come_and_go_leave_a_bounded_number_of_watches() -> None:
    court = Court(max_requests=10_000)
    selector = court.world.flow(VIDEO)
    for port in range(1, MOST_RETURNED + 50):
        one = single(CN, selector.destination.network, 17, VIDEO, port)
        assert court.ask(court.flow(one)) == [0]
        assert court.ask(court.flow(one, request=15)) == [0]
    kernel = court.world.kernels[LMA]
    assert (len(kernel.steered), len(kernel.watches)) == (0, MOST_RETURNED)
    court.world.run(70)
    assert kernel.watches == {}


def test_an_interface_whose_identifier_changes_leaves_no_tunnel_behind() -> None:
    """Only a gateway that serves the node can say so (RFC 5213 §5.4.1.1, item 5)."""
    world = FlowWorld()
    world.settle()
    before = len(world.kernels[LMA].inner)
    for number in range(20):
        world.run(0.001)
        update = pbu(
            world.now,
            node=identifier(),
            prefixes=(world.prefix(IF2),),
            technology=WLAN,
            octets=bytes((2, 0, 0, 9, 9, number)),
            handoff=2,
        )
        world.forge(LMA, update, B)
    assert len(world.kernels[LMA].inner) == before


def test_one_node_does_not_use_up_the_redirects_of_all() -> None:
    world = FlowWorld(mobiles=2)
    world.settle(1)
    world.settle(2)

    def stray(number: int, port: int) -> None:
        watched = world.flow(VIDEO, number=number).reverse()
        flow = single(world.address(IF1, number), CN, 17, port, VIDEO)
        world.give(LMA, FlowStrayed(watched, B, flow, b"\x60" + bytes(60)))

    for port in range(1, 400):
        stray(1, port)
    before = len(world.messages(DestinationUnreachable))
    stray(2, 1)
    assert len(world.messages(DestinationUnreachable)) == before + 1


def test_peers_that_many_strangers_have_pushed_out_make_room_for_new_ones() -> None:
    world = FlowWorld()
    world.settle()
    base = int.from_bytes(Address.parse("2001:db8:66::"), "big")
    for number in range(MOST_PEERS):
        stranger = Address((base + number).to_bytes(16, "big"))
        world.give(world.node(), PeerHeard(world.address(IF1), stranger))
    world.give(world.node(), PeerHeard(world.address(IF1), CN))
    reject(world, rejection(world, protocol=TCP))
    assert steered(world) == 1


def test_a_correspondent_with_many_flows_costs_a_gateway_no_more_than_its_node_may_have() -> None:
    rule = {"service": "video", "prefer": [WLAN, LTE], "min_rate": 1000}
    world = FlowWorld(flows={"policy": [rule], "max_flows": 20})
    world.settle()
    for round_ in range(5):
        flows = [
            Metered(CN, world.address(IF1), 17, VIDEO, 1 + round_ * 100 + port, 0, 1000, 1)
            for port in range(100)
        ]
        world.meter(A, *flows)
        world.run(1)
    assert len([row for row in world.rows(A) if "service" in row]) == 20


def test_what_is_seen_of_requests_does_not_grow_with_comings_and_goings() -> None:
    freshness = Freshness()
    for stamp in range(1, 1000):
        assert freshness.is_latest(b"\2\0\0\0\0\1", stamp)
        assert freshness.is_new(A, stamp, float(stamp))
    assert len(freshness._seen[A]) < 50
    assert len(freshness._latest) == 1


def test_a_link_is_weighed_without_a_look_at_each_flow() -> None:
    """Whatever moves, what is expected of a link is the sum of its flows."""
    table = FlowTable()
    serving, target = interface(A, LTE), interface(B, WLAN)
    entries = [
        FlowEntry(serving, target, single(CN, CN, 17, port, 1), 1, rate=1000.0)
        for port in range(100)
    ]
    for entry in entries:
        table.add(entry)
    assert table.load((B, WLAN)) == 100_000
    target.care_of = C
    table.moved(target)
    assert (table.load((B, WLAN)), table.load((C, WLAN))) == (0, 100_000)
    for entry in entries[:50]:
        table.remove(entry)
    table.add(FlowEntry(serving, target, entries[60].selector, 1, rate=5000.0))
    assert table.load((C, WLAN)) == 54_000
    for entry in list(table):
        table.remove(entry)
    assert table.load((C, WLAN)) == 0
    assert table._loads == {}


def interface(gateway: Address, technology: int) -> Binding:
    return Binding(b"mn", b"", technology, (), (), gateway, Accepted(0, 0, gateway), Released(0))


def test_a_handover_of_the_target_takes_the_load_along() -> None:
    world = FlowWorld()
    world.settle()
    world.come(IF2, C)
    world.run(1)
    table: Any = world.cores[LMA]._table  # type: ignore[attr-defined]
    moved = [row for row in world.rows(LMA) if row.get("target") == str(C)]
    expected = sum(SERVICES[row["service"]]["rate"] for row in moved)
    assert {row["service"] for row in moved} == {"video", "download"}
    assert (table.load((B, WLAN)), table.load((C, WLAN))) == (0, expected)


def test_a_gateway_that_was_out_of_reach_is_told_again_once_it_is_heard() -> None:
    """The notification was given up; the next update of the gateway has it sent anew."""
    deaf = {"is": True}

    def fate(number: int, message: Any) -> tuple[float, ...]:
        lost = deaf["is"] and isinstance(message, GenericSignalingRequest)
        return () if lost else (0.0,)

    world = FlowWorld(fate=fate, mag={"lifetime": 100})
    world.settle()
    world.run(60)
    assert world.records("notification_given_up")
    assert world.flows(A) == {}
    deaf["is"] = False
    world.run(100)
    assert world.down(VIDEO).way == [B, IF2]


def test_redirects_are_bounded_for_all_flows_together() -> None:
    rules = [{"service": "video", "prefer": [WLAN, LTE]}]
    small = {"video": service(UDP, VIDEO, 1000)}
    world = FlowWorld(mobiles=10, flows={"services": small, "policy": rules})
    for number in world.numbers:
        world.settle(number)
    world.run(5)
    for number in world.numbers:
        watched = world.flow(VIDEO, number=number).reverse()
        for port in range(1, 41):
            flow = single(world.address(IF1, number), CN, 17, port, VIDEO)
            world.give(LMA, FlowStrayed(watched, B, flow, b"\x60" + bytes(60)))
    assert len(world.messages(DestinationUnreachable)) == 200
    assert world.drops().count("too many redirects") == 200
