"""Moves on the real kernel: carrier, isolation of mobiles, soliciting, what agents are told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import emulated_runs as runs
import pytest

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.options import Options
from testbed.emulated.stage import Stage
from testbed.protocols import load

pytestmark = pytest.mark.root

TWO_MOBILES = runs.TOPOLOGY.replace(
    "  mn1: {place: mobile, anchor: lma}",
    "  mn1: {place: mobile, anchor: lma}\n  mn2: {place: mobile, anchor: lma}",
)


def staged(tmp_path: Path, text: str, work: Callable[[Stage], None]) -> None:
    """Have ``work`` done on a network that stands; what it asserts fails the test."""
    network = load(runs.write(tmp_path, text))
    folder = RunFolder(tmp_path / "run")
    folder.make()

    def play() -> int:
        work(Stage(network, folder, Options()))
        return 0

    assert sandbox.enter(play) == 0


def command(stage: Stage, node: str, *words: str) -> list[str]:
    return ["mnexec", "-a", str(stage.testbed.nodes[node].holder), *words]


def wait(stage: Stage, condition: Callable[[], bool], what: str) -> None:
    def look() -> bool:
        stage.loop.run_for(0.02)
        return condition()

    runs.until(look, what)


def is_subscribed(pid: int) -> bool:
    """Say whether the process is ``ip`` and has joined a group of rtnetlink (protocol 0)."""
    table = Path(f"/proc/{pid}/net/netlink").read_text().splitlines()[1:]
    own = [row for row in map(str.split, table) if row[2] == str(pid) and row[1] == "0"]
    return any(int(row[3], 16) for row in own)


def lost_and_found(text: str) -> bool:
    """Say whether ``ip monitor link`` saw a carrier go and another one come after that."""
    _, lost, after = text.partition("NO-CARRIER")
    return bool(lost) and "LOWER_UP" in after


def neighbor_answers(stage: Stage, address: str) -> bool:
    ping = ["ping", "-c", "1", "-W", "1", f"{address}%mn1-eth0"]
    return subprocess.run(command(stage, "mn1", *ping), capture_output=True).returncode == 0


def test_the_mobile_sees_its_carrier_go_and_come_at_every_move(tmp_path: Path) -> None:
    moves = 5

    def work(stage: Stage) -> None:
        heard = tmp_path / "heard"
        with heard.open("wb") as output:
            monitor = subprocess.Popen(
                command(stage, "mn1", "ip", "monitor", "link"), stdout=output
            )
        wait(stage, lambda: is_subscribed(monitor.pid), "the monitor")
        stage.mover.attach("mn1-eth0", "wlan1")
        wait(stage, lambda: "LOWER_UP" in heard.read_text(), "the first carrier")
        for count in range(1, moves + 1):
            before = heard.stat().st_size
            stage.mover.move("mn1-eth0", ("wlan1", "wlan2")[count % 2], gap=0.005)
            wait(stage, lambda n=before: lost_and_found(heard.read_text()[n:]), "loss and carrier")
        monitor.kill()
        assert stage.mover.where("mn1-eth0") == "wlan2"

    staged(tmp_path, runs.TOPOLOGY, work)


def test_mobiles_on_one_access_link_reach_the_router_and_not_each_other(tmp_path: Path) -> None:
    def work(stage: Stage) -> None:
        for mobile in ("mn1", "mn2"):
            stage.mover.attach(f"{mobile}-eth0", "wlan1")
        router = stage.network.accesses["wlan1"].interface
        interfaces = {i.name: i for n in stage.network.nodes.values() for i in n.interfaces}
        wait(stage, lambda: neighbor_answers(stage, interfaces[router].link_local), "the router")
        assert not neighbor_answers(stage, interfaces["mn2-eth0"].link_local)

    staged(tmp_path, TWO_MOBILES, work)


def test_an_attachment_elsewhere_ends_the_one_before_and_both_routers_hear(tmp_path: Path) -> None:
    def work(stage: Stage) -> None:
        stage.mover.attach("mn1-eth0", "wlan1")
        stage.mover.attach("mn1-eth0", "wlan2")
        wait(stage, lambda: '"node":"mag2"' in _told(stage, "mag2", "attached"), "mag2 to hear")
        wait(stage, lambda: '"node":"mag1"' in _told(stage, "mag1", "detached"), "mag1 to hear")

    staged(tmp_path, runs.TOPOLOGY, work)


def test_a_silent_move_tells_the_new_access_router_alone(tmp_path: Path) -> None:
    def work(stage: Stage) -> None:
        stage.mover.attach("mn1-eth0", "wlan1")
        stage.mover.move("mn1-eth0", "wlan2", gap=0.0, silently=True)
        wait(stage, lambda: '"node":"mag2"' in _told(stage, "mag2", "attached"), "mag2 to hear")
        acknowledged = partial(_told, stage, "mag2", "binding_acknowledged")
        wait(stage, lambda: bool(acknowledged()), "the anchor to accept the new gateway")
        assert not _told(stage, "mag1", "detached")

    staged(tmp_path, runs.TOPOLOGY, work)


def _told(stage: Stage, node: str, event: str) -> str:
    lines = (stage.folder.events / f"{node}.jsonl").read_text().splitlines()
    return "\n".join(line for line in lines if f'"event":"{event}"' in line)


@pytest.mark.parametrize("solicits", [True, False])
def test_a_mobile_solicits_after_a_move_if_its_scenario_says_so(
    tmp_path: Path, solicits: bool
) -> None:
    hosts = f"\nhosts: {{solicit: {str(solicits).lower()}}}\n"
    topology = runs.write(tmp_path, runs.TOPOLOGY, hosts, runs.FLOWS, runs.MOVING)
    status, output, errors = runs.call("run", topology, "--out", tmp_path / "run", "--json")
    assert status == 0, errors
    (handover,) = json.loads(output)["handovers"]
    solicited = handover["phases"]["solicited"]
    assert (solicited is not None) == solicits
    if solicits:
        assert 0 <= solicited - handover["phases"]["link_up"] < 0.5


def test_unmodified_programs_talk_in_both_directions(tmp_path: Path) -> None:
    played = """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: both, interval: 10ms, size: 100}
  upload: {kind: tcp, from: mn1, to: cn, rate: 5Mbit/s}
  download: {kind: tcp, from: cn, to: mn1, rate: 5Mbit/s}
  poll: {kind: ping, from: mn1, to: cn, interval: 50ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1.5s, start: [call, upload, download, poll]}
  - {at: 4s, stop: [call, upload, download, poll]}
expect:
  - flows.call.lost == 0
"""
    folder = tmp_path / "run"
    status, output, errors = runs.call(
        "run", runs.write(tmp_path, runs.TOPOLOGY, played), "--out", folder, "--json"
    )
    assert status == 0, errors
    flows = {flow["name"]: flow for flow in json.loads(output)["flows"]}
    assert flows["call"]["received"] > 300
    assert all(flow["received"] > 20 and flow["succeeded"] for flow in flows.values()), flows
    for line in (folder / "flows" / "call.log").read_text().splitlines():
        assert json.loads(line)["received"] > 150
