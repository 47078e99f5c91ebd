"""Mobile nodes with two interfaces, on a network that stands, and programs that talk meanwhile.

cn ── lma ── core ── mag1 ))  cell    mn1, mn2: lte0
                ├─── mag2 ))  wifi             wlan0
                └─── mag3 ))  hall  (Wi-Fi)
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attack_scene
import emulated_runs as runs
from staged_runs import Staged, staged_network

from testbed.protocols import load

PROGRAM = Path(__file__).with_name("flowbinding_program.py")
SENDER = Path(__file__).with_name("raw_sender.py")
CALL, VIDEO, DOWNLOAD = 6000, 7000, 8000  # ports at the correspondent
KINDS = {CALL: "udp", VIDEO: "udp", DOWNLOAD: "tcp"}
LTE, WLAN = "lte0", "wlan0"
MAGS = ("mag1", "mag2", "mag3")

TOPOLOGY = """
name: bound
protocol: flowbinding
protocols:
  flowbinding:
{options}
    services:
      call: {{protocol: udp, ports: [6000]}}
      video: {{protocol: udp, ports: [7000]}}
      download: {{protocol: tcp, ports: [8000]}}
    policy:
      - {{service: call, prefer: [3gpp]}}
      - {{service: video, prefer: [wlan, 3gpp], shed: 1}}
      - {{service: download, prefer: [wlan, 3gpp]}}
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  lma: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  mag1: {{place: access-router, domain: edge}}
  mag2: {{place: access-router, domain: edge}}
  mag3: {{place: access-router, domain: edge}}
  cn: {{place: correspondent, domain: home}}
  mn1: {{place: mobile, interfaces: {{lte0: {{technology: 3gpp}}, wlan0: {{technology: wlan}}}}}}
  mn2: {{place: mobile, interfaces: {{lte0: {{technology: 3gpp}}, wlan0: {{technology: wlan}}}}}}
links:
  - {{ends: [cn, lma], mtu: 1600}}
  - {{ends: [lma, core], delay: 2ms, mtu: 1600}}
  - {{ends: [core, mag1], delay: 5ms, mtu: 1600}}
  - {{ends: [core, mag2], mtu: 1600}}
  - {{ends: [core, mag3], mtu: 1600}}
access:
  cell: {{router: mag1, technology: 3gpp, delay: 10ms, mtu: 1600}}
  wifi: {{router: mag2, technology: wlan, delay: 1ms, mtu: 1600}}
  hall: {{router: mag3, technology: wlan, delay: 1ms, mtu: 1600}}
