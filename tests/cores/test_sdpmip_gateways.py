"""Gateways without an anchor: who answers a query to the group, who keeps silent, and when."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from pmipv6_world import link_layer, mag_config, text
from spmip_world import (
    CORRESPONDENT,
    DELAY,
    GROUP,
    POOL,
    A,
    B,
    C,
    DataWorld,
    address,
    home,
    profile,
)

from agents.core import actions as do
from agents.core.configuration import ConfigurationError
from agents.spmip.distributed import DistributedGateway
from agents.wire.address import Address
from agents.wire.ndisc import PrefixInformation
from agents.wire.signaling_messages import UpdateNotification


def asked(world: DataWorld) -> None:
    world.send(CORRESPONDENT, address(1), A)


def test_a_node_is_served_at_once_with_the_prefixes_of_its_profile() -> None:
    world = DataWorld("sdpmip")
    world.come(1, B)
    assert world.sent == []
    assert {(p, s) for p, s in world.kernel(B).routes if s is None} == {(home(1), None)}
    (advertisement,) = world.received[link_layer(1)]
    offered = [o.prefix for o in advertisement.options if isinstance(o, PrefixInformation)]
    assert offered == [home(1)]


def test_a_node_that_leaves_leaves_nothing_behind() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    world.go(1)
    world.assert_unknown(B)
    assert world.sent == []


def test_a_node_that_has_left_is_not_advertised_to() -> None:
    world = DataWorld("sdpmip", mag={"router_lifetime": 30})
    world.settle((1, B))
    world.go(1)
    world.run(100)
    assert len(world.received[link_layer(1)]) == 1
    world.assert_unknown(B)


def test_a_node_that_attaches_again_is_served_on() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    routes = dict(world.kernel(B).routes)
    world.attach(link_layer(1), B)
    assert world.kernel(B).routes == routes
    assert len(world.received[link_layer(1)]) == 2
    assert len(world.records("binding_accepted")) == 1


def test_a_node_that_solicits_is_served_too() -> None:
    world = DataWorld("sdpmip", mag={"detect": ["solicitation"]})
    world.attached[link_layer(1)] = (B, "wlan0")
    world.solicit(link_layer(1), address(1))
    assert (home(1), None) in world.kernel(B).routes


def test_advertisements_are_repeated() -> None:
    world = DataWorld("sdpmip", mag={"router_lifetime": 30})
    world.settle((1, B))
    world.run(60)
    assert 6 <= len(world.received[link_layer(1)]) <= 8


def test_a_query_goes_to_the_group_inside_one_more_header() -> None:
    world = DataWorld("sdpmip")
    asked(world)
    sent = [a for _, _, a in world.log if isinstance(a, do.SendMessage)]
    assert [(s.source, s.destination, s.outer_destination) for s in sent] == [(A, GROUP, GROUP)]


def test_only_the_gateway_of_the_node_answers() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    asked(world)
    world.run(1)
    assert [(s.source, s.destination) for s in world.answers()] == [(B, A)]
    assert world.drops() == []


def test_a_gateway_does_not_answer_itself() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    asked(world)
    world.forge(B, world.queries()[0].message, B, GROUP)
    assert world.drops() == ["query from outside the domain"]


def test_the_gateway_that_a_node_comes_to_answers_at_once_what_was_asked_before() -> None:
    world = DataWorld("sdpmip")
    asked(world)
    world.run(0.4)
    assert world.answers() == []
    world.come(1, C)
    world.run(2 * DELAY)
    assert len(world.got(address(1))) == 1
    assert len(world.queries()) == 1


def test_an_old_question_is_answered_by_having_it_asked_again() -> None:
    world = DataWorld("sdpmip")
    asked(world)
    world.run(9)  # the asker has given up
    world.come(1, C)
    asked(world)
    world.run(DELAY)
    assert world.known(A) == {} or world.known(A)[str(address(1))]["state"] != "absent"
    asked(world)
    world.run(1)
    assert world.got(address(1))


def test_askers_are_remembered_in_a_bounded_number() -> None:
    world = DataWorld("sdpmip", mag={"ask_memory": 5, "query_burst": 1000})
    for index in range(50):
        destination = Address(POOL.network[:7] + b"\xee" + index.to_bytes(8, "big"))
        world.send(CORRESPONDENT, destination, A)
    world.run(1)
    assert len(world.cores[C]._respondent._askers) == 5


def test_the_answer_lasts_as_long_as_is_configured() -> None:
    world = DataWorld("sdpmip", mag={"lifetime": 40})
    world.settle((1, B))
    asked(world)
    world.run(1)
    assert world.answers()[0].message.lifetime == 10


def test_the_old_gateway_tells_who_asked_it_once_it_has_found_the_node() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    asked(world)
    world.run(5)
    world.come(1, C)
    asked(world)
    world.run(1)
    kinds = [(type(s.message).__name__, s.source, s.destination) for s in world.sent[2:]]
    assert kinds == [
        ("BindingUpdate", B, GROUP),
        ("BindingAcknowledgement", C, B),
        ("UpdateNotification", B, A),
        ("UpdateNotificationAcknowledgement", A, B),
        ("BindingUpdate", A, GROUP),
        ("BindingAcknowledgement", C, A),
    ]
    world.assert_path(A, 1)


def notified(world: DataWorld) -> list[Address]:
    return [s.destination for s in world.sent if isinstance(s.message, UpdateNotification)]


def test_the_gateway_that_a_node_has_come_to_is_not_told_so() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    for asker in (A, C):
        world.send(CORRESPONDENT, address(1), asker)
    world.run(5)
    world.come(1, C)
    asked(world)
    world.run(1)
    assert notified(world) == [A]


def test_nobody_is_told_of_a_node_that_comes_back_to_the_same_gateway() -> None:
    world = DataWorld("sdpmip")
    world.settle((1, B))
    asked(world)
    world.run(5)
    world.go(1)
    asked(world)
    world.run(0.3)
    world.come(1, B)
    world.run(1)
    assert len(world.got(address(1))) == 2
    assert notified(world) == []
    world.come(1, C)
    asked(world)
    world.run(1)
    assert notified(world) == [A]


CLASH = {**profile(2), "prefixes": {text(link_layer(2)): [str(home(1))]}}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"group": "2001:db8::1"}, "'group' is 2001:db8::1"),
    ({"pools": {"2001:db8::/32": "::1"}}, "'pools'"),
    ({"pools": ["nonsense"]}, "'pools' is 'nonsense'"),
    ({"mobiles": [profile(1), CLASH]}, "have the prefix"),
    ({"mobiles": [{"identifier": "x", "link_layer_addresses": []}]}, "'prefixes' is missing"),
    ({"query_timeout": 0}, "'query_timeout' is 0"),
    ({"query_tries": 0}, "'query_tries' is 0"),
    ({"query_flags": {"update": 0}}, "'query_flags'"),
    ({"query_flags": {"bits": 3}}, "'query_flags'"),
]


@pytest.mark.parametrize(("changes", "says"), BAD)
def test_a_configuration_that_cannot_work_is_refused_in_one_line(changes, says) -> None:
    config = {**mag_config(A), "pools": [str(POOL)], "mags": [str(B)], "mobiles": [profile(1)]}
    DistributedGateway.from_config(config, Random(1))
    with pytest.raises(ConfigurationError) as error:
        DistributedGateway.from_config({**config, **changes}, Random(1))
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_node_without_a_prefix_is_not_served() -> None:
    without = {**profile(1), "prefixes": {}}
    world = DataWorld("sdpmip", mag={"mobiles": [without]})
    world.come(1, B)
    assert world.drops() == ["interface without a prefix"]
    assert world.kernel(B).routes == {}
