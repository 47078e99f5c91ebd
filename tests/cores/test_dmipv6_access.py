"""Whether a new access network serves a flow: its rate, delay and loss (draft-liu §5.2.1)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from dmipv6_flows import A1, B1, ELSEWHERE, WAYS, A, B, elapsed, ended, four_flows, updates
from dmipv6_nodes import COA2, HOA
from dmipv6_world import World
from pmipv6_world import START

from agents.core import actions as do
from agents.core.events import LinkQuality
from agents.wire.address import Address
from agents.wire.icmpv6_messages import EchoReply, EchoRequest
from agents.wire.private_options import BusinessFlowAttribute


def test_a_flow_that_the_new_access_is_too_slow_for_ends_and_is_not_bound() -> None:
    world = World()
    sources = four_flows(world)
    world.rates["wlan2"] = 300e3
    since = elapsed(world)
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"video": "rate", "page": "care-of address gone"}
    assert updates(world, B1, since) == []
    assert (sources["video"], B, 17, 99) in world.kernel.refused
    assert world.down(sources["video"], B) == "lost"
    for name in ("call", "far"):
        world.assert_works(sources[name], *WAYS[name])
    world.run(10)  # then its address is given back
    (release,) = updates(world, B1, since)
    assert release.message.lifetime == 0 and release.source == COA2
    assert not any(isinstance(o, BusinessFlowAttribute) for o in release.message.options)
    assert world.rows("b1") == [] and sources["video"] not in world.kernel.addresses
    assert world.kernel.refused == set()


def test_the_refusal_comes_before_the_updates_of_the_others() -> None:
    world = World()
    sources = four_flows(world)
    world.rates["wlan2"] = 300e3
    since = elapsed(world)
    world.attach("wlan2")
    world.run(1)
    actions = [a for at, n, a in world.log if n == "mn" and at >= START + since]
    refused = actions.index(do.Refuse(sources["video"], B, 17, 99))
    first = next(
        i
        for i, a in enumerate(actions)
        if isinstance(a, do.SendMessage) and type(a.message).__name__ == "BindingUpdate"
    )
    assert refused < first


@pytest.mark.parametrize(
    ("rate", "lost"),
    [
        (None, set()),
        (1e6, set()),
        (564e3, set()),
        (563e3, {"video"}),
        (64e3, {"video"}),
        (63e3, {"call", "video"}),
    ],
)
def test_urgent_flows_keep_the_rate_there_is(rate: float | None, lost: set[str]) -> None:
    world = World()
    four_flows(world)
    world.rates["wlan2"] = rate
    world.attach("wlan2")
    world.run(1)
    assert set(ended(world)) - {"page"} == lost


def test_a_link_that_turns_slow_under_way_ends_what_it_cannot_carry() -> None:
    world = World()
    sources = four_flows(world)
    world.give("mn", LinkQuality("wlan0", 100e3))
    assert ended(world) == {"video": "rate"}
    world.assert_works(sources["call"], *WAYS["call"])
    world.give("mn", LinkQuality("eth7", 1e3))  # another interface: nothing goes over it
    assert ended(world) == {"video": "rate"}


def test_the_rate_of_the_old_link_does_not_count_on_the_new_one() -> None:
    world = World()
    four_flows(world)
    world.give("mn", LinkQuality("wlan0", 600e3))
    world.attach("wlan2")  # says nothing of its rate
    world.run(1)
    assert set(ended(world)) == {"page"}


def test_a_flow_over_the_home_agent_is_judged_too() -> None:
    world = World().ready()
    source = Address.parse(world.open("film", ELSEWHERE, service="video", wait=0)["source"])
    world.rates["wlan2"] = 100e3
    world.attach("wlan2")
    world.run(1)
    assert ended(world) == {"film": "rate"} and source == HOA
    assert world.kernel.refused == {(HOA, ELSEWHERE, 17, 5060)}
    world.run(11)
    assert HOA in world.kernel.addresses  # the home address is not the flow's own
    world.assert_works(HOA, ELSEWHERE, "ha")


def test_nothing_is_refused_that_would_hit_a_flow_which_goes_on() -> None:
    world = World().ready()
    for flow, service in (("film", "video"), ("chat", "mobile")):
        assert world.open(flow, ELSEWHERE, service=service, port=0, wait=0)["via"] == "home"
    world.rates["wlan2"] = 100e3
    world.attach("wlan2")
    world.run(1)
    assert ended(world) == {"film": "rate"} and world.kernel.refused == set()
    world.assert_works(HOA, ELSEWHERE, "ha")
    assert world.close("film") == {}
    world.attach("wlan1")
    world.give("mn", LinkQuality("wlan0", 0.0))
    assert ended(world) == {"film": "rate"}  # the other needs no rate


def test_delay_and_loss_are_measured_on_the_way_to_the_flows_agent() -> None:
    world = World()
    four_flows(world)
    since = elapsed(world)
    world.attach("wlan2")
    world.run(2)
    probes = world.messages("EchoRequest", since=since)
    assert [(s.source, s.destination) for s in probes] == [(COA2, A1)] * 10
    gaps = {round(b.at - a.at, 6) for a, b in pairwise(probes)}
    assert gaps == {0.02}
    assert set(ended(world)) == {"page"}


def test_too_long_a_way_ends_the_flow_and_its_binding() -> None:
    world = World()
    sources = four_flows(world)
    world.delays[COA2] = 0.2
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"call": "delay", "page": "care-of address gone"}
    assert (sources["call"], A, 17, 5060) in world.kernel.refused
    for name in ("video", "far"):
        world.assert_works(sources[name], *WAYS[name])
    world.run(10)
    assert world.rows("a1") == []


def test_too_many_losses_end_the_flow() -> None:
    world = World()
    four_flows(world)
    count = iter(range(1000))

    def lossy(number: int, message: Any) -> tuple[float, ...]:
        return () if isinstance(message, EchoReply) and next(count) % 2 else (0.0,)

    world.fate = lossy
    world.attach("wlan2")
    world.run(3)
    assert ended(world) == {"call": "loss", "page": "care-of address gone"}


def test_one_lost_request_of_ten_is_no_reason() -> None:
    world = World()
    four_flows(world)
    count = iter(range(1000))
    world.fate = lambda number, message: (
        () if isinstance(message, EchoRequest) and next(count) == 4 else (0.0,)
    )
    world.attach("wlan2")
    world.run(3)
    assert set(ended(world)) == {"page"}


def test_an_agent_that_answers_no_echo_requests_is_judged_by_its_acknowledgement() -> None:
    for delay, lost in ((0.0, {"page"}), (0.3, {"page", "call"})):
        world = World()
        four_flows(world)
        world.fate = lambda number, message: () if isinstance(message, EchoRequest) else (0.0,)
        world.delays[COA2] = delay
        world.attach("wlan2")
        world.run(4)
        assert set(ended(world)) == lost


def test_echo_replies_that_nobody_asked_for_count_for_nothing() -> None:
    world = World()
    four_flows(world)
    lost: list[EchoReply] = []

    def fate(number: int, message: Any) -> tuple[float, ...]:
        if not isinstance(message, EchoReply) or len(lost) < 2:
            if isinstance(message, EchoReply):
                lost.append(message)
            return (0.0,)
        return ()

    world.fate = fate
    world.attach("wlan2")
    world.run(0.1)
    answered = lost[0]
    for sequence in range(10):  # of another program, and to another node
        world.forge("mn", EchoReply(answered.identifier ^ 1, sequence), A1, destination=COA2)
        world.forge("mn", EchoReply(answered.identifier, sequence), B1, destination=COA2)
    assert "echo reply to no request" not in world.drops()
    for sequence in (answered.sequence, 9, 60000):  # once more, too early, never
        world.forge("mn", EchoReply(answered.identifier, sequence), A1, destination=COA2)
        assert world.drops()[-1] == "echo reply to no request"
    world.run(3)
    assert ended(world)["call"] == "loss"
