"""Where in the capture a figure was read: frames as Wireshark numbers them, filters to find them.

A simulated run has no capture: its frames are all 0, and there is no place to name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from testbed.topology.network import Flow

_MOST = 500  # frames that a filter names
Where = dict[str, Any]


def where(frames: Mapping[str, int], others: Iterable[int] = ()) -> Where | None:
    """Return the place of a figure that was read in ``frames``, each by what it shows.

    The filter finds them and ``others``. None where no frame was captured.
    """
    captured = {name: frame for name, frame in frames.items() if frame}
    wanted = {*captured.values(), *(frame for frame in others if frame)}
    return {"frames": captured, "filter": frames_filter(wanted)} if wanted else None


def span(frames: Iterable[int], filter_: str = "") -> Where | None:
    """Return the first and last of ``frames``, and a filter: ``filter_`` or one for each frame."""
    captured = {frame for frame in frames if frame}
    if not captured:
        return None
    filter_ = filter_ or frames_filter(captured)
    return {"first": min(captured), "last": max(captured), "filter": filter_}


def frames_filter(frames: Iterable[int]) -> str:
    """Return the display filter that finds ``frames``, of very many the first."""
    numbers = ", ".join(_runs(sorted(set(frames))[:_MOST]))
    return f"frame.number in {{{numbers}}}"


def _runs(frames: list[int]) -> Iterator[str]:
    begin = 0
    for index, frame in enumerate(frames, 1):
        if index == len(frames) or frames[index] != frame + 1:
            first = frames[begin]
            yield str(frame) if first == frame else f"{first}..{frame}"
            begin = index


def flow_filter(flow: Flow) -> str:
    """Return the display filter that finds the packets of ``flow``, in tunnels as well."""
    if flow.kind == "ping":
        return f"icmpv6.echo.identifier == {flow.identifier}"
    if flow.kind == "command":
        ends = [each for each in (flow.source_address, flow.destination_address) if each]
        return " && ".join(f"ipv6.addr == {end.partition('/')[0]}" for end in ends)
    return f"{flow.kind}.port == {flow.identifier}"


def node_filter(node: str) -> str:
    """Return the display filter that finds what was captured at ``node``."""
    return f'frame.interface_name matches "^{node}:"'
