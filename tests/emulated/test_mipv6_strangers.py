"""MIPv6 against peers that know nothing of this project: RFC 6275 spoken by scapy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import emulated_runs as runs
import pytest
from staged_runs import Staged, staged_network

from testbed.protocols import load
from testbed.topology.network import Network

pytestmark = pytest.mark.root

SCRIPT = Path(__file__).with_name("mipv6_stranger.py")
PATIENCE = 20.0  # s
OUT_OF_WINDOW = 135  # RFC 6275 §6.1.8

TOPOLOGY = """
name: strangers
protocol: mipv6
protocols: {mipv6: {route_optimization: false}}
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  ha: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home, role: none}
  core: {place: router, domain: edge}
  ar1: {place: access-router, domain: edge}
  mn1: {place: mobile}
links:
  - {ends: [cn, ha]}
  - {ends: [ha, core]}
  - {ends: [core, ar1]}
access:
  wlan1: {router: ar1}
"""

# What the kernel would say of packets that only the stranger on its node understands.
HUSH = """
add table ip6 hush
add chain ip6 hush out { type filter hook output priority 0; }
add rule ip6 hush out icmpv6 type { parameter-problem, destination-unreachable } drop
"""


class Stranger:
    """The program on one node, and what it has heard."""

    def __init__(self, run: Staged, node: str, role: str) -> None:
        nodes = run.stage.network.nodes
        words = (sys.executable, str(SCRIPT), role, nodes["mn1"].address, nodes["ha"].address)
        self._process = subprocess.Popen(
            run.command(node, *words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines: Queue[str] = Queue()
        Thread(target=self._listen, daemon=True).start()
        self.heard("ready")

    def say(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def heard(self, key: str) -> dict[str, Any]:
        """The next thing heard that has ``key``."""
        while True:
            found: dict[str, Any] = json.loads(self._lines.get(timeout=PATIENCE))
            if key in found:
                return found

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


def unmanned(tmp_path: Path, node: str) -> Network:
    """The network without the agent of ``node``, where the stranger is to be."""
    network = load(runs.write(tmp_path, TOPOLOGY))
    agents = {name: agent for name, agent in network.agents.items() if name != node}
    nodes = {**network.nodes, node: replace(network.nodes[node], role=None)}
    return replace(network, nodes=nodes, agents=agents)


def pings(run: Staged) -> bool:
    words = ("ping", "-6", "-n", "-c", "1", "-W", "1", run.stage.network.nodes["mn1"].address)
    done = subprocess.run(run.command("cn", *words), capture_output=True, text=True)
    return " 0% packet loss" in done.stdout


def until(condition: Callable[[], bool], run: Staged, what: str) -> None:
    run.wait(condition, what)


def care_of(run: Staged) -> str:
    """The address that the kernel of the mobile has made of the router's advertisement."""
    found: list[str] = []

    def look() -> bool:
        shown = json.loads(run.shown("mn1", "ip", "-j", "-6", "address", "show", "mn1-eth0"))
        found[:] = [
            each["local"]
            for each in shown[0]["addr_info"]
            if each["scope"] == "global" and not each.get("tentative")
        ]
        return bool(found)

    until(look, run, "an address of the access link")
    return found[0]


def test_a_mobile_node_by_scapy_registers_with_our_home_agent(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        run.stage.mover.attach("mn1-eth0", "wlan1")
        address = care_of(run)
        home, agent = (run.stage.network.nodes[name].address for name in ("mn1", "ha"))
        mobile = Stranger(run, "mn1", "mobile")
        mobile.say(care_of=address, sequence=100, lifetime=15)
        answer = mobile.heard("status")
        assert answer == {
            "status": 0,
            "sequence": 100,
            "lifetime": 15,
            "routed_to": home,
            "source": agent,
            "sound": True,
        }
        assert f"{home} " in run.shown("ha", "ip", "-6", "route", "show", "table", "all")
        assert pings(run)
        echo = mobile.heard("echo")
        assert echo["tunnel"] == [agent, address]

        mobile.say(care_of=address, sequence=100, lifetime=15)  # the same once more is no news
        again = mobile.heard("status")
        assert (again["status"], again["sequence"]) == (OUT_OF_WINDOW, 100)
        assert pings(run)

        mobile.say(care_of=address, sequence=101, lifetime=0)
        assert mobile.heard("status")["status"] == 0
        until(lambda: not pings(run), run, "the binding to be gone")

    staged_network(tmp_path, unmanned(tmp_path, "mn1"), work)


def test_our_mobile_node_registers_with_a_home_agent_by_scapy(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        subprocess.run(run.command("ha", "nft", HUSH), check=True)
        agent = Stranger(run, "ha", "agent")
        run.stage.mover.attach("mn1-eth0", "wlan1")
        update = agent.heard("care_of")
        assert update["home"] == run.stage.network.nodes["mn1"].address
        assert update["care_of"].startswith("2001:db8:2:")
        assert set("AH") <= set(update["flags"])
        assert update["lifetime"] > 0 and update["sound"]
        until(lambda: bool(run.events("mn1", "binding_acknowledged")), run, "a binding")
        until(lambda: pings(run), run, "a ping through the tunnel")
        assert agent.heard("tunnelled")["tunnelled"][0] == update["home"]

    staged_network(tmp_path, unmanned(tmp_path, "ha"), work)
