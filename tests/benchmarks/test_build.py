"""How fast a large network stands, against bare Mininet on the same graph.

Run with ``pytest tests/benchmarks/test_build.py -s`` to see the figures.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import benchmark_networks
import pytest
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.topo import Topo

from testbed.emulated import sandbox
from testbed.emulated.folder import RunFolder
from testbed.emulated.options import Options
from testbed.emulated.stage import Stage
from testbed.topology.network import Network

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

ROUNDS = 3
MOST = 2.0  # times as long as bare Mininet, which starts no agents and no captures


@pytest.mark.timeout(600)
def test_a_hundred_nodes_stand_in_at_most_twice_the_time_of_bare_mininet(tmp_path: Path) -> None:
    network = benchmark_networks.large(tmp_path, 100)
    ours, bare = [], []
    for number in range(ROUNDS):
        bare.append(_seconds_of_mininet(network, tmp_path))
        ours.append(_stand(network, tmp_path / f"run{number}")["ready"])
    ratio = median(ours) / median(bare)
    print(
        f"\n100 nodes: {median(ours):.2f} s, bare Mininet {median(bare):.2f} s: {ratio:.2f} times"
    )
    assert ratio <= MOST


@pytest.mark.timeout(600)
def test_five_hundred_nodes_stand_and_register(tmp_path: Path) -> None:
    network = benchmark_networks.large(tmp_path, 500)
    timings = _stand(network, tmp_path / "run")
    print(f"\n500 nodes: links {timings['links']:.2f} s, all {timings['ready']:.2f} s")
    assert timings["agents"] == len(network.agents)
    assert timings["captures"] == len(network.nodes)


def _stand(network: Network, place: Path) -> dict[str, float]:
    """Build ``network`` with agents and captures, and return what that took."""
    folder = RunFolder(place)
    folder.make()
    figures = place / "figures.json"

    def build() -> int:
        stage = Stage(network, folder, Options())
        running = sum(stage.agents.runs(node) for node in network.nodes)
        captures = len(list(folder.captures.iterdir()))
        counts = {"agents": running, "captures": captures}
        figures.write_text(json.dumps({**stage.timings, **counts}))
        return 0

    assert sandbox.enter(build) == 0
    measured: dict[str, float] = json.loads(figures.read_text())
    return measured


class _Graph(Topo):  # type: ignore[misc]
    """The nodes and cables of a network, as Mininet describes them."""

    def build(self, names: Sequence[str], edges: Sequence[tuple[str, str]]) -> None:
        for name in names:
            self.addHost(name)
        for near, far in edges:
            self.addLink(near, far)


def _seconds_of_mininet(network: Network, place: Path) -> float:
    figure = place / "mininet"

    def build() -> int:
        setLogLevel("critical")
        Mininet.inited = True  # its start-up changes settings of the host
        graph = _Graph(names=list(network.nodes), edges=benchmark_networks.edges(network))
        begun = perf_counter()
        Mininet(topo=graph, controller=None).start()
        figure.write_text(str(perf_counter() - begun))
        return 0

    assert sandbox.enter(build) == 0
    return float(figure.read_text())
