"""Whatever is dead or lost, a flow begins within a bounded time (draft-liu §5.1.6)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from dmipv6_flows import A1, A2, DISCOVERIES, A, B
from dmipv6_nodes import ADDRESS, COA1, HOA
from dmipv6_world import World
from misfortunes import bad_luck
from pmipv6_world import START

from agents.wire.address import Address

BOUND = 5.0
"""The default of ``open_timeout``, in seconds."""


def begin(world: World, flow: str = "call", to: Address = A, **more: Any) -> tuple[Any, float]:
    """Open a flow; return its answer and how long that took."""
    asked = {"flow": flow, "destination": str(to), "protocol": 17, "port": 5060, **more}
    token = world.command("mn", "open_flow", **asked)
    began = world.now
    for _ in range(700):
        if token in world.replies:
            break
        world.run(0.01)
    return world.replies.get(token), world.now - began


def assert_from_home(world: World, reply: Any, took: float) -> None:
    assert reply == {"source": str(HOA), "via": "home", "proxy": ""}, world.story()
    assert took <= BOUND + 0.02
    world.assert_works(HOA, B, "ha")


@pytest.mark.parametrize("discovery", DISCOVERIES)
def test_all_home_proxies_are_dead(discovery: str) -> None:
    world = World(mn={"discovery": discovery}).ready()
    world.kill("b1", "b2")
    world.run(16)  # so long a server may still believe in them
    assert_from_home(world, *begin(world, to=B))
    assert world.records("flow_fell_back")


@pytest.mark.parametrize("discovery", DISCOVERIES)
def test_a_home_proxy_dies_while_servers_still_tell_of_it(discovery: str) -> None:
    world = World(mn={"discovery": discovery}).ready()
    world.kill("b1")
    reply, took = begin(world, to=B)
    assert reply["via"] == "home" or reply["proxy"] == str(ADDRESS["b2"])
    assert took <= BOUND + 0.02
    if discovery == "server-passive":  # the server is believed until it has noticed
        world.run(16)
    reply, took = begin(world, "again", B)
    assert reply["proxy"] == str(ADDRESS["b2"]), "what did not answer is not asked again at once"


def test_the_server_is_dead() -> None:
    world = World(mn={"discovery": "server-active"}).ready()
    world.kill("server-a")
    assert_from_home(world, *begin(world))
    reply, took = begin(world, "again")
    assert reply["via"] == "home" and took == 0, "it is not asked again at once"
    world.run(10)
    world.restart("server-a")
    world.mute.clear()
    world.run(6)
    assert begin(world, "later")[0]["via"] == "proxy"


def test_the_name_server_is_dead() -> None:
    world = World().ready()
    world.mute.add(ADDRESS["ns-a"])
    reply, took = begin(world)
    assert_from_home(world, reply, took)
    assert world.records("flow_fell_back")[0]["why"] == "no name server answered"
    assert begin(world, "other domain", B)[0]["via"] == "proxy"


def test_a_name_that_does_not_exist() -> None:
    domains = [
        {"prefix": "2001:db8:a::/48", "zone": "nowhere.test", "name_server": "2001:db8:a::53"}
    ]
    world = World(mn={"domains": domains}).ready()
    reply, took = begin(world)
    assert_from_home(world, reply, took)
    assert took < 0.1
    assert world.records("flow_fell_back")[0]["why"] == "no such name"


def test_a_correspondent_that_is_no_server() -> None:
    world = World(mn={"discovery": "correspondent"}).ready()
    assert_from_home(world, *begin(world, to=A))


@pytest.mark.parametrize("name", ["DhoaRequest", "DhoaResponse", "BindingUpdate"])
def test_a_home_proxy_that_dies_half_way(name: str) -> None:
    world = World(a2={"security": 0}).ready()
    world.kill("a2")
    world.run(16)

    def dead(number: int, message: Any) -> tuple[float, ...]:
        return () if type(message).__name__ == name else (0.0,)

    world.fate = dead
    assert_from_home(world, *begin(world))
    world.fate = lambda number, message: (0.0,)
    world.run(70)
    assert world.rows("a1") == [], "what was given and never used is taken back"
    assert set(world.kernel.addresses) == {HOA, COA1}


def test_a_home_proxy_without_addresses_is_passed_over() -> None:
    world = World(a1={"capacity": 1, "load": 0}).ready()
    first, _ = begin(world, "first")
    second, took = begin(world, "second")
    assert (first["proxy"], second["proxy"]) == (str(A1), str(A2)) and took < 1
    assert world.records("request_refused", "a1")[0]["why"] == "no address left"


def test_a_home_proxy_that_refuses_to_bind_is_passed_over() -> None:
    world = World(a1={"authentication": {"spi": 300, "key": "00" * 16}}).ready()
    reply, took = begin(world)
    assert reply["proxy"] == str(A2) and took < BOUND
    world.assert_works(Address.parse(reply["source"]), A, "a2")


@pytest.mark.parametrize("index", range(7))
@pytest.mark.parametrize("discovery", DISCOVERIES)
def test_any_one_message_may_be_lost_twice_or_late(discovery: str, index: int) -> None:
    for copies in ((), (0.0, 0.004), (0.13,), (0.0, 3.0)):
        world = World(mn={"discovery": discovery}).ready()
        seen: list[int] = []

        def fate(
            number: int,
            message: Any,
            seen: list[int] = seen,
            copies: tuple[float, ...] = copies,
        ) -> tuple[float, ...]:
            if type(message).__name__ == "RouterAdvertisement":
                return (0.0,)
            seen.append(number)
            return copies if len(seen) == index + 1 else (0.0,)

        world.fate = fate
        reply, took = begin(world, to=B)
        assert reply["via"] == "proxy" and took <= BOUND, world.story()
        world.run(10)
        source = Address.parse(reply["source"])
        world.assert_works(source, B, "optimized")
        world.run(70)
        held = [row["address"] for name in ("b1", "b2") for row in world.rows(name)]
        assert held == [str(source)], world.story()


@pytest.mark.parametrize("seed", range(30))
def test_flows_over_bad_links_begin_in_time_and_leave_nothing(seed: int) -> None:
    chance = Random(seed)
    way = chance.choice(DISCOVERIES)
    world = World(seed, mn={"discovery": way, "lifetime": 12, "proxy_lifetime": 12})
    world.attach("wlan1")
    world.run(5)
    world.fate = lambda number, message: bad_luck(chance)
    names = [f"f{number}" for number in range(6)]
    tokens = []
    for port, name in enumerate(names, 1):
        tokens.append(world.command("mn", "open_flow", flow=name, destination=str(B), port=port))
        world.run(chance.uniform(0, 2))
        if chance.random() < 0.4:
            world.attach(chance.choice(["wlan1", "wlan2"]))
    world.run(BOUND + 0.01)
    assert all(token in world.replies for token in tokens), world.story()
    world.fate = lambda number, message: (0.0,)
    world.run(30)
    for row in [row for row in world.rows("mn") if row.get("state") == "open"]:
        source = Address.parse(row["source"])
        assert world.up(source, B) != "lost" and world.down(source, B) != "lost", world.story()
    for name in names:
        world.close(name)
    world.run(80)
    assert world.rows("b1") == [] and world.rows("b2") == [], world.story()
    assert set(world.kernel.addresses) == {
        HOA,
        *(a for a, i in world.kernel.addresses.items() if i != "lo"),
    }
    assert [row for row in world.rows("mn") if "flow" in row] == []
    assert world.now > START
