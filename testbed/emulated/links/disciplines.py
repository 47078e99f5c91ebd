"""Link settings as queueing disciplines of the kernel: netem, and tbf where only a rate is asked.

They sit on devices in the sandbox's root namespace, between the two ends of a link, so that a
capture at the sender shows a packet when it is sent and not when its delay is over.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from math import ceil

from testbed.emulated.errors import EmulationError
from testbed.emulated.links.choice import FRAMING, QUEUE, Way
from testbed.topology.network import LinkSettings

UNLIMITED = 100_000  # packets that netem holds on a link without a rate
KEEP_ORDER = "100gbit"  # with any rate netem delivers in order, and jitter overtakes nothing
TICKS = 250  # a kernel's slowest usual timer, which a token bucket must outlast


def command(verb: str, device: str, way: Way, settings: LinkSettings) -> str:
    """Return the line for ``tc -batch`` that gives ``device`` its discipline."""
    discipline = netem(settings) if way is Way.NETEM else tbf(settings)
    return f"qdisc {verb} dev {device} root {discipline}"


def netem(settings: LinkSettings) -> str:
    """Spell ``settings`` for netem; its limit counts the packets on their way as well."""
    text = f"netem limit {_limit(settings)} delay {_microseconds(settings.delay)}"
    if settings.jitter:
        text += f" {_microseconds(settings.jitter)}"
    if settings.loss:
        text += f" loss {settings.loss * 100:.7f}%"
    if settings.rate is not None:
        text += f" rate {round(settings.rate)}bit"
    elif settings.jitter:
        text += f" rate {KEEP_ORDER}"
    return text


def tbf(settings: LinkSettings) -> str:
    """Spell a rate for tbf."""
    frame = settings.mtu + FRAMING
    rate = settings.rate or 100e9
    burst = max(frame, ceil(rate / 8 / TICKS))
    return f"tbf rate {round(rate)}bit burst {burst} limit {QUEUE * frame}"


def apply(commands: Iterable[str]) -> None:
    """Have one ``tc`` carry out all ``commands``."""
    text = "\n".join(commands)
    if not text:
        return
    done = subprocess.run(
        ["tc", "-batch", "-"], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EmulationError(f"tc cannot set up a link: {' '.join(done.stderr.split())}")


def _limit(settings: LinkSettings) -> int:
    if settings.rate is None:
        return UNLIMITED
    on_the_way = settings.rate * (settings.delay + settings.jitter) / 8
    return QUEUE + ceil(on_the_way / (settings.mtu + FRAMING))


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:.3f}us"
