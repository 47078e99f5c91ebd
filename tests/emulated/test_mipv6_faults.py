"""MIPv6 on the kernel when agents are killed and started again: nothing stale, and service."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack_scene import KEY, Scene
from staged_runs import Staged, staged
from test_mipv6_attacks import topology

pytestmark = pytest.mark.root

OWN = "proto 77"  # how routes and rules of agents are marked in the kernel
SHORT = ", lifetime: 4s, refresh_fraction: 0.3, advertisement_interval: [100ms, 500ms]"


def made(run: Staged, node: str) -> list[str]:
    """What agents have made in the kernel of ``node``: routes, rules, addresses, neighbours."""
    found = run.shown(node, "ip", "-6", "route", "show", "table", "all").splitlines()
    found += run.shown(node, "ip", "-6", "rule").splitlines()
    found += run.shown(node, "ip", "-6", "neigh", "show", "proxy").splitlines()
    addresses = run.shown(node, "ip", "-6", "-o", "address", "show", "scope", "global")
    mine = [line for line in found if OWN in line]
    return sorted([*mine, *(" ".join(line.split()[1:4]) for line in addresses.splitlines())])


class Faulty(Scene):
    """A mobile node that both correspondents talk to, one of them on the direct path."""

    def __init__(self, run: Staged) -> None:
        super().__init__(run)
        self.home = self.address["mn1"]
        self.attach("mn1", "wlan1")
        run.wait(self.served, "mn1 to be reached")
        run.wait(lambda: bool(self.bindings("cn")), "the direct path")

    def served(self) -> bool:
        """Whether hosts with and without route optimization reach the mobile node."""
        return self.reaches("far", self.home) and self.reaches("cn", self.home)

    def kill(self, node: str) -> None:
        self.run.stage.agents.kill(node)

    def restart(self, node: str) -> None:
        holders = {name: each.holder for name, each in self.run.stage.testbed.nodes.items()}
        agents, recall = self.run.stage.agents, self.run.stage.mover.recall
        agents.launch([node], holders, recall)
        self.run.wait(lambda: agents.runs(node), f"the agent of {node}")


@pytest.mark.parametrize("nodes", [["ha", "cn"], ["mn1"]], ids="-".join)
def test_killed_agents_leave_nothing_stale_and_are_back_in_service(
    tmp_path: Path, nodes: list[str]
) -> None:
    def work(run: Staged) -> None:
        scene = Faulty(run)
        before = [made(run, node) for node in nodes]
        for node in nodes:
            scene.kill(node)
        if "mn1" not in nodes:
            assert scene.reaches("far", scene.home)  # the kernel's routes outlive the agent
        for node in nodes:
            scene.restart(node)
        run.wait(scene.served, "service")
        run.wait(lambda: bool(scene.bindings("cn")), "the direct path")
        run.wait(
            lambda: [made(run, node) for node in nodes] == before,
            "what was there before, and nothing else",
        )

    staged(tmp_path, topology(KEY).replace(", lifetime: 40s", SHORT), work)


def test_what_ended_while_an_agent_was_dead_is_not_there_when_it_is_back(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        scene = Faulty(run)
        assert scene.tunnel("ha", scene.home)
        scene.kill("ha")
        run.stage.mover.detach("mn1-eth0")
        assert scene.tunnel("ha", scene.home)
        scene.restart("ha")
        assert scene.tunnel("ha", scene.home) == ""
        place = scene.care_of("mn1")
        assert not [line for line in made(run, "ha") if place in line]
        scene.attach("mn1", "wlan2")
        run.wait(scene.served, "service at another place")

    staged(tmp_path, topology(KEY).replace(", lifetime: 40s", SHORT), work)
