"""Which way each link gets its delay, jitter, loss and rate."""

from __future__ import annotations

import shutil
import subprocess
from enum import StrEnum

from testbed.topology.network import LinkSettings, Network

QUEUE = 100  # full-sized packets that wait for a limited link before it drops the next
FRAMING = 14  # octets of an Ethernet header, which take their time on the wire too


class Way(StrEnum):
    """How a link is made."""

    PLAIN = "plain"  # a veth pair, as fast as the kernel goes
    NETEM = "netem"
    TBF = "tbf"  # the kernel's token bucket: a rate and nothing else
    DELAY_LINE = "delay-line"  # the user-space process


def choose(
    network: Network, available: frozenset[Way], forced: Way | None = None
) -> dict[str, Way]:
    """Return the way of each link and access link of ``network``.

    ``available`` is what the kernel offers; ``forced`` settles all links that need any shaping.
    A link that the timeline changes is made for all that it will be.
    """
    wanted = wants(network)
    return {
        name: forced if forced and any(map(_shaped, each)) else _best(each, available)
        for name, each in wanted.items()
    }


def wants(network: Network) -> dict[str, list[LinkSettings]]:
    """Return the settings that each link has at first and by the timeline."""
    found = {name: [link.settings] for name, link in network.links.items()}
    found |= {name: [access.settings] for name, access in network.accesses.items()}
    for step in network.timeline:
        if step.kind == "change" and step.settings is not None:
            found[step.target].append(step.settings)
    return found


def segments(wanted: list[LinkSettings]) -> int | None:
    """Return how many segments one packet on the link may stand for (None: any number).

    The kernel passes TCP on in bundles; loss and rate must meet the packets of the wire.
    """
    return 1 if any(each.loss or each.rate for each in wanted) else None


def offered() -> frozenset[Way]:
    """Return what the kernel offers, tried on the loopback of the current namespace."""
    trials = {Way.NETEM: "netem delay 1ms", Way.TBF: "tbf rate 1mbit burst 2kb limit 10kb"}
    return frozenset(way for way, discipline in trials.items() if _works(discipline))


def _works(discipline: str) -> bool:
    if shutil.which("tc") is None:
        return False
    change = ["tc", "qdisc", "replace", "dev", "lo", "root", *discipline.split()]
    if subprocess.run(change, capture_output=True, check=False).returncode:
        return False
    subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], capture_output=True, check=True)
    return True


def _shaped(settings: LinkSettings) -> bool:
    return bool(settings.delay or settings.jitter or settings.loss or settings.rate)


def _best(wanted: list[LinkSettings], available: frozenset[Way]) -> Way:
    if not any(map(_shaped, wanted)):
        return Way.PLAIN
    if Way.NETEM in available:
        return Way.NETEM
    only_rate = not any(each.delay or each.jitter or each.loss for each in wanted)
    return Way.TBF if only_rate and Way.TBF in available else Way.DELAY_LINE
