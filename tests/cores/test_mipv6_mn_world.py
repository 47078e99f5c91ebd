"""Mobile nodes, their home agent, access routers and correspondents, all real, on good links."""

from __future__ import annotations

import pytest
from mipv6_places import CN, HA, KEY, care_of, home_address
from mipv6_world import DELAY, World

from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    MobilePrefixAdvertisement,
    ParameterProblem,
)
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingUpdate,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)

KEYS = {"ha": {"authentication": KEY}, "mn": {"authentication": KEY}}


def attached(link: str = "a", **changes: object) -> World:
    world = World(**changes)  # type: ignore[arg-type]
    world.attach("mn1", link)
    world.run(3)
    return world


@pytest.mark.parametrize("changes", [{}, KEYS])
def test_registration_takes_one_round_trip_after_the_address(changes) -> None:
    world = attached(**changes)
    assert world.talk("cn", "mn1") == "tunnel"
    usable, bound = (
        next(at for at, _, a in world.log if getattr(a, "event", "") == name)
        for name in ("care_of_usable", "binding_acknowledged")
    )
    assert bound - usable == pytest.approx(2 * DELAY)
    assert [row["care_of"] for row in world.rows("ha")] == [str(care_of(1, "a"))]


def test_a_wrong_key_gives_no_service_and_nothing_is_believed() -> None:
    other = {"spi": 256, "key": "00" * 16}
    world = attached(ha={"authentication": KEY}, mn={"authentication": other})
    assert world.talk("mn1", "cn") == ""
    assert set(world.drops("mn1")) == {"acknowledgement that is not authentic"}
    assert world.rows("ha") == []


def test_the_first_packet_of_a_correspondent_begins_route_optimization() -> None:
    world = attached()
    assert world.talk("cn", "mn1") == "tunnel"
    world.run(1)
    assert world.talk("cn", "mn1") == world.talk("mn1", "cn") == "direct"
    assert world.drops("mn1") == world.drops("cn") == []


def test_the_home_test_goes_by_way_of_the_home_agent_and_the_other_straight() -> None:
    world = attached()
    world.talk("cn", "mn1")
    world.run(1)
    (home,), (straight,) = world.messages(HomeTestInit), world.messages(CareOfTestInit)
    assert home.tunnelled and not straight.tunnelled
    assert len(world.messages(HomeTest)) == 1


def test_a_move_costs_one_round_trip_to_the_agent_and_three_ways_to_the_correspondent() -> None:
    world = attached()
    world.talk("cn", "mn1")
    world.run(1)
    world.attach("mn1", "b")
    world.run(DELAY + 1e-6)  # the advertisement
    assert world.talk("mn1", "cn") == ""
    world.run(DELAY)  # the update to the agent
    assert world.talk("mn1", "cn") == "tunnel", "by the agent, until the correspondent knows"
    world.run(2 * DELAY)  # the care-of test was back, the update to the correspondent is there
    assert world.talk("mn1", "cn") == world.talk("cn", "mn1") == "direct"
    assert len(world.messages(HomeTestInit)) == 1, "the home token was still good"


def test_an_unmodified_correspondent_says_so_and_the_tunnel_stays() -> None:
    world = attached()
    world.talk("old", "mn1")
    world.run(1)
    assert len(world.messages(ParameterProblem)) == 2
    assert [r["why"] for r in world.records("optimization_failed")] == ["not supported"]
    assert world.talk("old", "mn1") == world.talk("mn1", "old") == "tunnel"
    tests = len(world.messages(HomeTestInit))
    world.talk("old", "mn1")
    world.run(30)
    assert len(world.messages(HomeTestInit)) == tests
    world.run(40)
    world.talk("old", "mn1")
    world.run(1)
    assert len(world.messages(HomeTestInit)) == tests + 1, "asked again after a while"


def test_a_correspondent_that_does_not_optimize_answers_with_binding_errors() -> None:
    world = attached(cn={"route_optimization": False})
    world.talk("cn", "mn1")
    world.run(1)
    assert [r["why"] for r in world.records("optimization_failed")] == ["not supported"]
    assert world.talk("cn", "mn1") == "tunnel"


def test_two_mobiles_talk_directly_whoever_moves() -> None:
    world = attached(mobiles=("mn1", "mn2"))
    world.attach("mn2", "b")
    world.run(2)
    world.talk("mn1", "mn2")
    world.talk("mn2", "mn1")
    world.run(2)
    assert world.talk("mn1", "mn2") == world.talk("mn2", "mn1") == "direct"
    pair = home_address(1), home_address(2)
    path = world.kernel("mn1").optimized[pair]
    assert (path.local_care_of, path.peer_care_of) == (care_of(1, "a"), care_of(2, "b"))
    for name, link in (("mn1", "b"), ("mn2", "a"), ("mn1", "a")):
        world.attach(name, link)
        world.run(2)
        assert world.talk("mn1", "mn2") == world.talk("mn2", "mn1") == "direct", world.story()
    path = world.kernel("mn1").optimized[pair]
    assert (path.local_care_of, path.peer_care_of) == (care_of(1, "a"), care_of(2, "a"))


