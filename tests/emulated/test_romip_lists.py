"""The routes of each MAAR are its binding lists, after each step; programs notice no move."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from romip_scene import Scene, stand

pytestmark = pytest.mark.root

STEPS = (("a", "awlan2"), ("b", "bwlan2"), ("a", "awlan3"), ("b", "bwlan1"), ("a", "awlan1"))
SECONDS = 6


@pytest.mark.parametrize("profile", ["seed-bits", "iana-safe"])
def test_routes_are_the_lists_after_each_step_of_a_download(tmp_path: Path, profile: str) -> None:
    def work(scene: Scene) -> None:
        a, b = scene.attach("a", "awlan1"), scene.attach("b", "bwlan1")
        scene.kernels_follow_the_lists()
        scene.run.wait(lambda: scene.reaches("a", a, b), "the first packets")
        server = subprocess.Popen(
            scene.run.command("b", "iperf3", "-s", "-1"), stdout=subprocess.DEVNULL
        )
        words = ("iperf3", "-c", b, "-B", a, "-R", "-b", "1M", "-t", str(SECONDS), "-J")
        scene.run.stage.loop.run_for(0.3)
        client = subprocess.Popen(scene.run.command("a", *words), stdout=subprocess.PIPE, text=True)
        for node, access in STEPS:
            scene.attach(node, access)
            _settled(scene, a, b)
        scene.kernels_follow_the_lists()
        output, _ = client.communicate(timeout=30)
        server.wait(timeout=30)
        ended = json.loads(output)["end"]
        assert ended["sum_received"]["bytes"] > SECONDS * 1e6 / 8 * 0.7

    stand(tmp_path, work, flag_profile=profile)


def _settled(scene: Scene, a: str, b: str) -> None:
    """Both lists of both nodes are where they are, nowhere else, and name each other's MAAR."""
    mover, network = scene.run.stage.mover, scene.run.stage.network
    at = {n: network.accesses[mover.where(f"{n}-wlan0")].router for n in "ab"}
    homes = {"a": a, "b": b}
    for node, peer in (("a", "b"), ("b", "a")):
        wanted = (homes[peer], scene.address[at[peer]])

        def entries(node: str = node) -> list[tuple[str, str]]:
            rows = scene.lists(at[node], node)
            return [(r["address"], r["leads_to"]) for r in rows if r["list"] == "internal"]

        scene.run.wait(lambda w=wanted, e=entries: e() == [w], f"the internal list of {node}")
    scene.kernels_follow_the_lists()
    assert scene.reaches("a", a, b)
