"""Not one message of a run of any topology is left undissected, or is malformed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from dissected import rows
from emulated_runs import call

TOPOLOGIES = sorted(
    file.parent.name for file in (Path(__file__).parents[2] / "topologies").glob("*/topology.yaml")
)
WRONG = (
    "_ws.malformed || dmm.malformed || dmm.undissected || dmm.checksum_wrong || "
    '_ws.expert.group == "Malformed" || _ws.expert.group == "Undecoded"'
)
MESSAGES = {
    "dmipv6": {"DhoaRequest", "DhoaResponse", "MulticastDhpAcknowledgement", "BindingUpdate"},
    "flow-binding": {"GenericSignalingRequest", "GenericSignalingAcknowledgement"},
    "mipv6": {"BindingUpdate", "BindingAcknowledgement"},
    "mipv6-ro": {"HomeTestInit", "HomeTest", "CareOfTestInit", "CareOfTest", "BindingUpdate"},
    "romip": {"RouterSolicitation", "RouterAdvertisement", "sDBU", "dDBU", "sDBA", "dDBA"},
    "sdpmip": {"ProxyBindingQuery", "ProxyQueryAcknowledgement"},
    "spmip": {"ProxyBindingUpdate", "ProxyBindingQuery", "ProxyQueryAcknowledgement"},
}
EXPECTATION_FAILED = 1
"""On a machine that is too busy: the packets are there all the same."""

PROXIED = {"ProxyBindingUpdate", "ProxyBindingAcknowledgement"}


@pytest.mark.root
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_every_message_of_a_run_is_dissected(topology: str, plugin: Path, tmp_path: Path) -> None:
    status, _, said = call("run", topology, "--out", tmp_path / "run")
    assert status in (0, EXPECTATION_FAILED), said
    capture = tmp_path / "run" / "capture.pcapng"
    assert not rows(plugin, capture, WRONG, "frame.number", "_ws.expert.message")
    signalling = "mipv6 || dmm || (icmpv6.type >= 160 && icmpv6.type <= 167)"
    names = Counter(row[0] for row in rows(plugin, capture, signalling, "dmm.message"))
    assert "" not in names
    assert {name.partition(",")[0] for name in names} >= MESSAGES.get(topology, PROXIED)
