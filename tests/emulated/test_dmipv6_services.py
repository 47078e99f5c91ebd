"""Any program is a flow of DMIPv6: `exec --service` on the mobile node of a run that goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from subprocess import Popen

import emulated_runs as runs
import pytest
from host_runs import TOPOLOGIES

from testbed.emulated import running
from testbed.protocols import load
from testbed.topology.network import Network

pytestmark = [pytest.mark.root, pytest.mark.alone]

SCENARIO = """
flows: {}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
duration: 300s
expect: []
"""
HELLO = """
import socket
with socket.create_server(("::", 7777), family=socket.AF_INET6) as server:
    print("listening", flush=True)
    for _ in range(2):
        with server.accept()[0] as peer:
            peer.sendall((peer.getpeername()[0] + "\\n").encode())
"""
ASK = """
import socket, sys
with socket.create_connection((sys.argv[1], 7777), timeout=20) as peer:
    print(peer.recv(100).decode(), end="")
"""


@dataclass(frozen=True)
class Running:
    folder: Path
    network: Network
    process: str

    def exec(self, node: str, *words: str) -> tuple[int, str, str]:
        return runs.call("exec", node, "--run", self.process, *words)

    def start(self, node: str, *words: str) -> Popen[str]:
        return runs.start("exec", node, "--run", self.process, *words)

    def events(self, node: str, event: str) -> list[dict[str, str]]:
        log = (self.folder / "events" / f"{node}.jsonl").read_text().rpartition("\n")[0]
        return [row for row in map(json.loads, log.splitlines()) if row["event"] == event]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("services")
    scenario, folder = place / "scenario.yaml", place / "run"
    scenario.write_text(SCENARIO)
    topology = TOPOLOGIES / "dmipv6"
    process = runs.start("run", topology, "--scenario", scenario, "--out", folder)
    try:
        found: list[running.Sandbox] = []

        def look() -> bool:
            found[:] = [s for s in running.sandboxes() if s.folder == str(folder) and s.nodes]
            return bool(found)

        runs.until(look, "the network")
        made = Running(folder, load(topology, scenario=scenario), str(found[0].pid))
        runs.until(lambda: bool(made.events("mn1", "binding_acknowledged")), "the binding")
        proxies = [name for name in made.network.nodes if name.startswith("dhp")]
        runs.until(
            lambda: all(made.events(name, "status_heard") for name in proxies),
            "the home proxies to know each other",
        )
        yield made
    finally:
        process.terminate()
        runs.finish(process)


def source_of(errors: str) -> IPv6Address:
    """What the line on standard error says of the source."""
    (line,) = errors.splitlines()
    assert line.startswith("dmm-testbed: source "), line
    return IPv6Address(line.split()[2].rstrip(","))


def pool(run: Running, node: str) -> IPv6Network:
    return IPv6Network(run.network.nodes[node].pool or "::")


def test_a_call_leaves_from_an_address_of_a_home_proxy_near_its_correspondent(
    run: Running,
) -> None:
    status, output, errors = run.exec(
        "mn1", "--service", "voip", "--", "ping", "-c", "3", "-i", "0.2", "cn1"
    )
    assert status == 0, errors
    assert "3 received" in output
    assert source_of(errors) in pool(run, "dhp11")
    assert f"via proxy {run.network.nodes['dhp11'].address}" in errors


def test_what_needs_no_mobility_leaves_from_the_care_of_address(run: Running) -> None:
    status, _, errors = run.exec("mn1", "--service", "web", "--", "ping", "-c", "1", "cn1")
    assert status == 0, errors
    assert source_of(errors) in IPv6Network("2001:db8:2:1::/64")
    assert errors.endswith(", via care-of\n")


def test_the_server_of_an_unmodified_program_sees_the_address_of_each_service(
    run: Running,
) -> None:
    server = run.start("cn2", "--", "python3", "-c", HELLO)
    assert server.stdout is not None and server.stdout.readline() == "listening\n"
    for service, network in (("video", "2001:db8:12::/48"), ("web", "2001:db8:2:1::/64")):
        status, output, errors = run.exec(
            "mn1", "--service", service, "--", "python3", "-c", ASK, "cn2"
        )
        assert status == 0, errors
        assert IPv6Address(output.strip()) == source_of(errors)
        assert source_of(errors) in IPv6Network(network)
    assert runs.finish(server)[0] == 0


def test_an_unknown_service_is_said_with_those_there_are(run: Running) -> None:
    status, output, errors = run.exec("mn1", "--service", "fax", "--", "ping", "-c", "1", "cn1")
    assert (status, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert "fax" in errors and "voip" in errors


def test_flows_of_commands_end_with_them_and_give_their_addresses_back(run: Running) -> None:
    assert run.exec("mn1", "--service", "voip", "--to", "cn1", "--", "true")[0] == 0
    opened = run.events("mn1", "flow_opened")[-1]
    runs.until(
        lambda: opened["flow"] in {e["flow"] for e in run.events("mn1", "flow_ended")}, "its end"
    )
    runs.until(
        lambda: opened["source"] in {e["address"] for e in run.events("dhp11", "address_released")},
        "the address to be free",
    )
