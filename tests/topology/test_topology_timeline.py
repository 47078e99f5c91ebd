"""Compound steps come down to simple ones, in order; equal seeds walk alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from testbed.topology.errors import TopologyError
from testbed.topology.network import Network, Step

Load = Callable[..., Network]

NETWORK = """\
protocol: pmipv6
seed: 5
domains: {home: {prefix: "2001:db8:1::/48"}}
nodes:
  lma: {place: anchor}
  mag1: {place: access-router}
  mag2: {place: access-router}
  mn1: {place: mobile}
  mn2: {place: mobile}
  mn3: {place: mobile, interfaces: {wlan0: {technology: wlan}, lte0: {technology: lte}}}
links:
  - {ends: [lma, mag1], delay: 10ms, rate: 1Mbit/s}
  - {ends: [lma, mag2]}
access:
  wlan1: {router: mag1, technology: wlan}
  wlan2: {router: mag2, technology: wlan}
  lte1: {router: mag2, technology: lte}
timeline:
"""


def played(loads: Load, *steps: str, **options: object) -> list[Step]:
    text = NETWORK + "".join(f"  - {{{step}}}\n" for step in steps)
    return list(loads(text, **options).timeline)


def test_steps_of_several_nodes_are_one_each(loads: Load) -> None:
    steps = played(loads, "at: 0, attach: [mn1, mn2], to: wlan1", "at: 2, detach: [mn1, mn2]")
    assert [(s.at, s.kind, s.node, s.interface, s.target) for s in steps] == [
        (0, "attach", "mn1", "mn1-eth0", "wlan1"),
        (0, "attach", "mn2", "mn2-eth0", "wlan1"),
        (2, "detach", "mn1", "mn1-eth0", ""),
        (2, "detach", "mn2", "mn2-eth0", ""),
    ]


def test_steps_know_their_line(loads: Load) -> None:
    steps = played(loads, "at: 0, attach: mn1, to: wlan1", "at: 1, move: mn1, to: wlan2")
    first = NETWORK.count("\n") + 1
    assert [step.line for step in steps] == [first, first + 1]


@pytest.mark.parametrize("start", ["wlan1", "wlan2"])
def test_ping_pong_begins_by_leaving_where_the_node_is(start: str, loads: Load) -> None:
    pingpong = "at: 1, pingpong: mn1, between: [wlan1, wlan2], every: 2s, times: 3, gap: 10ms"
    _, *moves = played(loads, f"at: 0, attach: mn1, to: {start}", pingpong)
    other = {"wlan1": "wlan2", "wlan2": "wlan1"}[start]
    assert [(move.at, move.target, move.gap) for move in moves] == [
        (1, other, 0.01),
        (3, start, 0.01),
        (5, other, 0.01),
    ]


def test_steps_within_a_ping_pong_come_in_order_of_time(loads: Load) -> None:
    pingpong = "at: 1, pingpong: mn1, between: [wlan1, wlan2], every: 2s, times: 3"
    steps = played(loads, "at: 0, attach: mn1, to: wlan1", pingpong, "at: 2, kill: lma")
    assert [step.at for step in steps] == [0, 1, 2, 3, 5]
    assert steps[2].kind == "kill"


WALK = "at: 1, walk: [mn1, mn2], every: 2s, until: 30s, gap: 50ms, over: [wlan1, wlan2]"


def walked(loads: Load, **options: object) -> list[Step]:
    return played(loads, "at: 0, attach: [mn1, mn2], to: wlan1", WALK, **options)[2:]


def test_a_walk_repeats_with_its_seed_and_differs_with_another(loads: Load) -> None:
    assert walked(loads) == walked(loads) == walked(loads, seed=5)
    assert walked(loads) != walked(loads, seed=6)


def test_a_walk_keeps_its_pace_and_never_stays(loads: Load) -> None:
    moves = [step for step in walked(loads) if step.node == "mn2"]
    assert 8 <= len(moves) <= 29
    assert all(1 <= move.at < 30 for move in moves)
    for earlier, later in pairwise(moves):
        assert 0.999 <= later.at - earlier.at <= 3.001
        assert earlier.target != later.target
    assert moves[0].target == "wlan2"


def test_walkers_walk_apart(loads: Load) -> None:
    times = [{step.at for step in walked(loads) if step.node == name} for name in ("mn1", "mn2")]
    assert not times[0] & times[1]


def test_a_walk_over_all_links_takes_those_that_fit(loads: Load) -> None:
    walk = "at: 1, walk: mn3, interface: wlan0, every: 1s, until: 30s, over: [wlan1, wlan2]"
    steps = played(loads, "at: 0, attach: mn3, to: wlan1", walk)
    assert {step.target for step in steps} == {"wlan1", "wlan2"}


def test_the_interface_follows_from_the_technology(loads: Load) -> None:
    steps = played(loads, "at: 0, attach: mn3, to: lte1", "at: 1, attach: mn3, to: wlan1")
    assert [step.interface for step in steps] == ["mn3-lte0", "mn3-wlan0"]


def test_a_detach_of_one_interface_of_two_must_say_which(loads: Load) -> None:
    with pytest.raises(Exception, match=r"timeline\[1\].detach: mn3 has several interfaces"):
        played(loads, "at: 0, attach: mn3, to: lte1", "at: 1, detach: mn3")


def test_a_link_that_no_interface_fits_is_refused(loads: Load) -> None:
    text = NETWORK.replace("timeline:", "  fibre: {router: mag1, technology: ethernet}\ntimeline:")
    with pytest.raises(
        TopologyError, match=r"mn3 has no interface for an access link of .*ethernet"
    ):
        loads(text + "  - {at: 0, attach: mn3, to: fibre}\n")
    with pytest.raises(TopologyError, match=r"lte0 of mn3 is not for an access link of .* wlan"):
        played(loads, "at: 0, attach: mn3, interface: lte0, to: wlan1")


def test_a_change_leaves_the_other_settings_and_adds_to_the_last(loads: Load) -> None:
    first, second = played(
        loads, "at: 0, change: lma-mag1, delay: 20ms", "at: 1, change: lma-mag1, loss: 5%"
    )
    assert first.settings and second.settings
    assert (first.settings.delay, first.settings.rate, first.settings.loss) == (0.02, 1e6, 0.0)
    assert (second.settings.delay, second.settings.rate, second.settings.loss) == (0.02, 1e6, 0.05)


def test_an_agent_that_was_killed_may_be_restarted(loads: Load) -> None:
    steps = played(loads, "at: 0, kill: mag1", "at: 1, restart: mag1", "at: 2, kill: mag1")
    assert [(step.kind, step.node) for step in steps] == [
        ("kill", "mag1"),
        ("restart", "mag1"),
        ("kill", "mag1"),
    ]


def test_a_command_is_kept_as_it_is(loads: Load) -> None:
    (step,) = played(loads, 'at: 0, run: "ping -c 1 {x} | wc", node: lma')
    assert (step.kind, step.node, step.command) == ("run", "lma", "ping -c 1 {x} | wc")


def test_agents_are_told_commands_with_arguments(loads: Load) -> None:
    step = "at: 1, tell: [mag1, mag2], command: permit, with: {node: mn1@home}"
    one, two = played(loads, step)
    assert (one.at, one.kind, one.node, one.command) == (1, "tell", "mag1", "permit")
    assert one.arguments == {"node": "mn1@home"}
    assert two == replace(one, node="mag2")
    (bare,) = played(loads, "at: 2, tell: mn1, command: open_flow", protocol="mipv6")
    assert (bare.node, bare.command, bare.arguments) == ("mn1", "open_flow", {})


def test_who_does_not_know_a_command_under_another_protocol_is_not_told(loads: Load) -> None:
    step = "at: 1, tell: mag1, command: permit, with: {node: mn1@home}"
    for protocol, heeded in (("pmipv6", True), ("sdpmip", True), ("mipv6", False)):
        kinds = [each.kind for each in played(loads, step, protocol=protocol)]
        assert kinds == (["tell"] if heeded else [])
    silent = "at: 1, tell: lma, command: permit, with: {node: mn1@home}"  # a router there
    assert played(loads, silent, protocol="sdpmip") == []
    with pytest.raises(TopologyError, match="lmaa"):
        played(loads, "at: 1, tell: lmaa, command: permit", protocol="sdpmip")
