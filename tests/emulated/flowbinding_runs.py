"""A run of flow binding: messages, ways of flows and headers as tshark reads them in captures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import emulated_runs as runs
import host_runs
from verdict import held
from wire_views import Row, rows

from testbed.protocols import load

PADDING, ALTERNATIVE, EARLY_FLOW, FLOW, FLOW_SUMMARY = {0, 1}, 240, 241, 45, 44
_HEADER, _UPDATE_OPTIONS, _SIGNALING_OPTIONS = 40, 12, 12
_STEPS = "icmpv6.type in {133, 134} || mipv6"
_FIELDS = (
    *("frame.time_epoch", "frame.interface_name", "ipv6.src", "ipv6.dst", "icmpv6.type"),
    *("mip6.mhtype", "mip6.hi", "mip6.att", "mip6.ba.status"),
)
_KINDS = {"5": "PBU", "6": "PBA", "19": "UPN", "20": "UPA"}
_GENERIC = {1: "GSR", 2: "GSA"}


class Said(NamedTuple):
    """A message as it left its sender: what tshark read in it, and its Mobility Header."""

    kind: str
    speaker: str
    listener: str
    at: float
    row: Row
    octets: bytes

    def options(self, kind: int) -> list[bytes]:
        """The contents of its mobility options of one type."""
        return [contents for each, contents in _options(self.octets) if each == kind]

    @property
    def status(self) -> int:
        """The status of a Generic Signaling or Update Notification Acknowledgement."""
        return self.octets[10 if self.kind == "GSA" else 8]


@dataclass(frozen=True)
class Played(host_runs.Played):
    """What a run of flow binding left."""

    def home(self, interface: str) -> str:
        """The address of an interface of mn1: SIP of lte0, TIP of wlan0."""
        mobile = self.network.nodes["mn1"].mobile
        assert mobile is not None
        return mobile.home_addresses[f"mn1-{interface}"][0]

    def came(self, interface: str) -> float:
        """When an interface of mn1 came up first."""
        return float(self.named("link_up", interface=f"mn1-{interface}")[0]["at"])

    def left(self, interface: str) -> float:
        """When it went down first."""
        return float(self.named("link_down", interface=f"mn1-{interface}")[0]["at"])

    @cached_property
    def said(self) -> list[Said]:
        """Every message of signalling, in the order in which they were sent."""
        headers = _mobility_headers(self.capture)
        found = []
        for row in rows(self.capture, *_FIELDS, display_filter=_STEPS):
            octets = next(headers) if row["mip6.mhtype"] else b""
            speaker = row["frame.interface_name"][0].partition(":")[0]
            if self._owns(speaker, row["ipv6.src"][0]):
                listener = self._name(row["ipv6.dst"][0])
                at = float(row["frame.time_epoch"][0])
                found.append(Said(_kind(row, octets), speaker, listener, at, row, octets))
        return sorted(found, key=lambda each: each.at)

    def spoken(
        self, kind: str, speaker: str = "", listener: str = "", since: float = 0.0
    ) -> list[Said]:
        """Messages of one kind, in order."""
        about = (kind, speaker, listener)
        return [
            each
            for each in self.said
            if each.at >= since and all(a in ("", b) for a, b in zip(about, each[:3], strict=True))
        ]

    def first(self, kind: str, speaker: str, listener: str, option: int, since: float) -> Said:
        """The first message of one kind that has an option of one type."""
        found = self.spoken(kind, speaker, listener, since)
        return next(each for each in found if each.options(option))

    def gateways(self, flow: str, *, up: bool = False) -> list[str]:
        """Where the anchor sent a flow's packets, or where they came from: runs of the same."""
        field = "ipv6.src" if up else "ipv6.dst"
        found = self.seen("lma", field, display_filter=f"{self._of(flow, up)} && ipv6.nxt == 41")
        return [self._name(address) for address, _ in groupby(row[field][0] for row in found)]

    def on_access(self, flow: str, *, up: bool = False) -> list[tuple[float, str]]:
        """When packets of a flow were on which interface of mn1."""
        if (flow, up) not in self._crossings:
            self._crossings[flow, up] = self._on_access(flow, up)
        return self._crossings[flow, up]

    @cached_property
    def _crossings(self) -> dict[tuple[str, bool], list[tuple[float, str]]]:
        return {}

    def _on_access(self, flow: str, up: bool) -> list[tuple[float, str]]:
        fields = ("frame.time_epoch", "frame.interface_name")
        found = self.seen("mn1", *fields, display_filter=self._of(flow, up))
        times = (float(row["frame.time_epoch"][0]) for row in found)
        names = (row["frame.interface_name"][0].partition("-")[2] for row in found)
        return list(zip(times, names, strict=True))

    def between(self, flow: str, start: float, end: float, *, up: bool = False) -> set[str]:
        """The interfaces of mn1 that a flow was on in a time, of which there are some packets."""
        names = [name for at, name in self.on_access(flow, up=up) if start <= at < end]
        assert len(names) > 10, (flow, len(names))
        return set(names)

    def state(self, node: str, word: str) -> list[str]:
        """The lines that a command of the timeline has printed on a node, between its marks."""
        text = self.printed(node)
        assert f"</{word}>" in text, text
        return text.partition(f"<{word}>")[2].partition(f"</{word}>")[0].strip().splitlines()

    def _of(self, flow: str, up: bool) -> str:
        known = self.network.flows[flow]
        transport, end = "tcp" if known.kind == "tcp" else "udp", "src" if up else "dst"
        words = f"{transport}.port == {known.identifier} && !icmpv6"
        return f"{words} && ipv6.{end} == {known.address_of('mn1')}"

    def _name(self, address: str) -> str:
        return next((each for each in self.network.nodes if self._owns(each, address)), "all")

    def _owns(self, node: str, address: str) -> bool:
        known = self.network.nodes[node]
        homes = known.mobile.home_addresses.values() if known.mobile else ()
        own = {each.link_local for each in known.interfaces}
        return address in {known.address, *own, *(a for each in homes for a in each)}


