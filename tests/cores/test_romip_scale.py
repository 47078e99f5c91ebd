"""A thousand sessions at one MAAR move without the loss of a list entry."""

from __future__ import annotations

from random import Random
from typing import Any

from misfortunes import bad_luck
from romip_nodes import HOST, MAARS, START, home
from romip_world import World

from agents.core.actions import AddTunnel
from agents.core.events import PeerHeard
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.ndisc import RouterSolicitation

THOUSAND = 1000
A1 = home(1, "a1")


def hosts(number: int) -> list[Address]:
    """Correspondents that never move, behind B_MAAR1."""
    return [Address(HOST[:14] + index.to_bytes(2, "big")) for index in range(1, number + 1)]


class Luck:
    """The first hundreds of messages may have bad luck."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.armed = 0

    def __call__(self, number: int, message: Any) -> tuple[float, ...]:
        if self.armed <= 0:
            return (0.0,)
        self.armed -= 1
        return bad_luck(self.chance)


def test_a_thousand_sessions_of_one_node() -> None:
    others = hosts(THOUSAND)
    world = World(places=("a1", "a2", "b1"), mobiles=1, maar={"hosts": []})
    config = world._configs["b1"][1]
    config["hosts"] = [str(other) for other in others]
    config["host_interfaces"] = {str(other): "eth0" for other in others}
    world.restart("b1")
    world.settle((1, "a1"))
    for other in others:
        world.tell(1, PeerHeard(A1, other))
    world.settle((1, "a2"))
    assert world.lists("a2", 1)["internal"] == dict.fromkeys(others, MAARS["b1"])
    rows = [row for row in world.rows("b1") if row["list"] == "internal"]
    assert len(rows) == THOUSAND
    assert {row["address"] for row in rows} == {str(A1)}
    solicited = [s for s in world.sent if isinstance(s.message, RouterSolicitation)]
    assert len(solicited) == 1 + -(-THOUSAND // 30)
    world.settle((1, "a1"))
    assert world.lists("a1", 1)["internal"] == dict.fromkeys(others, MAARS["b1"])
    assert world.rows("a2") == []
    assert world.kernels["a2"].routes == {}


def test_a_thousand_sessions_of_one_node_with_bad_luck() -> None:
    others = hosts(THOUSAND)
    luck = Luck(1)
    world = World(places=("a1", "a2", "b1"), mobiles=1, fate=luck)
    world._configs["b1"][1]["hosts"] = [str(other) for other in others]
    world._configs["b1"][1]["host_interfaces"] = {str(other): "eth0" for other in others}
    world.restart("b1")
    world.settle((1, "a1"))
    for other in others:
        world.tell(1, PeerHeard(A1, other))
    luck.armed = 3000
    world.come(1, "a2")
    world.run(200)
    assert world.lists("a2", 1)["internal"] == dict.fromkeys(others, MAARS["b1"])
    rows = [row for row in world.rows("b1") if row["list"] == "internal"]
    assert len(rows) == THOUSAND and {row["leads_to"] for row in rows} == {str(MAARS["a2"])}


def test_a_thousand_nodes_with_a_session_each() -> None:
    numbers = range(1, THOUSAND + 1)
    world = World(places=("a1", "a2", "b1"), mobiles=THOUSAND)
    for number in numbers:
        world.come(number, "a1")
    world.run(1)
    for number in numbers:
        world.tell(number, PeerHeard(home(number, "a1"), HOST))
    for number in numbers:
        world.come(number, "a2")
    world.run(1)
    rows = world.rows("a2")
    external = {row["address"]: row["leads_to"] for row in rows if row["list"] == "external"}
    assert external == {str(home(n, "a1")): str(home(n, "a2")) for n in numbers}
    internal = [row for row in rows if row["list"] == "internal"]
    assert len(internal) == THOUSAND and {row["address"] for row in internal} == {str(HOST)}
    assert len([row for row in world.rows("b1") if row["list"] == "internal"]) == THOUSAND
    world.assert_routes_match()
    assert world.ping(home(7, "a1"), HOST)
    tunnels = [a for at, _, a in world.log if isinstance(a, AddTunnel) and at > START]
    assert len(tunnels) == 2
    updates = [s for s in world.sent if isinstance(s.message, BindingUpdate)]
    assert len(updates) == 2 * THOUSAND
