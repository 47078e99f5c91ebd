"""A run of S-PMIP or SD-PMIP, and who said what in it according to tshark."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import emulated_runs as runs
from verdict import held
from wire_views import Row, rows

from testbed.protocols import load
from testbed.topology.network import Network

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
GROUP = "ff05::4d41:4701"
DATA = "(icmpv6.type in {128, 129} || udp) && !icmpv6.type in {1, 2, 3, 4}"
_ERROR = 0x0080_0000  # tshark's severity of what is wrong

# Q is a flag that tshark does not know: the bits that this testbed proposes.
_KINDS = {
    "PBU": "mip6.mhtype == 5 && !(mipv6[9:1] & 08)",
    "PBA": "mip6.mhtype == 6 && !(mipv6[7:1] & 01)",
    "PBQ": "mip6.mhtype == 5 && mipv6[9:1] & 08",
    "PQA": "mip6.mhtype == 6 && mipv6[7:1] & 01",
    "UPN": "mip6.mhtype == 19",
    "UPA": "mip6.mhtype == 20",
}
_FIELDS = (
    *("frame.number", "frame.interface_name", "ipv6.src", "ipv6.dst", "ipv6.nxt", "mip6.bu.seqnr"),
    *("mip6.bu.lifetime", "mip6.ba.seqnr", "mip6.ba.status", "mip6.ba.lifetime"),
    *("mip6.nemo.mnp.pfl", "mip6.nemo.mnp.mnp", "mip6.acoa.acoa", "mip6.mnid.identifier"),
)

SCENARIO = """
flows:
  first: {{kind: ping, from: cn, to: mn1, interval: 20ms}}
  voip: {{kind: udp, from: cn, to: mn1, direction: both, interval: 5ms, size: 160}}
timeline:
  - {{at: 0, attach: mn1, to: {here}}}
  - {{at: 1s, start: first}}
  - {{at: 2s, stop: first}}
  - {{at: 2s, start: voip}}
  - {{at: 3s, move: mn1, to: {there}, gap: 50ms}}
  - {{at: 4.5s, stop: voip}}
expect:
  - captures.dropped == 0
"""


class Said(NamedTuple):
    """A message as it was sent: "PBQ", the names of both ends, and what tshark read in it."""

    kind: str
    speaker: str
    listener: str
    row: Row

    @property
    def words(self) -> tuple[str, str, str]:
        return self[:3]


@dataclass(frozen=True)
class Played:
    """What a run left."""

    folder: Path
    network: Network
    result: dict[str, Any]

    @property
    def mobile(self) -> str:
        return self.network.nodes["mn1"].address

    def address(self, node: str) -> str:
        return self.network.nodes[node].address

    def flow(self, name: str) -> dict[str, Any]:
        (found,) = [flow for flow in self.result["flows"] if flow["name"] == name]
        return found

    def seen(self, node: str, *fields: str, display_filter: str) -> list[Row]:
        capture = self.folder / "captures" / f"{node}.pcapng"
        return rows(capture, *fields, display_filter=display_filter)

    def complaints(self) -> list[Row]:
        """What tshark finds wrong, in any packet anywhere."""
        wrong = f"_ws.malformed || _ws.expert.severity >= {_ERROR}"
        capture = self.folder / "capture.pcapng"
        return rows(capture, "_ws.expert.message", display_filter=wrong)

    @cached_property
    def dialogue(self) -> list[Said]:
        """All mobility messages in the order in which they were sent."""
        names = {node.address: node.name for node in self.network.nodes.values()} | {GROUP: "all"}
        found = []
        for kind, display_filter in _KINDS.items():
            for row in rows(self._signalling, *_FIELDS, display_filter=display_filter):
                speaker, listener = (names[row[end][-1]] for end in ("ipv6.src", "ipv6.dst"))
                if row["frame.interface_name"][0].startswith(f"{speaker}:"):
                    found.append(Said(kind, speaker, listener, row))
        return sorted(found, key=lambda said: int(said.row["frame.number"][0]))

    def said(self, kind: str, speaker: str, listener: str) -> list[Said]:
        return [said for said in self.dialogue if said.words == (kind, speaker, listener)]

    @cached_property
    def _signalling(self) -> Path:
        target = self.folder / "signalling.pcapng"
        source = str(self.folder / "capture.pcapng")
        words = ["tshark", "-r", source, "-Y", "mipv6", "-w", str(target)]
        subprocess.run(words, check=True, timeout=60, capture_output=True)
        return target


def play(place: Path, protocol: str, here: str, there: str) -> Played:
    """Run the protocol's topology: the mobile attaches ``here``, is called, and moves ``there``."""
    scenario = place / "scenario.yaml"
    scenario.write_text(SCENARIO.format(here=here, there=there))
    topology, folder = TOPOLOGIES / protocol, place / "run"
    words = ("run", topology, "--scenario", scenario, "--out", folder, "--json")
    result = held(*runs.call(*words))
    return Played(folder, load(topology, scenario=scenario), result)
