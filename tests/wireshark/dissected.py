"""What tshark with the plugin says of packets, and messages made anew from that alone."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from agents.wire.address import Address, Prefix
from agents.wire.dmipv6_messages import DMIPV6_MESSAGES, DhpRecord
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.icmpv6_messages import ICMPV6_MESSAGES
from agents.wire.layout import Kind, Spec, specs_of
from agents.wire.messages import MOBILITY_MESSAGES
from agents.wire.nd_options import ND_OPTIONS, HomeAddressPair, UnknownNdOption
from agents.wire.options import MOBILITY_OPTIONS
from agents.wire.tlv import UnknownOption
from testbed.wireshark.declarations import key

RAW_IP = 101
PATIENCE = 200

Pairs = list[tuple[str, Any]]
"""A JSON object as tshark writes it: names may come twice, and their order tells."""

CLASSES = {
    key(cls): cls
    for cls in (
        *MOBILITY_MESSAGES,
        *MOBILITY_OPTIONS,
        *FLOW_SUB_OPTIONS,
        *ICMPV6_MESSAGES,
        *DMIPV6_MESSAGES,
        *ND_OPTIONS,
        *(DhpRecord, HomeAddressPair),
    )
}


def write_capture(file: Path, packets: Iterable[bytes]) -> Path:
    """Write IPv6 packets as a capture file."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)
    for number, octets in enumerate(packets):
        data += struct.pack("<IIII", number, 0, len(octets), len(octets)) + octets
    file.write_bytes(data)
    return file


def tshark(plugin: Path, capture: Path, *arguments: str) -> str:
    """Return what tshark prints of ``capture``; what it complains of fails."""
    command = ["tshark", "-X", f"lua_script:{plugin}", "-r", str(capture), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    assert b"Lua" not in done.stderr, done.stderr
    return done.stdout.decode(errors="replace")  # Wireshark prints names as they came


def rows(plugin: Path, capture: Path, wanted: str, *names: str) -> list[list[str]]:
    """Return the fields ``names`` of the packets that the filter ``wanted`` lets through."""
    columns = [argument for name in names for argument in ("-e", name)]
    lines = tshark(plugin, capture, "-Y", wanted, "-T", "fields", *columns).splitlines()
    return [line.split("\t") for line in lines]


def trees(plugin: Path, capture: Path, *arguments: str) -> list[Pairs]:
    """Return the layers of each packet."""
    text = tshark(plugin, capture, "-T", "json", *arguments)
    return [
        dict(dict(packet)["_source"])["layers"]
        for packet in json.loads(text, object_pairs_hook=list)
    ]


def rebuilt(layers: Pairs) -> Any:
    """Return the message in the last tree of the plugin, made from its fields alone."""
    tree = [value for name, value in layers if name == "dmm"][-1]
    found = dict(tree)
    cls = next(name for name, _ in tree if _key(name) in CLASSES)
    header = {"header_reserved": "dmm.header_reserved", "code": "dmm.code"}
    extra = {field: int(found[name], 0) for field, name in header.items() if name in found}
    return _value(_key(cls), found[cls] or [], extra)


def shared(layers: Pairs, name: str) -> list[str]:
    """Return the values of what all messages share, such as ``message``."""
    tree = [value for layer, value in layers if layer == "dmm"][-1]
    return [value for each, value in tree if each == f"dmm.{name}"]


def _key(name: str) -> str:
    return name.removeprefix("dmm.")


def _value(of: str, tree: Pairs, extra: dict[str, int]) -> Any:
    cls, values = CLASSES[of], dict[str, Any](extra)
    specs = _specs(cls)
    below = tuple(_children(tree, cls))
    for name, spec in specs.items():
        told = [value for each, value in tree if each == f"dmm.{of}.{name}"]
        if spec.kind in (Kind.TLVS, Kind.RECORDS):
            values[name] = below
        elif spec.kind is Kind.PREFIX:
            values[name] = _prefix(f"dmm.{of}.{name}", dict(tree))
        elif spec.kind in (Kind.NUMBERS, Kind.ADDRESSES):
            values[name] = tuple(_scalar(spec, each) for each in told)
        else:
            values[name] = _scalar(spec, told[0]) if told else _missing(spec)
            _check_flags(f"dmm.{of}.{name}", spec, values[name], dict(tree))
    present = sum(spec.of for spec in specs.values() if spec.kind is Kind.PRESENT)
    if present:
        values["flags"] &= ~present
    assert set(values) == {field.name for field in fields(cls)}
    return cls(**values)


@cache
def _specs(cls: type) -> dict[str, Spec]:
    return specs_of(cls)


def _children(tree: Pairs, cls: type) -> Iterator[Any]:
    unknown = UnknownNdOption if cls in ICMPV6_MESSAGES else UnknownOption
    for name, value in tree:
        if _key(name) in CLASSES:
            yield _value(_key(name), value, {})
        elif name == "dmm.unknown_option":
            octets = bytes.fromhex(value.replace(":", ""))
            yield unknown(octets[0], octets[2:])


def _prefix(name: str, tree: dict[str, Any]) -> Prefix:
    return Prefix(Address.parse(tree[f"{name}_network"]), int(tree[f"{name}_length"]))


def _missing(spec: Spec) -> Any:
    return None if spec.kind is Kind.PRESENT else b""


def _scalar(spec: Spec, text: str) -> Any:
    if spec.kind is Kind.OCTETS:
        return bytes.fromhex(text.replace(":", ""))
    return Address.parse(text) if ":" in text else int(text, 0)


def _check_flags(name: str, spec: Spec, value: Any, tree: dict[str, Any]) -> None:
    """Each named flag says what the bits say."""
    for flag, told in tree.get(f"{name}_tree", []):
        member = spec.values[flag.rpartition(".")[2].upper()]  # type: ignore[index]
        assert (told in ("1", "True")) == bool(value & member), flag
