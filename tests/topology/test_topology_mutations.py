"""However a topology is mangled, it loads or is refused in one line; nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from testbed.protocols.shelf import FILE, SHELF
from testbed.topology.errors import TopologyError
from testbed.topology.network import Network

Load = Callable[..., Network]

SEEDS = 400
SCRAPS = [
    "null", "[]", "{}", "-1", "1e400", "true", "''", "mn1", "lma", "wlan1", "::", "2001:db8::/32",
    "[a, b]", "*x", "&x", "!!int a", "0", "10ms", "|", "'", "- ", "é", "\t", "9" * 5000,
]  # fmt: skip


def mangle(text: str, chance: Random) -> str:
    """Return ``text`` with a few words or lines replaced, doubled, moved or taken away."""
    lines = text.split("\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(4)
        if kind == 0:
            words = lines[at].split(" ")
            words[chance.randrange(len(words))] = chance.choice(SCRAPS)
            lines[at] = " ".join(words)
        elif kind == 1:
            lines.insert(chance.randrange(len(lines)), lines[at])
        elif kind == 2:
            del lines[at]
            lines = lines or [""]
        else:
            key, _, _ = lines[at].partition(":")
            lines[at] = f"{key}: {chance.choice(SCRAPS)}"
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["pmipv6", "dmipv6"])
@pytest.mark.parametrize("seed", range(8))
def test_a_mangled_topology_loads_or_is_refused(name: str, seed: int, loads: Load) -> None:
    text = (SHELF / name / FILE).read_text()
    chance = Random(seed)
    refused = 0
    for _ in range(SEEDS // 8):
        mangled = mangle(text, chance)
        try:
            loads(mangled)
        except TopologyError as error:
            refused += 1
            assert "\n" not in str(error)
            assert len(str(error)) < 500
            assert error.file.endswith("topology.yaml")
            assert 0 < error.line <= mangled.count("\n") + 2
    assert refused
