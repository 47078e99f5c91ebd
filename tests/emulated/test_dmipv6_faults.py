"""DMIPv6 when home proxies and servers are dead, before a flow and under it."""

from __future__ import annotations

from pathlib import Path

import pytest
from dmipv6_scene import OPEN_TIMEOUT, Domain, Opened, topology
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

LATE = 2.0  # s that a busy machine may add to what is bounded


def begins_at_home(domain: Domain, flow: str, why: str) -> Opened:
    """Assert that a new flow gets the home address in bounded time, and that this works."""
    (opened,) = domain.open(flow)
    assert (opened.via, opened.source) == ("home", domain.address["mn1"]), opened.details
    assert opened.took < OPEN_TIMEOUT + LATE
    (fell_back,) = domain.run.events("mn1", "flow_fell_back", flow=flow)
    assert why in fell_back["why"]
    assert domain.runs_from(opened.source)
    return opened


def test_with_all_home_proxies_dead_flows_begin_over_the_home_agent(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        domain = Domain(run)
        for proxy in ("dhp1", "dhp2"):
            run.stage.agents.kill(proxy)
        begins_at_home(domain, "first", "no home proxy answered")
        holders = {name: node.holder for name, node in run.stage.testbed.nodes.items()}
        run.stage.agents.launch(["dhp1"], holders)
        run.wait(lambda: run.stage.agents.runs("dhp1"), "the home proxy")
        (second,) = domain.open("second")
        domain.serves(second)

    staged(tmp_path, topology(), work)


def test_with_the_nearest_home_proxy_dead_the_other_is_asked(tmp_path: Path) -> None:
    """It dies when it has been told of: its peer still names it, as does a server."""

    def work(run: Staged) -> None:
        domain = Domain(run)
        run.wait(lambda: domain.knows_proxies("ms"), "the statuses")
        run.stage.agents.kill("dhp1")
        (flow,) = domain.open("flow")
        domain.serves(flow)
        assert flow.proxy == domain.address["dhp2"]
        selected = run.events("mn1", "proxy_selected")
        assert [each["proxy"] for each in selected] == [
            domain.address[each] for each in ("dhp1", "dhp2")
        ]

    prefer = ", policy: [security], proxies: {dhp1: {security: 9}}"
    staged(tmp_path, topology(f", discovery: server-active, status_interval: 1s{prefer}"), work)


@pytest.mark.parametrize("dead", ["ns", "ms"])
def test_with_a_server_dead_flows_begin_over_the_home_agent(tmp_path: Path, dead: str) -> None:
    why = {"ns": "waited too long for: home proxies", "ms": "no home proxy answered"}[dead]

    def work(run: Staged) -> None:
        domain = Domain(run)
        if dead == "ms":
            run.stage.agents.kill("ms")
        else:
            domain.isolate("ns")
        begins_at_home(domain, "flow", why)

    staged(tmp_path, topology(", discovery: server-passive"), work)


def test_a_home_proxy_that_dies_under_a_flow_is_noticed_and_reported(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        domain = Domain(run)
        (flow,) = domain.open("call")
        domain.serves(flow)
        dead = next(name for name, address in domain.address.items() if address == flow.proxy)
        run.stage.agents.kill(dead)
        run.wait(lambda: bool(run.events("mn1", "proxy_lost")), "the loss to be noticed")
        (lost, *_) = run.events("mn1", "proxy_lost")
        assert (lost["flow"], lost["proxy"]) == ("call", flow.proxy)
        run.wait(lambda: bool(run.events("mn1", "flow_ended", flow="call")), "the flow's end")
        (other,) = domain.open("other")
        domain.serves(other)
        assert other.proxy != flow.proxy

    short = ", refresh_fraction: 0.2, proxy_lifetime: 4s, initial_timeout: 200ms, max_timeout: 1s"
    staged(tmp_path, topology(f"{short}, discovery: multicast"), work)
