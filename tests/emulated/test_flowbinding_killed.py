"""Agents that are killed under bound flows: nothing is left behind or doubled, flows recover."""

from __future__ import annotations

from pathlib import Path

import pytest
from flowbinding_scene import DOWNLOAD, LTE, VIDEO, WLAN, Scene, Talk, stand

pytestmark = pytest.mark.root
BOUND = {"video": "mag2", "download": "mag2", "call": "mag1"}


def test_killed_agents_come_back_to_the_same_kernel(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        scene.come("mn1", WLAN)
        talks = [scene.talk("mn1", VIDEO), scene.talk("mn1", DOWNLOAD)]
        _settled(scene, talks)
        elements, before = scene.steered("lma"), {n: scene.state(n) for n in scene.nodes}
        assert elements >= 3
        for node in ("mag1", "mag2", "mn1", "lma"):
            scene.restart(node)
            _settled(scene, talks)
            for each in ("lma", "mag1", "mag2", "mn1"):
                scene.run.wait(
                    lambda n=each: scene.state(n) == before[n], f"{each} after {node} was killed"
                )
            assert scene.steered("lma") == elements
        for talk in talks:
            assert set(talk.end()["errors"]) <= {"ENETUNREACH"}  # while mn1 had no agent
        for interface in (WLAN, LTE):
            scene.leave("mn1", interface)
        scene.is_bare()

    stand(tmp_path, work, lifetime="4s", refresh_fraction="0.25")


def _settled(scene: Scene, talks: list[Talk]) -> None:
    scene.run.wait(lambda: scene.flows("lma") == BOUND, f"{BOUND}")
    scene.run.wait(lambda: len(scene.upwards()) == len(talks), "flows to move upwards")
    scene.goes_on(*talks)
