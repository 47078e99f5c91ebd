"""Packets to thousands of addresses that nobody has: what they cost is bounded.

The bounds are the defaults. tshark counts the queries, and the kernel knows the agent's memory.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from spmip_scene import TOPOLOGY, Scene
from staged_runs import Staged, staged
from wire_views import rows

pytestmark = pytest.mark.root

QUERY = "mip6.mhtype == 5 && mipv6[9:1] & 08"
PACKETS, SECONDS, SIZE = 12_000, 3, 1000
RATE, BURST = 100, 200  # queries that may be sent in a second, and at once
BUFFERED = 4096  # packets that may be kept
MEMORY = 3 * BUFFERED * SIZE  # octets: what is kept, and the objects that it is kept in
FEWEST = 100  # queries: the flood did reach what bounds it

FLOOD = f"""
import socket, sys, time
outbox = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
begun = time.monotonic()
for number in range({PACKETS}):
    outbox.sendto(bytes({SIZE}), (sys.argv[1] + f"{{0xc0 + number % 64:x}}::{{number:x}}", 4000))
    if number % 20 == 0:
        time.sleep(max(0, begun + number * {SECONDS} / {PACKETS} - time.monotonic()))
"""


@pytest.mark.parametrize("protocol", ["spmip", "sdpmip"])
def test_a_flood_costs_little_memory_and_few_queries(tmp_path: Path, protocol: str) -> None:
    def work(run: Staged) -> None:
        scene = Scene(run, protocol)
        before = _memory(run, "mag1")
        established = subprocess.Popen(_ping(scene), stdout=subprocess.PIPE, text=True)
        _flood(scene)
        grown = _memory(run, "mag1") - before
        print(f"\n{protocol}: {grown >> 10} KiB more, {_sent(scene)} queries")
        assert grown < MEMORY
        assert " 0% packet loss" in established.communicate(timeout=30)[0]
        scene.is_untouched()
        run.wait(lambda: _arrived(scene) == _sent(scene), "all queries to be heard")
        assert run.stage.captures.stop()["dropped"] == 0

    staged(tmp_path, TOPOLOGY.format(protocol=protocol), work)
    _judge(tmp_path / "run" / "captures" / "mag1.pcapng")


def _sent(scene: Scene) -> int:
    return len(scene.run.events("mag1", "query_sent"))


def _arrived(scene: Scene) -> int:
    kind = {"message": "ProxyBindingQuery"}
    return len(scene.run.events(scene.respondent, "message_received", **kind))


def _ping(scene: Scene) -> list[str]:
    """A flow that has its route, for as long as the flood lasts."""
    words = ("ping", "-6", "-n", "-i", "0.02", "-w", str(SECONDS), scene.address["mn1"])
    return scene.run.command("cn", *words)


def _flood(scene: Scene) -> None:
    """Send it, and wait until the gateway has seen all of it and reported what it lost."""
    run = scene.run
    pool = ":".join(scene.address["mn1"].split(":")[:3]) + ":80"
    before = scene.count("mag1", "packets diverted")
    subprocess.run(run.command("cn", sys.executable, "-c", FLOOD, pool), check=True, timeout=60)

    def seen() -> bool:
        diverted = scene.count("mag1", "packets diverted") - before
        return diverted + scene.count("mag1", "packets not diverted") >= PACKETS

    run.wait(seen, "all of the flood")
    run.wait(lambda: bool(run.events("mag1", "dropped")), "a report of packets lost")


def _memory(run: Staged, node: str) -> int:
    """The octets of memory that the agent of ``node`` has of its own."""
    status = Path(f"/proc/{run.stage.agents._pids[node]}/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))
    return int(kilobytes) << 10


def _judge(capture: Path) -> None:
    found = rows(capture, "frame.time_epoch", display_filter=QUERY)
    times = [float(row["frame.time_epoch"][0]) for row in found]
    assert len(times) > FEWEST
    assert len(times) <= BURST + RATE * (times[-1] - times[0]) + 1
    busiest = max(sum(at <= other < at + 1 for other in times) for at in times)
    assert busiest <= BURST + RATE + 1
