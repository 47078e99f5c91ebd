"""An interface that fails and comes back: addresses and connections survive (xia §5, §7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from flowbinding_scene import CALL, DOWNLOAD, LTE, VIDEO, WLAN, Scene, stand

pytestmark = pytest.mark.root
MOST_LOST = 200  # datagrams of 2 s: a link that is gone keeps what it had, on a busy machine


def test_either_interface_may_fail_and_connections_live_on(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        scene.come("mn1", WLAN)
        of_lte = [scene.talk("mn1", port) for port in (CALL, VIDEO, DOWNLOAD)]
        of_wlan = [scene.talk("mn1", port, WLAN) for port in (CALL, DOWNLOAD)]
        talks = [*of_lte, *of_wlan]
        scene.run.wait(lambda: len(scene.upwards()) == 3, "flows to move upwards")
        bound = scene.flows("lma")
        assert bound == {"video": "mag2", "download": "mag2", "call": "mag1"}
        for failing, other, gateway in ((WLAN, LTE, "mag1"), (LTE, WLAN, "mag2")):
            scene.leave("mn1", failing)
            scene.lent(gateway)
            assert set(scene.upwards().values()) == {other}
            scene.goes_on(*talks)
            assert scene.reaches("cn", scene.home("mn1", failing))
            scene.come("mn1", failing)
            scene.bound(bound)
            scene.run.wait(lambda: len(scene.upwards()) == 3, "flows to move upwards again")
            scene.goes_on(*talks)
        for talk in talks:
            end = talk.end()
            assert end["errors"] == []
            assert len(end["lost"]) < MOST_LOST
        for interface in (LTE, WLAN):
            scene.leave("mn1", interface)
        scene.is_bare()

    stand(tmp_path, work)


def test_another_gateway_takes_over_what_was_out_of_service(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        scene.come("mn1", WLAN)
        talks = [scene.talk("mn1", VIDEO), scene.talk("mn1", DOWNLOAD, WLAN)]
        scene.goes_on(*talks)
        scene.leave("mn1", WLAN)
        scene.lent("mag1")
        scene.goes_on(*talks)
        scene.come("mn1", WLAN, "hall")
        scene.bound({"video": "mag3", "download": "mag3", "call": "mag1"})
        scene.goes_on(*talks)
        scene.run.wait(lambda: scene.state("mag2") == scene.bare["mag2"], "mag2 to forget")
        assert [talk.end()["errors"] for talk in talks] == [[], []]

    stand(tmp_path, work)
