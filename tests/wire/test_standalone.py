"""The codec stands on the standard library, and on the small part of it that needs no system."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
before = set(sys.modules)
import agents.wire.packet, agents.wire.describe, agents.wire.return_routability
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_the_codec_imports_little() -> None:
    command = [sys.executable, "-c", PROGRAM]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    imported = set(output.split())
    assert "agents" in imported
    assert not imported & {"asyncio", "random", "scapy", "socket", "testbed", "pyroute2"}
    assert {name for name in imported if not name.startswith("_")} - sys.stdlib_module_names == {
        "agents"
    }
