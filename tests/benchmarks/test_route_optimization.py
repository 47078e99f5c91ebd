"""What optimized routes cost TCP and small datagrams on a kernel without Mobile IPv6.

The same hops and cables three ways: by plain routes; by a process that passes packets on and looks
at none, at each end, which is the bound of any that does not live in the kernel; and by the two
agents. Run with ``pytest tests/benchmarks/test_route_optimization.py -s`` to see the figures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tun_relay
from live_lab import CN, PUPPET, Lab, lab_on, wait_for
from mobile_lab import ACCESS, CARE_OF, HOME, move_in, prepare, serve_home

pytestmark = [pytest.mark.root, pytest.mark.benchmark]

ROUNDS, SECONDS = 3, 2
LEAST_OF_PLAIN = 0.25  # of the plain throughput, with every packet through Python twice
LEAST_OF_BOUND = 0.5  # of what a relay that does nothing reaches
RELAYED, RELAYED_CN = f"{ACCESS}e", "2001:db8:c::e"
MOST_OF_BOUND = 3  # times what a relay spends on a small datagram
SMALL, OFFERED = 160, 15_000  # octets, as of speech, and datagrams a second
ENDS = {"plain": (CARE_OF, CN), "relay": (RELAYED, RELAYED_CN), "optimized": (HOME, CN)}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        serve_home(made)
        move_in(made)
        made.start("cn", "puppet", {}, settings={"home_addresses": True})
        made.perform("mn", {"Optimize": {"local": HOME, "peer": CN, "local_care_of": CARE_OF}})
        made.perform("cn", {"Optimize": {"local": CN, "peer": HOME, "peer_care_of": CARE_OF}})
        relays = [
            relay(made, "mn", RELAYED, RELAYED_CN, "mn-mag"),
            relay(made, "cn", RELAYED_CN, RELAYED, "cn-lma"),
        ]
        for source, destination in ENDS.values():
            assert made.pings("mn", "-I", source, destination)
        yield made
        for each in relays:
            each.terminate()
            each.wait()


def relay(lab: Lab, node: str, local: str, peer: str, interface: str) -> subprocess.Popen[str]:
    """Start the relay of one end, once the neighbour is known by which its packets leave."""
    lab.run(node, *f"ip -6 address add {local}/64 dev {interface} nodad".split())
    router = f"{ACCESS}1" if node == "mn" else "2001:db8:c::1"
    if node == "mn":
        lab.run(node, *f"ip -6 rule add pref 8 from {local} lookup 78".split())
        lab.run(node, *f"ip -6 route add default via {router} dev {interface} table 78".split())
    wait_for(lambda: lab.pings(node, "-I", local, router))
    words = lab.command(node, sys.executable, tun_relay.__file__, local, peer, interface)
    made = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert made.stdout is not None
    assert made.stdout.readline() == "relaying\n"
    if node == "mn":
        lab.run(node, *f"ip -6 rule del pref 8 from {local} lookup 78".split())
    return made


def iperf(lab: Lab, way: str, *words: str) -> dict[str, float]:
    """Return what the receiver at the correspondent counted of a transfer to it."""
    source, destination = ENDS[way]
    serve = lab.command("cn", "iperf3", "-s", "-1", "-B", destination, "--forceflush")
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    while "listening" not in server.stdout.readline():
        pass
    client = ("iperf3", "-J", "-t", str(SECONDS), "-B", source, "-c", destination, *words)
    report = json.loads(lab.run("mn", *client))
    server.communicate()
    found: dict[str, float] = report["end"].get("sum_received") or report["end"]["sum"]
    return found


def best(lab: Lab, *words: str) -> dict[str, float]:
    """Return the best figure of each way; the rounds of all are mixed."""
    found = dict.fromkeys(ENDS, 0.0)
    for _ in range(ROUNDS):
        for way in ENDS:
            found[way] = max(found[way], iperf(lab, way, *words)["bits_per_second"])
    return found


@pytest.mark.timeout(200)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_tcp_keeps_most_of_what_a_process_in_the_way_can_leave(lab: Lab, direction: str) -> None:
    found = best(lab, *(["-R"] if direction == "down" else []))
    of_plain = found["optimized"] / found["plain"]
    of_bound = found["optimized"] / found["relay"]
    figures = ", ".join(f"{way} {figure / 1e9:.2f}" for way, figure in found.items())
    print(f"\n{direction}: {figures} Gbit/s: {of_plain:.2f} of plain, {of_bound:.2f} of the bound")
    assert of_plain >= LEAST_OF_PLAIN
    assert of_bound >= LEAST_OF_BOUND


def on_processors(lab: Lab, node: str, program: str) -> float:
    """Return the seconds for which ``program`` has had a processor on a node so far."""
    total = 0
    for pid in lab.run("", "ip", "netns", "pids", node).split():
        if program in lab.run("", "cat", f"/proc/{pid}/cmdline"):
            total += int(lab.run("", "cat", f"/proc/{pid}/schedstat").split()[0])
    return total / 1e9


def per_packet(lab: Lab, way: str) -> float:
    """Return the seconds that the programs at both ends have spent on each small datagram."""
    program = {"relay": "tun_relay", "optimized": PUPPET}[way]
    before = sum(on_processors(lab, node, program) for node in ("mn", "cn"))
    report = iperf(lab, way, "-u", "-b", str(OFFERED * SMALL * 8), "-l", str(SMALL))
    after = sum(on_processors(lab, node, program) for node in ("mn", "cn"))
    return (after - before) / (report["packets"] - report["lost_packets"])


@pytest.mark.timeout(200)
def test_small_datagrams_cost_little_more_than_a_process_in_the_way_must(lab: Lab) -> None:
    rounds = [(per_packet(lab, "relay"), per_packet(lab, "optimized")) for _ in range(ROUNDS)]
    relay, optimized = (min(each) for each in zip(*rounds, strict=True))
    print(f"\nboth ends: relay {relay * 1e6:.1f} µs, optimized {optimized * 1e6:.1f} µs a datagram")
    assert optimized / relay <= MOST_OF_BOUND
