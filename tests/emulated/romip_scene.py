"""The topology ``romip`` as it stands, and how to look at its MAARs, for tests that act on it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from host_runs import TOPOLOGIES
from staged_runs import Staged, staged_network

from testbed.protocols import load

UPLINK_TABLE = 43
MAARS = ("amaar1", "amaar2", "amaar3", "bmaar1", "bmaar2")
_PEER = re.compile(r"segs 1 \[ (\S+) \]")


class Scene:
    """Mobiles a and b of a network that stands, and one session between them."""

    def __init__(self, run: Staged) -> None:
        self.run = run
        self.address = {name: node.address for name, node in run.stage.network.nodes.items()}

    def attach(self, node: str, access: str) -> str:
        """Attach a node, or move it; return the address that it is assigned there."""
        mover, interface = self.run.stage.mover, f"{node}-wlan0"
        if mover.where(interface):
            mover.move(interface, access, gap=0.0)
        else:
            mover.attach(interface, access)
        router = self.run.stage.network.accesses[access].router
        self.run.wait(lambda: bool(self.assigned(router, node)), f"the address of {node}")
        return self.assigned(router, node)

    def assigned(self, maar: str, node: str) -> str:
        """The address that ``maar`` has assigned to ``node`` while it is attached, "" if none."""
        rows = self.lists(maar, node)
        return next((r["address"] for r in rows if (r["list"], r["state"]) == SERVED), "")

    def lists(self, maar: str, node: str) -> list[dict[str, Any]]:
        """The rows of both binding lists of ``node`` at ``maar``."""
        rows = self.run.stage.agents.ask(maar, "bindings") or []
        return [row for row in rows if row["node"] == f"{node}@home"]

    def reaches(self, node: str, source: str, destination: str, *, count: int = 1) -> bool:
        """Whether ``count`` pings are all answered."""
        words = ["ping", "-6", "-n", "-c", str(count), "-i", "0.05", "-W", "1", "-I", source]
        done = subprocess.run(self.run.command(node, *words, destination), capture_output=True)
        return done.returncode == 0 and b" 0% packet loss" in done.stdout

    def routes(self, maar: str) -> set[tuple[str, str]]:
        """Where the kernel of ``maar`` sends single addresses: an interface or another MAAR."""
        shown = self.run.shown(maar, "ip", "-6", "route", "show", "table", "all", "proto", "77")
        found = set()
        for line in shown.splitlines():
            address = line.split()[0]
            if line.startswith(("local", "blackhole", "throw", "default")) or "seg6local" in line:
                continue
            peer = _PEER.search(line)
            found.add((address, peer[1] if peer else line.partition(" dev ")[2].split()[0]))
        return found

    def sources(self, maar: str) -> set[str]:
        """The sources whose packets the kernel of ``maar`` lets out of its access links."""
        words = ("ip", "-6", "route", "show", "table", str(UPLINK_TABLE), "proto", "77")
        lines = self.run.shown(maar, *words).splitlines()
        return {line.partition(" from ")[2].split()[0] for line in lines if " from " in line}

    def wanted(self, maar: str) -> tuple[set[tuple[str, str]], set[str]]:
        """The routes and the sources that the binding lists of ``maar`` stand for."""
        rows = self.run.stage.agents.ask(maar, "bindings") or []
        served = [row for row in rows if row["state"] == "served"]
        place = {r["node"]: r["leads_to"] for r in served if r["list"] == "assigned"}
        homes = {r["address"]: place[r["node"]] for r in served if r["list"] != "internal"}
        hosts = self.run.stage.network.agents[maar].config["host_interfaces"]
        onward = {
            (row["address"], row["leads_to"])
            for row in rows
            if row["list"] == "internal" and row["address"] not in homes
        }
        routes = {*((home, place) for home, place in {**homes, **hosts}.items()), *onward}
        return routes, homes.keys() - hosts.keys()

    def kernels_follow_the_lists(self) -> None:
        """Wait until the routes on each MAAR are those of its lists, no more and no less."""
        for maar in MAARS:
            self.run.wait(
                lambda m=maar: (self.routes(m), self.sources(m)) == self.wanted(m),
                f"the routes of {maar}",
            )


SERVED = ("assigned", "served")


def stand(place: Path, work: Callable[[Scene], None], **options: Any) -> None:
    """Have ``work`` done on the topology without its timeline, with other options of ROMIP."""
    text = (TOPOLOGIES / "romip" / "topology.yaml").read_text()
    file = place / "topology.yaml"
    own = {"flag_profile": "seed-bits", "lifetime": "60s", **options}
    said = "".join(f"    {key}: {json.dumps(value)}\n" for key, value in own.items())
    file.write_text(re.sub(r"(?m)(?<=^  romip:\n)(    .*\n)+", said, text))
    network = replace(load(file), timeline=())
    staged_network(place, network, lambda run: work(Scene(run)))
