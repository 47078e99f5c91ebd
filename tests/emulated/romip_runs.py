"""A run of ROMIP: the steps of draft-ma figure 1 as tshark reads them in its captures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import emulated_runs as runs
import host_runs
from verdict import held
from wire_views import Row, rows

from testbed.protocols import load

_STEPS = "icmpv6.type in {133, 134} || mipv6 || diameter.cmd.code == 265"
_FIELDS = (
    *("frame.time_epoch", "frame.interface_name", "ipv6.src", "ipv6.dst", "icmpv6.type"),
    *(
        "mip6.mhtype",
        "mip6.bu.f_flag",
        "mip6.ba.t_flag",
        "diameter.flags.request",
        "diameter.User-Name",
    ),
    *("diameter.Mobile-Node-Identifier", "diameter.Result-Code", "diameter.Session-Id"),
    *("diameter.MIP-Home-Agent-Address.IPv6", "mip6.bu.seqnr", "mip6.ba.seqnr", "mip6.ba.status"),
    *("mip6.bu.lifetime", "mip6.ba.lifetime", "tcp.analysis.retransmission"),
)


class Step(NamedTuple):
    """A message as it left its sender, at which time, and what tshark read in it."""

    kind: str
    speaker: str
    listener: str
    at: float
    row: Row


@dataclass(frozen=True)
class Played(host_runs.Played):
    """What a run of ROMIP left."""

    @cached_property
    def steps(self) -> list[Step]:
        """The messages of figure 1, in the order in which they were sent."""
        found = []
        for row in rows(self.capture, *_FIELDS, display_filter=_STEPS):
            speaker = row["frame.interface_name"][0].partition(":")[0]
            if self._owns(speaker, row["ipv6.src"][0]) and not row["tcp.analysis.retransmission"]:
                listener = self._listener(row["ipv6.dst"][0])
                at = float(row["frame.time_epoch"][0])
                found.append(Step(_kind(row), speaker, listener, at, row))
        return sorted(found, key=lambda step: step.at)

    def after(self, subject: str, access: str, *, number: int = 0) -> list[Step]:
        """What was sent from when ``subject`` came to ``access`` until anybody moved again."""
        ups = self.named("link_up")
        here = [e for e in ups if e["subject"] == subject and e["access"] == access][number]
        later = [e["at"] for e in self.named("link_down") if e["at"] > here["at"]]
        end = min(later, default=float("inf"))
        return [step for step in self.steps if here["at"] <= step.at < end]

    def _owns(self, node: str, address: str) -> bool:
        known = self.network.nodes[node]
        return address in {known.address, *(each.link_local for each in known.interfaces)}

    def _listener(self, address: str) -> str:
        owners = [name for name in self.network.nodes if self._owns(name, address)]
        return owners[0] if owners else "all routers"


def _kind(row: Row) -> str:
    if row["diameter.flags.request"]:
        return "request" if _set(row["diameter.flags.request"]) else "response"
    if row["mip6.mhtype"]:
        return _binding_kind(row)
    return {"133": "RS", "134": "RA"}[row["icmpv6.type"][0]]


def _binding_kind(row: Row) -> str:
    """E, that of a dDBU and dDBA, is where other protocols have F and T (§6.3, §6.4)."""
    update = row["mip6.mhtype"] == ["5"]
    far = _set(row["mip6.bu.f_flag" if update else "mip6.ba.t_flag"])
    return f"{'d' if far else 's'}DB{'U' if update else 'A'}"


def _set(flag: list[str]) -> bool:
    return flag[0] in ("1", "True")


def play(place: Path, scenario: str) -> Played:
    """Run the topology ``romip`` with another scenario."""
    file, folder = place / "scenario.yaml", place / "run"
    file.write_text(scenario)
    topology = host_runs.TOPOLOGIES / "romip"
    words = ("run", topology, "--scenario", file, "--out", folder, "--json")
    result = held(*runs.call(*words))
    return Played(folder, load(topology, scenario=file), result)
