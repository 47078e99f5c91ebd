"""Flows whose initiator's agent says from which address they run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flow_agent import Answer, FlowAgent, connected
from host_network import PREFIXES, host_network
from staged_runs import Staged, staged_network
from wire_views import rows

from testbed.emulated import commands
from testbed.emulated.traffic.opening import Opened, arguments, from_address
from testbed.emulated.traffic.programs import programs
from testbed.topology.network import Flow, Network

HOME = "2001:db8:1:8000::7"
CHOSEN = f"{PREFIXES['mag1']}2"
CN = "2001:db8:1::c"

PING = Flow("ping", "ping", "mn1", "cn", HOME, CN, "both", 5001, 0.02, service="web")
VOIP = Flow("voip", "udp", "cn", "mn1", CN, HOME, "both", 5002, 0.01, 160)
LOAD = Flow("load", "tcp", "cn", "mn1", CN, HOME, "down", 5003)
CALL = Flow("call", "command", "mn1", "cn", HOME, CN, "both", 5004, command=f"ping -I {HOME} {CN}")


def asking(flow: Flow) -> Flow:
    return replace(flow, initiator="mn1", asks=("mn1",))


def test_an_agent_is_told_the_peer_the_transport_and_the_initiators_own_port() -> None:
    assert arguments(Opened(asking(PING)), "mn1") == {
        "flow": "ping",
        "service": "web",
        "destination": CN,
        "protocol": 58,
        "port": 0,
    }
    said = arguments(Opened(asking(VOIP), port=5002), "mn1")
    assert (said["service"], said["destination"], said["protocol"]) == ("", CN, 17)
    assert arguments(Opened(asking(CALL), user=60_800), "mn1")["user"] == 60_800


def test_who_is_asked_first_is_told_of_no_peer_that_is_still_to_be_asked() -> None:
    flow = replace(LOAD, initiator="cn", asks=("mn1", "cn"))
    wanted = Opened(flow, port=20_001)
    first, second = arguments(wanted, "mn1", ["cn"]), arguments(wanted, "cn")
    assert (first["destination"], first["port"]) == ("", flow.identifier)
    assert (second["destination"], second["port"]) == (HOME, 20_001)
    ping = replace(PING, initiator="mn1", asks=("cn", "mn1"))
    assert arguments(Opened(ping), "cn", ["mn1"])["port"] == 0
    command = replace(CALL, initiator="mn1", asks=("cn", "mn1"))
    assert "user" not in arguments(Opened(command, user=60_800), "cn", ["mn1"])


def test_a_flow_takes_the_address_at_its_initiators_end_and_in_its_command() -> None:
    assert from_address(asking(VOIP), "mn1", CHOSEN).destination_address == CHOSEN
    found = from_address(asking(CALL), "mn1", CHOSEN)
    assert found.source_address == CHOSEN
    assert found.command == f"ping -I {CHOSEN} {CN}"
    other = replace(asking(CALL), command=f"ping {HOME}7 # {HOME}")
    assert from_address(other, "mn1", CHOSEN).command == f"ping {HOME}7 # {CHOSEN}"
    called = from_address(asking(CALL), "cn", CHOSEN)
    assert (called.destination_address, called.command) == (CHOSEN, f"ping -I {HOME} {CHOSEN}")


@pytest.mark.parametrize(
    ("initiator", "direction", "reverse"),
    [("mn1", "down", True), ("mn1", "up", False), ("cn", "down", False), ("cn", "up", True)],
)
def test_tcp_is_connected_by_its_initiator_whichever_way_data_flow(
    initiator: str, direction: str, reverse: bool
) -> None:
    server, client = programs(
        Opened(replace(LOAD, initiator=initiator, direction=direction), 20_001)
    )
    assert (server.serves, client.node) == (5003, initiator)
    said = " ".join(client.arguments)
    ends = {"mn1": HOME, "cn": CN}
    assert f"-c {ends[server.node]} -p 5003 -B {ends[initiator]} " in said
    assert "--cport 20001" in said
    assert ("-R" in client.arguments) == reverse


def played(
    folder: Path,
    flow: Flow,
    answer: Callable[[Mapping[str, Any]], Answer],
    work: Callable[[Staged, FlowAgent], None],
) -> None:
    """Let ``work`` be done where ``flow`` can be started and the agent answers."""

    def play(stage: Staged) -> None:
        connected(stage, "2")
        work(stage, FlowAgent(stage, answer))

    staged_network(folder, _with(host_network(folder), asking(flow)), play)


def _with(network: Network, flow: Flow) -> Network:
    ends = {CN: network.nodes["cn"].address}
    source = ends.get(flow.source_address, flow.source_address)
    destination = ends.get(flow.destination_address, flow.destination_address)
    known = replace(flow, source_address=source, destination_address=destination)
    return replace(network, flows={flow.name: known})


def logged(stage: Staged, event: str) -> list[dict[str, Any]]:
    return stage.events("-runner", event)


def received(stage: Staged, node: str) -> int:
    """How many IPv6 packets ``node`` has taken in."""
    counters = stage.shown(node, "cat", "/proc/net/snmp6").split()
    return int(counters[counters.index("Ip6InReceives") + 1])


@pytest.mark.root
@pytest.mark.parametrize("flow", [PING, VOIP, LOAD], ids=lambda flow: flow.kind)
def test_a_flow_runs_from_the_address_that_its_agent_names(tmp_path: Path, flow: Flow) -> None:
    def work(stage: Staged, agent: FlowAgent) -> None:
        flows = stage.stage.flows
        flows.start(flow.name)
        assert flows.runs(flow.name)
        assert logged(stage, "flow_started") == []
        stage.wait(lambda: bool(logged(stage, "flow_started")), "the flow")
        (started,) = logged(stage, "flow_started")
        ends = {started["source_address"], started["destination_address"]}
        assert ends == {CHOSEN, stage.stage.network.nodes["cn"].address}
        assert (started["via"], started["proxy"]) == ("proxy", "2001:db8::d")
        before = received(stage, "cn")
        stage.wait(lambda: received(stage, "cn") > before + 20, "packets")
        flows.stop_all()
        (stopped,) = logged(stage, "flow_stopped")
        assert stopped["succeeded"]
        stage.wait(lambda: len(agent.heard) > 1, "the agent to hear")
        assert [command for command, _ in agent.heard] == ["open_flow", "close_flow"]
        assert agent.heard[1][1] == {"flow": flow.name}
        stage.stage.captures.stop()
        capture = stage.stage.folder.captures / "cn.pcapng"
        wanted = f"ipv6.src == {CHOSEN} && !icmpv6.type in {{135, 136}}"
        if flow.kind == "tcp":
            wanted += f" && tcp.srcport == {agent.heard[0][1]['port']}"
        assert len(rows(capture, "ipv6.src", display_filter=wanted)) > 10

    def answer(_: Mapping[str, Any]) -> Answer:
        return {"source": CHOSEN, "via": "proxy", "proxy": "2001:db8::d"}

    played(tmp_path, flow, answer, work)


@pytest.mark.root
def test_a_command_that_chooses_no_address_runs_as_the_user_that_was_named(tmp_path: Path) -> None:
    flow = replace(CALL, command="id -u && touch /etc/hosts")

    def work(stage: Staged, agent: FlowAgent) -> None:
        stage.stage.flows.start("call")
        stage.wait(lambda: bool(logged(stage, "flow_stopped")), "its end")
        (stopped,) = logged(stage, "flow_stopped")
        assert stopped["output_tail"] == [str(agent.heard[0][1]["user"])]
        assert stopped["succeeded"]

    played(tmp_path, flow, lambda _: {"source": CHOSEN}, work)


@pytest.mark.root
def test_a_flow_that_gets_no_address_has_failed_for_the_reason_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "PATIENCE", 0.2)
    answers: list[Answer] = [{"error": "no proxy at all"}, None]

    def work(stage: Staged, agent: FlowAgent) -> None:
        flows = stage.stage.flows
        for count in (1, 2):
            flows.start("ping")
            stage.wait(lambda n=count: len(logged(stage, "flow_stopped")) == n, "its end")
            assert not flows.runs("ping")
        flows.start("ping")
        flows.stop("ping")
        tails = [each["output_tail"] for each in logged(stage, "flow_stopped")]
        assert tails == [
            ["no proxy at all"],
            ["the agent of mn1 does not answer within 0.2 s"],
            ["it was stopped before it had an address"],
        ]
        assert not any(each["succeeded"] for each in logged(stage, "flow_stopped"))
        assert logged(stage, "flow_started") == []

    played(tmp_path, PING, lambda _: answers.pop(0) if answers else None, work)


@pytest.mark.root
def test_a_flow_of_a_mobile_whose_agent_is_gone_fails_at_once(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        stage.stage.flows.start("ping")
        stage.wait(lambda: bool(logged(stage, "flow_stopped")), "its end")
        (stopped,) = logged(stage, "flow_stopped")
        assert json.dumps(stopped["output_tail"]) == '["mn1 has no agent that runs"]'

    staged_network(tmp_path, _with(host_network(tmp_path), asking(PING)), work)
