"""The agents' parent and their control sockets: ready, told, asked, stopped, dead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_lab import MN_MAC, PUPPET, Lab, wait_for

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    yield made
    made.close()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    yield network
    network.stop_agents()


def refused(lab: Lab, **wanted: Any) -> str:
    base = lab.specification("mag", protocol="puppet", role="puppet", config={})
    answer = lab.ask_parent({"start": {**base, **wanted}})
    assert answer["failed"] == "mag"
    return str(answer["error"])


def test_many_starts_are_answered_as_each_is_ready(lab: Lab) -> None:
    wanted = [
        {"start": lab.specification(node, protocol="puppet", role="puppet", config={})}
        for node in lab.namespaces
    ]
    lab.connection.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in wanted))
    answers = [lab.told() for _ in wanted]
    assert {answer["started"] for answer in answers} == set(lab.namespaces)
    assert all(lab.events(node, "came_up") for node in lab.namespaces)


def test_a_start_that_fails_says_why(lab: Lab) -> None:
    assert "no such thing" in refused(lab, config={"refuse": "no such thing"})
    assert "nobody" in refused(lab, role="nobody")
    assert "netns_pid" in refused(lab, netns_pid_of="mag")
    assert "process 999999" in refused(lab, netns_pid=999999)
    assert "no-such-if" in refused(lab, config={"access": [{"interface": "no-such-if"}]})
    assert "no/such/folder" in refused(lab, log="/no/such/folder/mag.log")
    assert "silly" in refused(lab, settings={"data_path": "silly"})
    accept = {"AcceptTunnels": {"local": "2001:db8::1", "delivery": "routed"}}
    lab.start("mag", "puppet", {"initial": [accept]})
    assert "runs" in refused(lab)


@pytest.mark.parametrize("line", [b"no json\n", b"{}\n", b"[1]\n", b'{"start": {}}\n', b"\xff\n"])
def test_a_senseless_request_is_refused(lab: Lab, line: bytes) -> None:
    lab.connection.sendall(line)
    assert "error" in lab.told()


def test_a_death_is_reported_with_the_last_lines(lab: Lab) -> None:
    lab.start("cn", "crashing", {})
    lab.tell("cn", {"command": "anything"})
    news = lab.told()
    assert (news["died"], news["status"]) == ("cn", 1)
    assert news["log_tail"][-1] == "RuntimeError: the puppet's fault"
    lab.start("cn", "puppet", {})


def test_a_stopped_agent_is_gone_and_no_news(lab: Lab) -> None:
    lab.start("cn", "puppet", {})
    assert lab.ask_parent({"stop": "cn"}) == {"stopped": "cn"}
    assert lab.ask_parent({"stop": "cn"}) == {"stopped": "cn"}
    with pytest.raises(ConnectionRefusedError):
        lab.tell("cn", {"counters": True})


def test_link_events_reach_the_core(lab: Lab) -> None:
    lab.start("mag", "puppet", {"access": [{"interface": "mag-mn"}]})
    event = {"interface": "mag-mn", "link_layer_address": MN_MAC}
    lab.tell("mag", {"event": "link_up", **event})
    lab.tell("mag", {"event": "link_down", **event})
    down = lab.wait_event("mag", "LinkDown")
    assert (down["mac"], down["on"]) == (MN_MAC.replace(":", ""), "mag-mn")
    assert lab.events("mag", "LinkUp")


def test_questions_are_answered(lab: Lab) -> None:
    lab.start("mag", "puppet", {})
    (row,) = lab.ask("mag", "bindings")
    assert row["prefix"] == "2001:db8::/64"
    counters = lab.ask("mag", "counters")
    assert counters["handling"]["count"] == 1
    assert counters["data_path"] in ("seg6", "ip6tnl")


def test_requests_that_nobody_knows_are_counted(lab: Lab) -> None:
    lab.start("mag", "puppet", {})
    for request in (b"", b"{", b"[]", b"{}", b'{"event": "link_up"}', b'{"event": ["x"]}'):
        lab.tell("mag", request)
    lab.tell("mag", {"event": "link_up", "interface": "x", "link_layer_address": "zz"})
    lab.tell("mag", {"command": "x", "arguments": 7})
    assert lab.ask("mag", "counters")["control requests refused"] == 8


def test_a_deadline_is_kept_and_never_early(lab: Lab) -> None:
    lab.start("mag", "puppet", {})
    for count, seconds in enumerate((0.0, 0.03, 0.2), start=1):
        lab.tell("mag", {"command": "sleep", "arguments": {"seconds": seconds}})
        assert lab.wait_event("mag", "woke", count)["late"] >= 0


def test_a_seed_and_a_node_make_the_random_numbers(lab: Lab) -> None:
    draws = []
    for seed in (1, 1, 2):
        lab.start("mag", "puppet", {}, seed=seed)
        draws.append(lab.events("mag", "came_up")[-1]["draw"])
        lab.ask_parent({"stop": "mag"})
    assert draws[0] == draws[1] != draws[2]


def test_agents_die_with_their_parent(tmp_path: Path) -> None:
    lab = Lab(tmp_path, PUPPET)
    try:
        lab.start("mag", "puppet", {})
        assert lives(lab, "agent mag")
        (parent,) = lab.run("", "pgrep", "-f", "live_puppet").splitlines()[:1]
        lab.run("", "kill", "-9", parent)
        wait_for(lambda: not lives(lab, "agent mag"))
    finally:
        lab.close()


def lives(lab: Lab, name: str) -> bool:
    """Say whether a process of that name runs: one that nobody has buried yet does not."""
    rows = (
        row.split(maxsplit=1) for row in lab.run("", "ps", "-e", "-o", "stat=,comm=").splitlines()
    )
    return any(command == name for state, command in rows if not state.startswith("Z"))
