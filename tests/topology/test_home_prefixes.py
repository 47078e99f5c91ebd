"""Home prefixes that a file asks for where its protocol would not heed them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testbed.protocols.shelf import FILE, SHELF
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

WITHOUT = ["mipv6", "dmipv6", "romip"]
SINGLE = "interfaces: {wlan0: {technology: wlan}}"
GIVEN = SINGLE.replace("wlan}", 'wlan, prefixes: ["2001:db8:1:8000::/64"]}')
ASKED = {
    "prefixes": SINGLE + ", prefixes: 2",
    "interfaces.wlan0.prefixes": GIVEN,
}


def asking(protocol: str, key: str) -> tuple[str, int]:
    """Return the topology of ``protocol`` with prefixes for its first mobile, and their line."""
    text = (SHELF / protocol / FILE).read_text(encoding="utf-8")
    changed = text.replace(SINGLE, ASKED[key], 1)
    return changed, changed[: changed.index(ASKED[key])].count("\n") + 1


@pytest.mark.parametrize("key", ASKED)
@pytest.mark.parametrize("protocol", WITHOUT)
def test_prefixes_that_mean_nothing_are_refused(protocol: str, key: str, loads: Load) -> None:
    text, line = asking(protocol, key)
    with pytest.raises(TopologyError) as caught:
        loads(text)
    node = "a" if protocol == "romip" else "mn1"
    said = f"a mobile has no home prefix of its own under {protocol}: leave this out"
    assert str(caught.value).endswith(f"topology.yaml:{line}: nodes.{node}.{key}: {said}")


def test_a_file_of_another_protocol_is_played_without_them(loads: Load) -> None:
    text, _ = asking("pmipv6", "interfaces.wlan0.prefixes")
    for protocol in ("pmipv6", "mipv6", "dmipv6"):
        assert loads(text, protocol=protocol).nodes["mn1"].address.startswith("2001:db8:1:8000:")
