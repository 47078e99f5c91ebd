"""Home proxies that die under DMIPv6, and a mobile node's agent that does, in one run."""

from __future__ import annotations

from typing import Any

import pytest
from host_runs import Played, play

pytestmark = pytest.mark.root

PATIENCE = 6.0  # s, from the start of a flow to its first packet where no home proxy answers
NOTICED = 8.0  # s, from the first update that is not answered: 1 + 2 + 4 and then some
SCENARIO = """
flows:
  early: {kind: udp, from: mn1, to: cn2, direction: both, interval: 10ms, size: 160, service: video}
  late: {kind: udp, from: mn1, to: cn1, direction: both, interval: 10ms, size: 160, service: voip}
  again: {kind: udp, from: mn1, to: cn1, direction: both, interval: 10ms, size: 160, service: voip}
  anew: {kind: ping, from: mn1, to: cn1, interval: 50ms, service: voip}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 3s, start: early}
  - {at: 4s, kill: [dhp11, dhp12, dhp21, dhp22]}
  - {at: 4.5s, start: late}
  - {at: 10.5s, stop: late}
  - {at: 10.5s, restart: [dhp11, dhp12]}
  - {at: 11s, move: mn1, to: wlan2, gap: 50ms}
  - {at: 16s, start: again}
  - {at: 18s, stop: again}
  - {at: 20s, stop: early}
  - {at: 20.5s, kill: mn1}
  - {at: 21s, restart: mn1}
  - {at: 22.5s, start: anew}
  - {at: 25s, stop: anew}
expect:
  - captures.dropped == 0
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("faults"), "dmipv6", SCENARIO)


def opened(played: Played, flow: str) -> dict[str, Any]:
    (event,) = played.named("flow_opened", flow=flow)
    return event


def test_without_any_home_proxy_a_flow_starts_over_the_home_address_in_time(
    played: Played,
) -> None:
    (fell_back,) = played.named("flow_fell_back")
    late = opened(played, "late")
    assert fell_back["flow"] == "late"
    assert (late["via"], late["source"], late["proxy"]) == ("home", played.address("mn1"), "")
    (killed,) = played.named("agent_killed", subject="dhp22")
    assert late["at"] - killed["at"] - 0.5 < PATIENCE
    assert played.flow("late")["received"] > 0


def test_a_home_proxy_that_died_under_a_flow_is_noticed_and_reported(played: Played) -> None:
    assert opened(played, "early")["via"] == "proxy"
    (lost,) = played.named("proxy_lost")
    assert (lost["flow"], lost["proxy"]) == ("early", opened(played, "early")["proxy"])
    (moved,) = played.named("link_up", access="wlan2")
    assert lost["at"] - moved["at"] < NOTICED


def test_an_optimized_flow_outlives_its_home_proxy_and_a_move(played: Played) -> None:
    (moved,) = played.named("link_up", access="wlan2")
    (lost,) = played.named("proxy_lost")
    since = max(moved["at"], lost["at"])
    port = played.network.flows["early"].identifier
    wanted = f"udp.port == {port} && !icmpv6 && frame.time_epoch > {since}"
    there, peer = played.care_of("mn1", "wlan2"), played.address("cn2")
    found = played.seen("mn1", "ipv6.src", "ipv6.dst", display_filter=wanted)
    ways = {(*row["ipv6.src"], *row["ipv6.dst"]) for row in found}
    assert ways == {(there, peer), (peer, there)}
    assert len(found) > 20


def test_home_proxies_that_come_back_serve_again(played: Played) -> None:
    again = opened(played, "again")
    assert (again["via"], again["proxy"]) == ("proxy", played.address("dhp11"))
    flow = played.flow("again")
    assert flow["received"] > 0 and flow["lost"] <= 2, "what was under way when it was stopped"


def test_a_restarted_agent_of_a_mobile_node_registers_and_opens_flows(played: Played) -> None:
    (restarted,) = played.named("agent_restarted", subject="mn1")
    accepted = [
        each
        for each in played.named("binding_acknowledged", node="mn1", status=0)
        if each["at"] > restarted["at"] and each["home_address"] == played.address("mn1")
    ]
    assert accepted
    assert opened(played, "anew")["via"] == "proxy"
    flow = played.flow("anew")
    assert flow["received"] > 10
    assert flow["lost"] <= 2, "what was under way when it was stopped"


def test_nothing_of_the_agent_that_was_killed_is_left(played: Played) -> None:
    """Its addresses leave with it: nothing is sent from one that the new agent does not have."""
    (restarted,) = played.named("agent_restarted", subject="mn1")
    (interface,) = played.network.nodes["mn1"].interfaces
    data = "(udp || icmpv6.type in {128, 129}) && !icmpv6.type == 3"
    since = restarted["at"] + 1
    wanted = f"{data} && eth.src == {interface.mac} && frame.time_epoch > {since}"
    found = {
        end
        for row in played.seen("mn1", "ipv6.src", display_filter=wanted)
        for end in row["ipv6.src"]
    }
    anew = opened(played, "anew")["source"]
    assert anew in found
    assert found <= {anew, played.address("mn1"), played.care_of("mn1", "wlan2")}