def _kind(row: Row, octets: bytes) -> str:
    if not octets:
        return {"133": "RS", "134": "RA"}[row["icmpv6.type"][0]]
    number = row["mip6.mhtype"][0]
    return _KINDS[number] if number in _KINDS else _GENERIC[int.from_bytes(octets[6:8], "big")]


def _mobility_headers(capture: Path) -> Iterator[bytes]:
    for octets in host_runs.frames(capture, "mipv6"):
        while octets[6] == 41:
            octets = octets[_HEADER:]
        yield octets[_HEADER:]


def _options(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Every mobility option of a message whose fixed part is 12 octets long: those meant here."""
    at = 12
    while at < len(octets):
        kind = octets[at]
        length = octets[at + 1] if kind else -1
        if kind not in PADDING:
            yield kind, octets[at + 2 : at + 2 + length]
        at += 2 + length


def topology(**options: str) -> str:
    """The topology ``flow-binding`` with other options of its protocol."""
    text = (host_runs.TOPOLOGIES / "flow-binding" / "topology.yaml").read_text()
    for key, value in options.items():
        text, count = re.subn(rf"(?m)^    {key}: .*$", f"    {key}: {value}", text)
        if not count:
            text = text.replace("  flowbinding:\n", f"  flowbinding:\n    {key}: {value}\n", 1)
    return text


def play(place: Path, text: str, scenario: str) -> Played:
    """Run the topology that ``text`` is, with another scenario."""
    file, played, folder = place / "topology.yaml", place / "scenario.yaml", place / "run"
    file.write_text(text)
    played.write_text(scenario)
    words = ("run", file, "--scenario", played, "--out", folder, "--json")
    result = held(*runs.call(*words))
    return Played(folder, load(file, scenario=played), result)