def test_two_mobiles_that_move_at_the_same_time_find_each_other() -> None:
    world = attached(mobiles=("mn1", "mn2"))
    world.attach("mn2", "b")
    world.run(2)
    world.talk("mn1", "mn2")
    world.talk("mn2", "mn1")
    world.run(2)
    world.attach("mn1", "b")
    world.attach("mn2", "a")
    world.run(5)
    assert world.talk("mn1", "mn2") == world.talk("mn2", "mn1") == "direct"


def test_home_again_it_is_an_ordinary_host_for_everybody() -> None:
    world = attached()
    world.talk("cn", "mn1")
    world.run(1)
    world.attach("mn1", "home")
    world.run(3)
    assert world.records("home_returned") != []
    assert world.rows("ha") == [] and world.rows("cn") == []
    assert world.kernel("ha").proxied == set() and world.kernel("ha").tunnels == {}
    assert world.kernel("cn").optimized == world.kernel("mn1").optimized == {}
    assert world.talk("cn", "mn1") == world.talk("mn1", "cn") == "direct"
    world.attach("mn1", "b")
    world.run(3)
    assert world.talk("cn", "mn1") == "tunnel"


def test_bindings_last_as_long_as_the_node_is_there() -> None:
    world = attached()
    world.talk("cn", "mn1")
    for _ in range(20):
        world.run(100)
        assert world.talk("cn", "mn1") == world.talk("mn1", "cn") == "direct", world.story()
    assert world.drops("mn1") == world.drops("ha") == world.drops("cn") == []
    updates = world.messages(BindingUpdate)
    assert len(updates) == len(world.messages(BindingAcknowledgement))


def test_an_agent_that_was_restarted_is_told_at_the_next_renewal() -> None:
    world = attached()
    world.restart("ha")
    world.run(250)
    assert world.talk("cn", "mn1") == "tunnel"


def test_a_mobile_that_was_restarted_learns_its_number_from_the_refusal() -> None:
    for seed in range(4):  # the first number is drawn: it may be newer or older than the last
        world = attached(seed=seed)
        world.seed += 100
        world.restart("mn1")
        world.run(3)
        assert world.talk("cn", "mn1") == "tunnel", world.story()


def test_a_correspondent_that_was_restarted_sends_a_binding_error_and_is_told_anew() -> None:
    world = attached()
    world.talk("cn", "mn1")
    world.run(1)
    world.restart("cn")
    from agents.core.events import HomeAddressUnknown

    world.give("cn", HomeAddressUnknown(home_address(1), care_of(1, "a"), CN))
    world.run(2)
    assert world.talk("mn1", "cn") == world.talk("cn", "mn1") == "direct", world.story()


def test_the_agent_is_found_by_its_anycast_address() -> None:
    world = attached(mn={"home_agent": None})
    assert len(world.messages(HomeAgentAddressDiscoveryReply)) == 1
    assert world.talk("cn", "mn1") == "tunnel"
    (row,) = world.rows("mn1")[:1]
    assert row["peer"] == str(HA)


def test_the_home_prefixes_are_learned_and_asked_for_again() -> None:
    world = attached(mn={"prefix_discovery": True})
    assert len(world.messages(MobilePrefixAdvertisement)) == 1
    assert world.records("home_prefixes")[0]["prefixes"] == ["2001:db8:1::/64"]


@pytest.mark.parametrize("detection", ["off", "optimistic", "standard"])
def test_only_standard_detection_costs_a_second(detection) -> None:
    world = World(mn={"detection": detection})
    world.attach("mn1", "a")
    world.run(4)
    usable = next(at for at, _, a in world.log if getattr(a, "event", "") == "care_of_usable")
    waited = usable - (world.now - 4)
    assert (1.0 <= waited <= 2.1) if detection == "standard" else waited == pytest.approx(DELAY)
    assert world.talk("cn", "mn1") == "tunnel"


def test_two_nodes_with_one_link_layer_address_do_not_use_one_address() -> None:
    world = World(mobiles=("mn1", "mn2"), mn={"detection": "standard"})
    same = {"interfaces": [{"interface": "wlan0", "link_layer": "02:00:00:00:00:01"}]}
    world.changes["mn2"] = same
    world.restart("mn2")
    world.attach("mn1", "a")
    world.run(4)
    world.attach("mn2", "a")
    world.run(0.9)
    # The kernel of a node defends its addresses: here the test does.
    from agents.wire.address import Address
    from agents.wire.ndisc import NeighborAdvertisement
    from agents.wire.packet import Packet

    taken = care_of(1, "a")
    denial = Packet(taken, Address.parse("ff02::1"), NeighborAdvertisement(taken, 0x20000000))
    world.inject(denial, "mn2", "wlan0")
    world.run(4)
    rows = {row["care_of"] for row in world.rows("ha")}
    assert len(rows) == 2 and str(taken) in rows