"""
ACCESS = {LTE: "cell", WLAN: "wifi"}


class Talk:
    """A program on a mobile that talks to the correspondent until told to end."""

    def __init__(self, run: Staged, node: str, local: str, peer: str, port: int) -> None:
        words = ("-S", "-E", str(PROGRAM), "talk", KINDS[port], local, peer, str(port))
        self._process = subprocess.Popen(
            run.command(node, sys.executable, *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._heard()["local"][1]

    def so_far(self) -> dict[str, Any]:
        """What has happened to it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._heard()

    def end(self) -> dict[str, Any]:
        """Have it end; what has happened to it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        found = self._heard()
        self._process.wait(timeout=30)
        return found

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        return heard


class Scene(attack_scene.Scene):
    """Mobiles that attach by two interfaces, and what the kernels have of their flows."""

    def __init__(self, run: Staged, ends: ExitStack) -> None:
        super().__init__(run)
        self._ends = ends
        self.nodes = [*(n for n in self.address if n not in ("cn", "core"))]
        self.bare = {node: self.state(node) for node in self.nodes}
        for port, kind in KINDS.items():
            self._start("cn", "serve", kind, str(port))

    def home(self, mobile: str, interface: str) -> str:
        """The address of an interface: SIP of lte0, TIP of wlan0."""
        known = self.run.stage.network.nodes[mobile].mobile
        assert known is not None
        return known.home_addresses[f"{mobile}-{interface}"][0]

    def come(self, mobile: str, interface: str, access: str = "") -> None:
        """Attach an interface, and wait until it can be used."""
        name, mover = f"{mobile}-{interface}", self.run.stage.mover
        where = access or ACCESS[interface]
        if mover.where(name):
            mover.move(name, where, gap=0.0)
        else:
            mover.attach(name, where)
        home = self.home(mobile, interface)
        self.run.wait(lambda: self.on(mobile, home) == {name}, f"{home} on {name}")
        router = self.run.stage.network.accesses[where].router
        self.run.wait(lambda: self.registered(mobile, home) == self.address[router], name)

    def leave(self, mobile: str, interface: str) -> None:
        """Detach an interface, and wait until its node has noticed."""
        self.run.stage.mover.detach(f"{mobile}-{interface}")
        home = self.home(mobile, interface)
        self.run.wait(lambda: self.on(mobile, home) == {"lo"}, f"{home} on lo")

    def on(self, mobile: str, address: str) -> set[str]:
        """The interfaces that the kernel has an address on."""
        shown = self.run.shown(mobile, "ip", "-o", "-6", "address", "show", "scope", "global")
        lines = [line.split() for line in shown.splitlines()]
        return {words[1] for words in lines if words[3].partition("/")[0] == address}

    def talk(self, mobile: str, port: int, interface: str = LTE) -> Talk:
        """Have a program talk from the address of an interface."""
        home = self.home(mobile, interface)
        return Talk(self.run, mobile, home, self.address["cn"], port)

    def goes_on(self, *talks: Talk, more: int = 30) -> None:
        """Wait until each has got some more answers."""
        for talk in talks:
            least = talk.so_far()["answered"] + more
            self.run.wait(lambda t=talk, n=least: t.so_far()["answered"] >= n, "answers")

    def flows(self, node: str, mobile: str = "mn1") -> dict[str, str]:
        """The flows that the agent of ``node`` has elsewhere: by service, at which gateway."""
        rows = self.run.stage.agents.ask(node, "bindings") or []
        names = {self.address[each]: each for each in MAGS}
        mine = [row for row in rows if "service" in row and row["node"] == f"{mobile}@home"]
        return {
            row["service"] or "all": names[row["target"]]
            for row in mine
            if row["state"] not in ("asking", "denied", "held")
        }

    def upwards(self, mobile: str = "mn1") -> dict[str, str]:
        """The flows that a mobile sends by other interfaces than their own."""
        rows = self.run.stage.agents.ask(mobile, "bindings") or []
        return {row["flow"]: row["interface"].partition("-")[2] for row in rows if "flow" in row}

    def lent(self, gateway: str) -> None:
        """Wait until all that goes to an interface that is down goes to a gateway."""
        self.run.wait(lambda: self.flows("lma").get("all") == gateway, f"all at {gateway}")

    def bound(self, flows: dict[str, str], mobile: str = "mn1") -> None:
        """Wait until the anchor has these flows elsewhere and no others."""
        self.run.wait(lambda: self.flows("lma", mobile) == flows, f"{flows} at the anchor")

    def state(self, node: str) -> dict[str, list[str]]:
        """The rules, routes and tables that a kernel has, but for those of tunnels' own devices."""
        routes = self.run.shown(node, *["ip", "-6", "route", "show", "table", "all"]).splitlines()
        return {
            "rules": sorted(self.run.shown(node, "ip", "-6", "rule").splitlines()),
            "routes": sorted(
                line.split(" expires")[0].strip() for line in routes if " dev dmm-" not in line
            ),
            "tables": sorted(self.run.shown(node, "nft", "list", "tables").splitlines()),
        }

    def steered(self, node: str) -> int:
        """How many elements the kernel has that steer flows."""
        tables = [line.split() for line in self.state(node)["tables"]]
        found = [words for words in tables if words[-1] == "dmm-flows"]
        if not found:
            return 0
        shown = self.run.shown(node, "nft", "-j", "list", *found[0])
        maps = (each.get("map", {}) for each in json.loads(shown)["nftables"])
        return sum(len(each.get("elem", ())) for each in maps)

    def is_bare(self) -> None:
        """Wait until kernels have nothing of mobiles that are nowhere.

        Those keep their addresses and the ways into them, and nothing else.
        """
        for node in self.nodes:
            if self.run.stage.network.nodes[node].mobile:
                self.run.wait(lambda n=node: not self._sends(n), f"no way out of {node}")
                continue
            self.run.wait(lambda n=node: self.state(n) == self.bare[n], f"nothing left at {node}")

    def _sends(self, node: str) -> list[str]:
        """The ways of flows and of tunnels that a mobile has."""
        state = self.state(node)
        ways = [line for line in state["routes"] if "encap seg6 " in line or "default" in line]
        return [*ways, *(each for each in state["tables"] if "dmm-flows" in each)]

    def restart(self, node: str, *, kill: bool = True) -> None:
        """Kill an agent, and start it anew."""
        stage = self.run.stage
        holders = {name: each.holder for name, each in stage.testbed.nodes.items()}
        if kill:
            stage.agents.kill(node)
        stage.agents.launch([node], holders, stage.mover.recall)
        self.run.wait(lambda: stage.agents.runs(node), f"the agent of {node}")

    @contextmanager
    def held_up(self, node: str) -> Iterator[None]:
        """Have an agent do nothing for a while."""
        words = ["pgrep", "-x", f"agent {node}"]
        pid = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def sender(self, node: str) -> Sender:
        """A program on ``node`` that sends packets as they are."""
        return Sender(self._start(node, script=SENDER))

    def registered(self, mobile: str, home: str) -> str:
        """The address of the gateway that the anchor has for a home address, "" for none."""
        rows = self.run.stage.agents.ask("lma", "bindings") or []
        prefix = home.rpartition(":0:ff:")[0]
        mine = [row for row in rows if row["node"] == f"{mobile}@home" and "prefixes" in row]
        found = [row for row in mine if any(each.startswith(prefix) for each in row["prefixes"])]
        return str(found[0]["care_of"]) if found else ""

    def _start(self, node: str, *words: str, script: Path = PROGRAM) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.run.command(node, sys.executable, "-S", "-E", str(script), *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ends.callback(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
        return process


class Sender:
    """The program that sends packets as they are."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, packets: Sequence[bytes]) -> int:
        """Send packets; how many there were."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([each.hex() for each in packets]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def stand(place: Path, work: Callable[[Scene], None], **options: str) -> None:
    """Have ``work`` done on the network, with other options of flow binding."""
    own = {"min_delay_before_bce_delete": "100ms", "congestion": "{hold_down: 2s}", **options}
    said = "\n".join(f"    {key}: {value}" for key, value in own.items())
    network = load(runs.write(place, TOPOLOGY.format(options=said)))

    def begin(run: Staged) -> None:
        with ExitStack() as ends:
            work(Scene(run, ends))

    staged_network(place, network, begin)
