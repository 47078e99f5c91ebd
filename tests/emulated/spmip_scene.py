"""A mobile that a correspondent has found, for tests of what may not change that.

cn --- mag1 --- core --- mag2 )) mn1
              /  |
      evil --- mag3   lma
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from staged_runs import Staged

SCRIPT = Path(__file__).with_name("spmip_attacker.py")

TOPOLOGY = """
name: sought
protocol: {protocol}
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
nodes:
  lma: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  mag1: {{place: access-router, domain: edge}}
  mag2: {{place: access-router, domain: edge}}
  mag3: {{place: access-router, domain: edge}}
  cn: {{place: correspondent}}
  evil: {{place: correspondent}}
  mn1: {{place: mobile}}
  mn2: {{place: mobile}}
links:
  - {{ends: [cn, mag1]}}
  - {{ends: [evil, mag3]}}
  - {{ends: [lma, core]}}
  - {{ends: [mag1, core]}}
  - {{ends: [mag2, core]}}
  - {{ends: [mag3, core]}}
access:
  wlan1: {{router: mag1}}
  wlan2: {{router: mag2}}
"""


class Scene:
    """Mobile 1 at the second gateway, found by the first; mobile 2 is nowhere."""

    def __init__(self, run: Staged, protocol: str) -> None:
        self.run = run
        self.respondent = "lma" if protocol == "spmip" else "mag2"
        self.address = {name: node.address for name, node in run.stage.network.nodes.items()}
        run.stage.mover.attach("mn1-eth0", "wlan2")
        run.wait(self.reachable, "mn1 to be reached from cn")

    def reachable(self, *, count: int = 1) -> bool:
        words = ("ping", "-6", "-n", "-c", str(count), "-i", "0.02", "-W", "1", self.address["mn1"])
        done = subprocess.run(self.run.command("cn", *words), capture_output=True, text=True)
        return " 0% packet loss" in done.stdout

    def routes(self, mobile: str) -> list[str]:
        """Where the first gateway's kernel tunnels what is for ``mobile``."""
        shown = self.run.shown("mag1", "ip", "-6", "route", "show", "table", "all")
        return [line for line in shown.splitlines() if line.startswith(f"{self.address[mobile]} ")]

    def state(self, mobile: str) -> str | None:
        """What the first gateway believes to know of ``mobile``."""
        rows = self.run.stage.agents.ask("mag1", "bindings")
        known = {row["address"]: row["state"] for row in rows if "address" in row}
        return known.get(self.address[mobile])

    def count(self, node: str, name: str) -> int:
        """What the agent of ``node`` has counted."""
        counters: dict[str, Any] = self.run.stage.agents.ask(node, "counters")
        return int(counters.get(name, 0))

    def is_untouched(self) -> None:
        """Assert that the route leads where it did, and that packets arrive."""
        (route,) = self.routes("mn1")
        assert f"[ {self.address['mag2']} ]" in route
        assert self.reachable(count=5)


class Attacker:
    """The attacking program on one node."""

    def __init__(self, scene: Scene, node: str) -> None:
        self._scene = scene
        self.address = scene.address[node]
        self._process = subprocess.Popen(
            scene.run.command(node, sys.executable, str(SCRIPT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard()

    def send(
        self,
        do: str,
        to: str,
        *,
        source: str = "",
        about: str = "mn1",
        care_of: str = "mag3",
        sequences: Sequence[int] = (1,),
    ) -> int:
        """Send a message of the kind ``do`` to a node; how many packets it was."""
        known = self._scene.address
        order = {
            "do": do,
            "source": known.get(source, self.address),
            "destination": known[to],
            "address": known[about],
            "care_of": known[care_of],
            "sequences": list(sequences),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        sent: int = self._heard()["sent"]
        return sent

    def dropped(self, node: str, reason: str, do: str, **order: Any) -> None:
        """Send, and wait until the agent of ``node`` has dropped all of it for ``reason``."""
        name = f"dropped: {reason}"
        before = self._scene.count(node, name)
        wanted = before + self.send(do, node, **order)
        self._scene.run.wait(lambda: self._scene.count(node, name) >= wanted, name)

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        return heard
