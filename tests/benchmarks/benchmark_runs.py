"""Runs of a network inside a sandbox of their own, for the benchmarks of the emulated backend."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.journal import read_events
from testbed.emulated.options import Options
from testbed.emulated.play import close
from testbed.emulated.stage import Stage
from testbed.emulated.traffic.running import has_address, listens
from testbed.evidence.capture import read_capture
from testbed.evidence.result import measure
from testbed.topology.network import Interface, Network

PORT = 5201
PATIENCE = 20.0  # s
ROUNDS = 3  # at most: what else the machine does only adds to a figure
TUNNELLED_MTU = 1460  # what tunnels leave, so that plain ways carry segments of the same size


@dataclass(frozen=True)
class Played:
    """The result of a run, and what each agent counted."""

    document: dict[str, Any]
    counters: dict[str, dict[str, Any]]


def play(network: Network, place: Path) -> Played:
    """Play the timeline of ``network``; its captures must be whole."""
    folder = RunFolder(place)
    folder.make()
    report = place / "report.json"

    def work() -> int:
        stage = Stage(network, folder, Options())
        stage.journal.log("ready")
        stage.player.play(network.timeline, network.duration, lambda _: None)
        counters = {node: stage.agents.ask(node, "counters") for node in network.agents}
        captures = close(stage)
        report.write_text(json.dumps({"counters": counters, "captures": captures}))
        return 0

    assert sandbox.enter(work) == 0
    said = json.loads(report.read_text())
    assert said["captures"]["dropped"] == 0
    sightings = read_capture(folder.capture, network)
    events = read_events([folder.merged_events])
    result = measure(network, sightings, events, said["captures"], "emulated")
    return Played(dict(result.document), said["counters"])


def over_bound(played: Played, latencies: Sequence[float], bound: float) -> float:
    """Print what a run tells of its handovers; return their median latency over ``bound``.

    ``bound`` is what the delays of the links alone come to, in seconds.
    """
    assert min(latencies) >= bound
    ratio = median(latencies) / bound
    print(f"\n{median(latencies) * 1000:.2f} ms of {bound * 1000:g} ms: {ratio:.3f}")
    _print_phases(played.document["handovers"])
    for node, counters in played.counters.items():
        handling = counters["handling"]
        print(f"  {node}: {handling['median_us']} us per input, most {handling['max_us']} us")
    return ratio


def _print_phases(handovers: Sequence[Mapping[str, Any]]) -> None:
    """Print those phases that every handover had."""
    for name in handovers[0]["phases"]:
        times = [each["phases"][name] for each in handovers]
        if None not in times and name not in ("link_down", "link_up"):
            starts = [each["phases"]["link_up"] for each in handovers]
            after = [time - start for time, start in zip(times, starts, strict=True)]
            print(f"  {name} {median(after) * 1000:.3f} ms after link_up")


def staged(network: Network, place: Path, work: Callable[[Stage], Any]) -> Any:
    """Return what ``work`` does with ``network``, of plain JSON; its captures must be whole."""
    folder = RunFolder(place)
    folder.make()
    report = place / "report.json"

    def inside() -> int:
        stage = Stage(network, folder, Options())
        report.write_text(json.dumps(work(stage)))
        return 0 if stage.captures.stop()["dropped"] == 0 else 1

    assert sandbox.enter(inside) == 0, "the captures dropped packets"
    return json.loads(report.read_text())


def on_node(stage: Stage, node: str, *words: str | None) -> list[str]:
    """Return the command that runs ``words`` on ``node``."""
    return ["mnexec", "-a", str(stage.testbed.nodes[node].holder), *map(str, words)]


def ip(stage: Stage, node: str, *words: str | None) -> None:
    """Have ``ip -6`` do something on ``node``."""
    subprocess.run(on_node(stage, node, "ip", "-6", *words), check=True)


def throughput(stage: Stage, sender: str, receiver: str, seconds: int, address: str = "") -> float:
    """Return the TCP throughput between two nodes in bit/s, as the receiver has it.

    ``address`` is the receiver's, where it is not the one that the network gives it.
    """
    node, address = stage.testbed.nodes[receiver], address or stage.network.nodes[receiver].address
    serve: Sequence[str] = on_node(stage, receiver, "iperf3", "-s", "-1", "-p", str(PORT))
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL)
    deadline = monotonic() + PATIENCE
    while not (has_address(node, address) and listens(node, PORT)):
        assert monotonic() < deadline, f"{receiver} has no address"
        stage.loop.run_for(0.05)
    client = ("iperf3", "-c", address, "-p", str(PORT), "-t", str(seconds), "-J")
    done = subprocess.run(
        on_node(stage, sender, *client), capture_output=True, text=True, check=True
    )
    server.wait()
    return float(json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"])


def lowest(most: float, measure: Callable[[int], float]) -> float:
    """Return the lowest figure of up to ROUNDS rounds, of as many as bring it to ``most``."""
    figures: list[float] = []
    while len(figures) < ROUNDS and min(figures, default=2 * most) > most:
        figures.append(measure(len(figures)))
    return min(figures)


def share(measure: Callable[[int], float], reference: Callable[[int], float]) -> float:
    """Return the best of ROUNDS throughputs over the best of the reference's, and print them."""
    rounds = [(measure(number), reference(number)) for number in range(ROUNDS)]
    best, plain = (max(each) for each in zip(*rounds, strict=True))
    print(f"\n{best / 1e9:.2f} Gbit/s, plain {plain / 1e9:.2f}: {best / plain:.2f}")
    return best / plain


def settle_plainly(stage: Stage, mobile: str, address: str, router: Interface) -> None:
    """Give a mobile without an agent its address and its default route on one access link."""
    (interface,) = stage.network.nodes[mobile].interfaces
    name = interface.name
    ip(stage, mobile, "address", "add", f"{address}/64", "dev", name, "nodad")
    ip(stage, mobile, "link", "set", name, "mtu", str(TUNNELLED_MTU))
    ip(stage, mobile, "route", "add", "default", "via", router.link_local, "dev", name)
