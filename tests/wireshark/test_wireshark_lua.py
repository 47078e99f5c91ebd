"""The plugin in versions of Lua that other Wiresharks have: 5.4 since Wireshark 4.4."""

from __future__ import annotations

import ipaddress
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from dissected import Pairs, rows, trees, write_capture
from test_vectors import VECTORS

INTERPRETERS = [name for name in ("lua5.1", "lua5.3", "lua5.4") if shutil.which(name)]
PAYLOADS = {
    vector.number: (vector.octets[6], vector.octets[40:])
    for vector in VECTORS
    if vector.octets[6] in (58, 135) and vector.number != 36
}
BIT = re.compile(r"^dmm\.\w+\.flags\.\w+$")
NO_ADDRESS = re.compile(r"\b[0-9a-f]{32}\b")


def said(interpreter: str, plugin: Path) -> list[tuple[str, list[str]]]:
    """Return of each payload what the Info column says, and the fields in their order."""
    words = [f"{protocol}:{octets.hex()}" for protocol, octets in PAYLOADS.values()]
    script = Path(__file__).with_name("stand_in.lua")
    command = [interpreter, str(script), str(plugin), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    lines = [line.partition("\t") for line in done.stdout.splitlines()]
    return [(_with_addresses(info), _without_bits(names)) for info, _, names in lines]


def _with_addresses(text: str) -> str:
    return NO_ADDRESS.sub(lambda digits: str(ipaddress.IPv6Address(bytes.fromhex(digits[0]))), text)


def _without_bits(names: str) -> list[str]:
    """Return ``names`` without the bits of flags, and without notes."""
    return [name for name in names.split() if name[0] != "!" and not BIT.match(name)]


def in_order(tree: Pairs) -> list[str]:
    """Return the names of the fields below ``tree``, without the bits of flags."""
    names = []
    for name, value in tree:
        if name.endswith("_tree") or name == "dmm.checksum_correct":  # needs IPv6's fields
            continue
        names.append(name)
        if isinstance(value, list):
            names += in_order(value)
    return names


@pytest.mark.skipif(not INTERPRETERS, reason="no lua5.1, lua5.3 or lua5.4 here")
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_the_plugin_says_the_same_in_each_lua(
    interpreter: str, plugin: Path, tmp_path: Path
) -> None:
    whole = [vector.octets for vector in VECTORS if vector.number in PAYLOADS]
    capture = write_capture(tmp_path / "whole.pcap", whole)
    columns = rows(plugin, capture, "frame", "_ws.col.Info")
    shown = zip(said(interpreter, plugin), columns, trees(plugin, capture), strict=True)
    for (info, names), column, layers in shown:
        here = [value for name, value in layers if name == "dmm"]
        if here:
            assert [info] == column
            assert names == in_order(here[-1])
        else:
            assert not info
