"""What an agent adds to a handover, and how fast many of them start.

Run with ``pytest tests/benchmarks/test_agent_handling.py -s`` to see the figures.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from live_lab import FIXED, FIXED_MAC, HOME, LMA, MAG, MN_MAC, Lab

pytestmark = [pytest.mark.benchmark, pytest.mark.root]
ROUNDS = 60
LIMIT = 500.0  # microseconds that an agent may spend on one input, netlink included
AGENTS = 100
FRESH = 4  # interpreters to take the mean of
RATIO = 5.0  # by which a fork must beat a fresh interpreter


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.close()


def anchor_config(address: str, mag: str) -> dict[str, Any]:
    mobiles = {"mn1": {"prefixes": {MN_MAC: [HOME]}}}
    return {"address": address, "mags": [mag], "pool": None, "mobiles": mobiles}


def gateway_config(address: str, lma: str, interface: str) -> dict[str, Any]:
    return {
        "address": address,
        "access": [{"interface": interface, "technology": 4}],
        "link_local": FIXED,
        "link_layer": FIXED_MAC,
        "mobiles": [{"identifier": "mn1", "lma": lma, "link_layer_addresses": [MN_MAC]}],
    }


def start(lab: Lab, nodes: Mapping[str, tuple[str, dict[str, Any]]]) -> float:
    """Start the agents of ``nodes`` at once; return the seconds until the last is ready."""
    wanted = [
        {"start": lab.specification(node, protocol="pmipv6", role=role, config=config)}
        for node, (role, config) in nodes.items()
    ]
    began = perf_counter()
    lab.connection.sendall(b"".join(json.dumps(each).encode() + b"\n" for each in wanted))
    answers = [lab.told() for _ in wanted]
    assert {answer.get("started") for answer in answers} == set(nodes), answers
    return perf_counter() - began


def test_a_message_is_handled_in_half_a_millisecond(lab: Lab) -> None:
    gateway = gateway_config(MAG, LMA, "mag-mn")
    start(lab, {"lma": ("lma", anchor_config(LMA, MAG)), "mag": ("mag", gateway)})
    event = {"interface": "mag-mn", "link_layer_address": MN_MAC}
    for count in range(1, 2 * ROUNDS, 2):
        lab.tell("mag", {"event": "link_up", **event})
        lab.wait_event("mag", "binding_acknowledged", count)
        lab.tell("mag", {"event": "link_down", **event})
        lab.wait_event("mag", "binding_acknowledged", count + 1)
    for node in ("mag", "lma"):
        handling = lab.ask(node, "counters")["handling"]
        print(f"\n{node}: {handling['count']} inputs, median {handling['median_us']} us each")
        assert handling["count"] > ROUNDS
        assert handling["median_us"] < LIMIT


def test_forked_agents_start_faster_than_interpreters(lab: Lab) -> None:
    made = lab.run("", "bash", "-c", _NAMESPACES).splitlines()
    lab.namespaces.update(line.split() for line in made)
    nodes = [line.split()[0] for line in made]
    assert len(nodes) == AGENTS
    config = gateway_config(MAG, LMA, "access")
    took = start(lab, dict.fromkeys(nodes, ("mag", config)))
    fresh = fresh_interpreter()
    print(f"\n{AGENTS} agents ready in {took:.3f} s; one fresh interpreter takes {fresh:.3f} s")
    assert took / AGENTS < fresh / RATIO


def fresh_interpreter() -> float:
    """Return the mean seconds that an interpreter needs to load what an agent runs."""
    began = perf_counter()
    for _ in range(FRESH):
        subprocess.run([sys.executable, "-c", "import agents.__main__"], check=True, timeout=60)
    return (perf_counter() - began) / FRESH


_NAMESPACES = f"""
for i in $(seq {AGENTS}); do
  ip netns add x$i
  ip -n x$i link set lo up
  ip -n x$i link add access type veth peer name other
  ip -n x$i link set access up
  ip -n x$i address add {MAG}/128 dev lo
  ip netns exec x$i sleep infinity </dev/null >/dev/null 2>&1 &
  echo x$i $!
done
"""
