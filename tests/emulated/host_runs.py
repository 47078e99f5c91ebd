"""A run of a protocol whose mobiles have agents, and who said what in it according to tshark."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, IPv6Interface
from pathlib import Path
from typing import Any, NamedTuple

import emulated_runs as runs
from verdict import held
from wire_views import Row, rows

from testbed.protocols import load
from testbed.topology.network import Network

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
_ERROR = 0x0080_0000  # tshark's severity of what is wrong
KINDS = {
    "0": "BRR",
    "1": "HoTI",
    "2": "CoTI",
    "3": "HoT",
    "4": "CoT",
    "5": "BU",
    "6": "BA",
    "7": "BE",
}
_FIELDS = (
    *("frame.number", "frame.time_epoch", "frame.interface_name", "ipv6.src", "ipv6.dst"),
    *("ipv6.opt.mipv6.home_address", "ipv6.routing.mipv6.home_address", "mip6.mhtype"),
    *("mip6.bu.seqnr", "mip6.bu.lifetime", "mip6.bu.a_flag", "mip6.bu.h_flag", "mip6.acoa.acoa"),
    *("mip6.ba.seqnr", "mip6.ba.status", "mip6.ba.lifetime", "mip6.ni.hni", "mip6.ni.cni"),
    *("mip6.bad.auth", "mip6.hoti.cookie", "mip6.coti.cookie", "mip6.hot.cookie"),
    *("mip6.cot.cookie", "mip6.hot.nindex", "mip6.cot.nindex"),
)


class Said(NamedTuple):
    """A message as it left its sender, and what tshark read in it."""

    kind: str
    source: str  # of the innermost header
    destination: str
    row: Row

    @property
    def headers(self) -> int:
        return len(self.row["ipv6.src"])

    @property
    def home(self) -> str:
        """The home address that the message carries in an extension header, "" if none."""
        either = ("ipv6.opt.mipv6.home_address", "ipv6.routing.mipv6.home_address")
        return "".join(found for field in either for found in self.row[field])

    @property
    def at(self) -> float:
        return float(self.row["frame.time_epoch"][0])

    def value(self, field: str) -> str:
        (found,) = self.row[field]
        return found


@dataclass(frozen=True)
class Played:
    """What a run left."""

    folder: Path
    network: Network
    result: dict[str, Any]

    @property
    def capture(self) -> Path:
        return self.folder / "capture.pcapng"

    def address(self, node: str) -> str:
        return self.network.nodes[node].address

    def care_of(self, node: str, access: str) -> str:
        """The address that the EUI-64 of ``node`` makes of the prefix of an access link."""
        place = self.network.accesses[access]
        routers = self.network.nodes[place.router].interfaces
        (of_router,) = [each.addresses[0] for each in routers if each.name == place.interface]
        (of_host,) = [each.link_local for each in self.network.nodes[node].interfaces]
        prefix = int(IPv6Interface(of_router).network.network_address)
        return str(IPv6Address(prefix | int(IPv6Address(of_host)) & (1 << 64) - 1))

    def flow(self, name: str) -> dict[str, Any]:
        (found,) = [flow for flow in self.result["flows"] if flow["name"] == name]
        return found

    def seen(self, node: str, *fields: str, display_filter: str = "") -> list[Row]:
        capture = self.folder / "captures" / f"{node}.pcapng"
        return rows(capture, *fields, display_filter=display_filter)

    def octets(self, node: str, display_filter: str) -> list[bytes]:
        """The frames at ``node`` that the filter lets through, from their IPv6 header on."""
        return frames(self.folder / "captures" / f"{node}.pcapng", display_filter)

    def printed(self, node: str) -> str:
        return (self.folder / "logs" / f"{node}.commands.log").read_text()

    def complaints(self) -> list[Row]:
        """What tshark finds wrong, in any packet anywhere."""
        wrong = f"_ws.malformed || _ws.expert.severity >= {_ERROR}"
        fields = ("frame.number", "_ws.expert.message")
        return rows(self.capture, *fields, display_filter=wrong)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        lines = (self.folder / "events.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def named(self, event: str, **details: Any) -> list[dict[str, Any]]:
        wanted = {"event": event, **details}
        return [each for each in self.events if wanted.items() <= each.items()]

    def said(self, node: str) -> list[Said]:
        """The messages of the Mobility Header that crossed any interface of ``node``."""
        found = self.seen(node, *_FIELDS, display_filter="mipv6")
        return [
            Said(KINDS[row["mip6.mhtype"][0]], row["ipv6.src"][-1], row["ipv6.dst"][-1], row)
            for row in found
        ]


def frames(capture: Path, display_filter: str) -> list[bytes]:
    """The frames of a capture that the filter lets through, from their IPv6 header on."""
    words = ["tshark", "-r", str(capture), "-Y", display_filter, "-T", "jsonraw", "-j", "frame"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    found = (each["_source"]["layers"] for each in json.loads(done.stdout))
    return [bytes.fromhex(each["frame_raw"][0])[14:] for each in found]


def play(place: Path, topology: str, scenario: str = "") -> Played:
    """Run a shelved topology, with another scenario or its own."""
    file, folder = place / "scenario.yaml", place / "run"
    file.write_text(scenario)
    given = ("--scenario", file) if scenario else ()
    words = ("run", TOPOLOGIES / topology, *given, "--out", folder, "--json")
    result = held(*runs.call(*words))
    network = load(TOPOLOGIES / topology, scenario=file if scenario else None)
    return Played(folder, network, result)
