"""On this kernel topologies hold what they expect, and Wireshark dissects every message of theirs.

Two are run at a time, as they mostly wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import emulated_runs as runs
import pytest
from dissected import rows
from verdict import held

from testbed.protocols.shelf import FILE, SHELF
from testbed.wireshark.plugin import plugin as source

pytestmark = pytest.mark.root

MANY = "pmipv6-many"
PAIRS = [
    ("pmipv6", "spmip"),
    (MANY, "sdpmip"),
    ("mipv6", "mipv6-ro"),
    ("dmipv6", "comparison --protocol pmipv6"),
    ("comparison --protocol spmip", "comparison --protocol sdpmip"),
    ("comparison --protocol mipv6", "comparison --protocol dmipv6"),
    ("romip", "comparison --protocol romip"),
    ("flow-binding", "comparison --protocol flowbinding"),
]
WRONG = (
    "_ws.malformed || dmm.malformed || dmm.undissected || dmm.checksum_wrong || "
    '_ws.expert.group == "Malformed" || _ws.expert.group == "Undecoded"'
)
SIGNALLING = "mipv6 || dmm || (icmpv6.type >= 160 && icmpv6.type <= 167)"
PROXIED = {"ProxyBindingUpdate", "ProxyBindingAcknowledgement"}
QUERIED = {"ProxyBindingQuery", "ProxyQueryAcknowledgement"}
MESSAGES = {
    "dmipv6": {"DhoaRequest", "DhoaResponse", "MulticastDhpAcknowledgement", "BindingUpdate"},
    "flow-binding": {"GenericSignalingRequest", "GenericSignalingAcknowledgement", *PROXIED},
    "mipv6": {"BindingUpdate", "BindingAcknowledgement"},
    "mipv6-ro": {"HomeTestInit", "HomeTest", "CareOfTestInit", "CareOfTest", "BindingUpdate"},
    "pmipv6": PROXIED,
    MANY: PROXIED,
    "romip": {"RouterSolicitation", "RouterAdvertisement", "sDBU", "dDBU", "sDBA", "dDBA"},
    "sdpmip": QUERIED,
    "spmip": {"ProxyBindingUpdate", *QUERIED},
}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plugin") / "dmm-testbed.lua"
    file.write_text(source(), encoding="utf-8")
    return file


def test_every_topology_is_run() -> None:
    names = {words.split()[0] for pair in PAIRS for words in pair}
    assert names == {file.parent.name for file in SHELF.glob("*/topology.yaml")}


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_they_hold_and_every_message_is_dissected(
    pair: Sequence[str], plugin: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / words.replace(" ", "") for words in pair]
    running = [
        runs.start("run", *_shortened(words, tmp_path), "--out", folder, "--json")
        for words, folder in zip(pair, folders, strict=True)
    ]
    for ended in [runs.finish(process) for process in running]:
        held(*ended)
    for words, folder in zip(pair, folders, strict=True):
        _dissected(plugin, folder / "capture.pcapng", MESSAGES.get(words, set()))


def _shortened(words: str, place: Path) -> Sequence[str]:
    """Return what to run: of the topology with forty mobiles, two rounds of their moves."""
    if words != MANY:
        return words.split()
    text = (SHELF / MANY / FILE).read_text()
    for long, short in (("until: 17s", "until: 7s"), ("at: 19s", "at: 9s")):
        assert long in text
        text = text.replace(long, short)
    file = place / FILE
    file.write_text(text)
    return [str(file)]


def _dissected(plugin: Path, capture: Path, expected: set[str]) -> None:
    assert not rows(plugin, capture, WRONG, "frame.number", "_ws.expert.message")
    found = Counter(row[0] for row in rows(plugin, capture, SIGNALLING, "dmm.message"))
    assert "" not in found
    assert {name.partition(",")[0] for name in found} >= expected
