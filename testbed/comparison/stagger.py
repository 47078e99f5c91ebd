"""Repetitions that differ: when, within the interval of its packets, each flow begins.

Whether a packet is lost at a move, and how long the first one is waited for, depends on where the
move falls between two packets. In virtual time nothing else would differ from run to run.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from testbed.topology.network import Network, Step


def staggered(network: Network) -> Network:
    """Return ``network`` with each start of a flow put off by less than its interval.

    By how much depends on the seed and on the flow's name alone, so it is the same under every
    protocol.
    """
    return replace(network, timeline=tuple(_later(network, step) for step in network.timeline))


def _later(network: Network, step: Step) -> Step:
    interval = network.flows[step.target].interval if step.kind == "start" else None
    if not interval:
        return step
    return replace(step, at=step.at + interval * _share(network.seed, step.target))


def _share(seed: int, flow: str) -> float:
    """Return a number from 0 to 1 that looks random and is the same in every run."""
    digest = sha256(f"{seed} {flow}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
