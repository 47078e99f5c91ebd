"""What goes up: forwarded, told by ICMPv6 of the other interface, moved; programs see no error."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from flowbinding_scene import CALL, DOWNLOAD, LTE, VIDEO, WLAN, Scene, stand

pytestmark = pytest.mark.root


def test_programs_see_no_error_and_lose_nothing_when_their_flows_move(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        talks = {port: scene.talk("mn1", port) for port in (CALL, VIDEO, DOWNLOAD)}
        scene.goes_on(*talks.values())
        scene.come("mn1", WLAN)
        scene.run.wait(lambda: len(scene.upwards()) == 2, "video and download to move upwards")
        scene.goes_on(*talks.values())
        assert set(scene.upwards().values()) == {WLAN}
        for talk in talks.values():
            _is_whole(talk.end())
        ports = {port: talk.port for port, talk in talks.items()}
        _strayed_were_forwarded_and_told(scene, ports)

    stand(tmp_path, work)


def _is_whole(end: dict[str, object]) -> None:
    assert end["errors"] == []
    assert end["lost"] == []
    assert end["short"] == 0
    assert end["answered"] == end["sent"]


def _strayed_were_forwarded_and_told(scene: Scene, ports: dict[int, int]) -> None:
    lma, mag1, mag2 = (scene.address[each] for each in ("lma", "mag1", "mag2"))
    sip, tip, cn = scene.home("mn1", LTE), scene.home("mn1", WLAN), scene.address["cn"]
    for port, transport in ((VIDEO, "udp"), (DOWNLOAD, "tcp")):
        about = f"{transport}.dstport == {port} && !icmpv6"
        found = scene.seen(
            "lma", "ipv6.src", "ipv6.dst", display_filter=f"{about} && ipv6.nxt == 41"
        )
        ways = [(row["ipv6.src"], row["ipv6.dst"]) for row in found]
        before = ([mag1, sip], [lma, cn])
        after = ([mag2, tip, sip], [lma, lma, cn])
        assert {tuple(map(tuple, each)) for each in ways} == {
            tuple(map(tuple, each)) for each in (before, after)
        }
        told = scene.seen(
            "lma",
            *("frame.time_epoch", "ipv6.src", "ipv6.dst", f"{transport}.srcport"),
            *("icmpv6.type", "icmpv6.code", "ipv6.plen"),
            display_filter=f"icmpv6.type == 1 && {transport}.dstport == {port}",
        )
        assert told
        for row in told:
            assert (row["icmpv6.type"], row["icmpv6.code"]) == (["1"], ["6"])
            assert row["ipv6.src"][-2:] == [lma, sip]
            assert row["ipv6.dst"][-2:] == [tip, cn]
            assert row[f"{transport}.srcport"] == [str(ports[port])]
        times = [float(row["frame.time_epoch"][0]) for row in told]
        assert all(b - a > 0.9 for a, b in pairwise(times))
    calls = scene.seen("lma", "ipv6.src", display_filter=f"udp.port == {CALL} && icmpv6")
    assert calls == []


def test_who_does_not_listen_is_told_once_a_second_and_loses_nothing(tmp_path: Path) -> None:
    """The node's agent is held up: its flows stray on, and are forwarded."""

    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        scene.come("mn1", WLAN)
        scene.bound({"video": "mag2", "download": "mag2", "call": "mag1"})
        with scene.held_up("mn1"):
            talks = [scene.talk("mn1", port) for port in (VIDEO, DOWNLOAD)]
            scene.run.wait(lambda: len(scene.run.events("lma", "redirect_sent")) >= 6, "redirects")
            events = scene.run.events("lma", "redirect_sent")
            for flow in {each["flow"] for each in events}:
                times = [each["at"] for each in events if each["flow"] == flow]
                assert len(times) <= times[-1] - times[0] + 1.5, "one a second"
        scene.run.wait(lambda: len(scene.upwards()) == 2, "both flows to move upwards")
        scene.goes_on(*talks)
        for talk in talks:
            _is_whole(talk.end())

    stand(tmp_path, work)
