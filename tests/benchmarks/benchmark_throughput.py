"""Throughputs of TCP through a network with its agents, and by plain routes without them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from benchmark_runs import PATIENCE, ROUNDS, ip, on_node

from testbed.emulated.stage import Stage
from testbed.emulated.traffic.running import has_address, listens
from testbed.topology.network import Network

PORT = 5201
TUNNELLED_MTU = 1460  # what tunnels leave, so that plain ways carry segments of the same size


def share(network: Network, place: Path, measure: Callable[[Network, Path], float]) -> float:
    """Return the best of ROUNDS throughputs over the best without agents, and print them."""
    unaided = replace(network, agents={})
    rounds = [
        (measure(network, place / f"tunnelled{each}"), measure(unaided, place / f"plain{each}"))
        for each in range(ROUNDS)
    ]
    best, plain = (max(each) for each in zip(*rounds, strict=True))
    print(f"\n{best / 1e9:.2f} Gbit/s, plain {plain / 1e9:.2f}: {best / plain:.2f}")
    return best / plain


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


def ping(stage: Stage, node: str, address: str, *options: str) -> None:
    """Have one ping answered by ``address``."""
    words = ("ping", "-6", "-n", "-c", "1", "-w", str(int(PATIENCE)), *options, address)
    subprocess.run(on_node(stage, node, *words), check=True, capture_output=True)


def home(network: Network, mobile: str) -> tuple[str, str]:
    """Return the home prefix and the home address of a mobile with one interface."""
    found = network.nodes[mobile].mobile
    assert found is not None
    ((prefix,),) = found.home_prefixes.values()
    ((address,),) = found.home_addresses.values()
    return prefix, address


def route_plainly(stage: Stage, destination: str, *path: str) -> None:
    """Route ``destination`` out of each interface of ``path``: over its link, or on it."""
    nodes, links = stage.network.nodes.values(), stage.network.links.values()
    interfaces = {each.name: each for node in nodes for each in node.interfaces}
    far = {end: other for link in links for end, other in (link.ends, link.ends[::-1])}
    for name in path:
        via = ("via", interfaces[far[name]].link_local) if name in far else ()
        ip(stage, interfaces[name].node, "route", "replace", destination, *via, "dev", name)


def settle_plainly(stage: Stage, mobile: str, address: str, link: str) -> None:
    """Give a mobile without an agent its address and its default route on an access link."""
    access, nodes = stage.network.accesses[link], stage.network.nodes
    router = next(i for i in nodes[access.router].interfaces if i.name == access.interface)
    (interface,) = nodes[mobile].interfaces
    name = interface.name
    ip(stage, mobile, "address", "add", f"{address}/64", "dev", name, "nodad")
    ip(stage, mobile, "link", "set", name, "mtu", str(TUNNELLED_MTU))
    ip(stage, mobile, "route", "add", "default", "via", router.link_local, "dev", name)
