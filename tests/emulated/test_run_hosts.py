"""Hosts with an agent to themselves: what their kernel leaves to it, and what routers let pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from host_network import PREFIXES, host_network
from staged_runs import Staged, staged_network
from wire_views import Row, rows

from testbed.emulated.mover import Mover
from testbed.topology.network import LinkSettings

pytestmark = pytest.mark.root

PREFIX = PREFIXES["mag1"]
FOREIGN = "2001:db8:77::7"

ADVERTISE = """
from scapy.all import Ether, ICMPv6ND_RA, ICMPv6NDOptPrefixInfo, IPv6, sendp
prefix = ICMPv6NDOptPrefixInfo(prefix="{prefix}", prefixlen=64, L=1, A=1)
frame = Ether(dst="33:33:00:00:00:01") / IPv6(src="{router}", dst="ff02::1", hlim=255)
sendp(frame / ICMPv6ND_RA(routerlifetime=1800) / prefix, iface="{interface}", verbose=False)
"""


def router(stage: Staged) -> str:
    """The link-local address of the router of the access link `wlan1`."""
    name = stage.stage.network.accesses["wlan1"].interface
    (found,) = [each for each in stage.stage.network.nodes["mag1"].interfaces if each.name == name]
    return found.link_local


def attached(stage: Staged) -> None:
    """Plug the mobile in and wait until it and the router can talk."""
    stage.stage.mover.attach("mn1-eth0", "wlan1")
    ping = ["ping", "-c", "1", "-W", "1", f"{router(stage)}%mn1-eth0"]
    stage.wait(lambda: not subprocess.run(stage.command("mn1", *ping)).returncode, "the router")


def captured(stage: Staged, node: str, wanted: str) -> list[Row]:
    """End the captures, and return what tshark finds in that of ``node``."""
    stage.stage.captures.stop()
    capture = stage.stage.folder.captures / f"{node}.pcapng"
    return rows(capture, "ipv6.src", display_filter=wanted)


def test_the_kernel_of_a_host_with_an_agent_configures_nothing(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        attached(stage)
        interface = stage.stage.network.accesses["wlan1"].interface
        said = ADVERTISE.format(prefix=PREFIX, router=router(stage), interface=interface)
        stage.shown("mag1", sys.executable, "-c", said)
        attached(stage)  # whatever the advertisement does is done
        shown = stage.shown("mn1", "ip", "-6", "addr", "show", "dev", "mn1-eth0")
        assert "scope link" in shown and "tentative" not in shown and "scope global" not in shown
        assert "default" not in stage.shown("mn1", "ip", "-6", "route")
        probes_and_solicitations = "icmpv6.type == 133 || ipv6.src == ::"
        assert len(captured(stage, "mn1", "icmpv6.type == 134")) == 1
        assert captured(stage, "mn1", f"({probes_and_solicitations}) && !icmpv6.type == 143") == []

    staged_network(tmp_path, host_network(tmp_path), work)


def test_a_router_forwards_from_its_access_link_what_is_of_its_prefix(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        own, of_router = f"{PREFIX}2", f"{PREFIX}1"
        attached(stage)
        for address in (own, FOREIGN, of_router):
            words = ("ip", "addr", "add", f"{address}/128", "dev", "mn1-eth0", "nodad")
            stage.shown("mn1", *words)
        way = ("via", router(stage), "dev", "mn1-eth0")
        stage.shown("mn1", "ip", "-6", "route", "add", "default", *way)
        anchor = stage.stage.network.nodes["lma"].address
        for address in (FOREIGN, of_router, own):
            ping = ("ping", "-c", "2", "-i", "0.01", "-W", "1", "-I", address, anchor)
            subprocess.run(stage.command("mn1", *ping), capture_output=True)
        wanted = f"icmpv6.type == 128 && ipv6.dst == {anchor}"
        sources = [row["ipv6.src"] for row in captured(stage, "lma", wanted)]
        assert sources == [[own], [own]]
        sent = rows(stage.stage.folder.captures / "mn1.pcapng", "ipv6.src", display_filter=wanted)
        assert [row["ipv6.src"][0] for row in sent] == [FOREIGN] * 2 + [of_router] * 2 + [own] * 2

    staged_network(tmp_path, host_network(tmp_path), work)


class Told:
    """Agents that only take note of what they are told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, Any]] = []

    def tell(self, node: str, event: str, /, **details: Any) -> None:
        told = details["rate"] if event == "link_quality" else details["interface"]
        self.heard.append((node, event, told))


def test_a_mobile_is_told_what_its_link_is_capable_of_whenever_that_changes(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        built, told = stage.stage, Told()
        mover = Mover(built.network, built.testbed.wiring, told, built.journal, built.loop)  # type: ignore[arg-type]
        mover.attach("mn1-eth0", "wlan1")
        mover.changed("wlan1", LinkSettings(rate=5e6))
        mover.changed("wlan2", LinkSettings(rate=1e6))
        mover.changed("lma-mag1", LinkSettings(rate=7e6))
        mover.move("mn1-eth0", "wlan2", gap=0.0)
        stage.wait(lambda: mover.where("mn1-eth0") == "wlan2", "the mobile to arrive")
        mover.recall("mn1")
        mover.detach("mn1-eth0")
        mover.attach("mn1-eth0", "wlan1")
        assert [(event, what) for node, event, what in told.heard if node == "mn1"] == [
            ("link_quality", 20e6),
            ("link_quality", 5e6),
            ("link_quality", 1e6),
            ("link_quality", 1e6),
            ("link_quality", 5e6),
        ]
        routers = [(node, event) for node, event, _ in told.heard if node != "mn1"]
        assert routers == [
            ("mag1", "link_up"),
            ("mag1", "link_down"),
            ("mag2", "link_up"),
            ("mag2", "link_down"),
            ("mag1", "link_up"),
        ]

    staged_network(tmp_path, host_network(tmp_path), work)


def test_mobiles_that_need_the_router_to_reach_each_other_are_not_redirected(
    tmp_path: Path,
) -> None:
    def work(stage: Staged) -> None:
        for node, own in (("mn1", f"{PREFIX}11"), ("mn2", f"{PREFIX}12")):
            stage.stage.mover.attach(f"{node}-eth0", "wlan1")
            words = ("ip", "addr", "add", f"{own}/128", "dev", f"{node}-eth0", "nodad")
            stage.shown(node, *words)
            way = ("via", f"{PREFIX}1", "dev", f"{node}-eth0", "onlink")
            stage.shown(node, "ip", "-6", "route", "add", "default", *way)
        ping = ["ping", "-c", "3", "-i", "0.2", "-W", "1", f"{PREFIX}12"]
        stage.wait(lambda: not subprocess.run(stage.command("mn1", *ping)).returncode, "an answer")
        assert captured(stage, "mag1", "icmpv6.type == 137") == []
        assert len(captured(stage, "mag1", "icmpv6.type == 128")) >= 6

    staged_network(tmp_path, host_network(tmp_path, mobiles=("mn1", "mn2")), work)
