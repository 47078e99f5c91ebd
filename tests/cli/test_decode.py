"""`dmm-testbed decode`: from hexadecimal, from captures of every kind, and what it refuses."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from testbed.cli import group

VECTORS = [
    line.split("\t")
    for line in (Path(__file__).parents[1] / "wire" / "vectors.tsv").read_text().splitlines()
]
PACKETS = [bytes.fromhex(fields[3]) for fields in VECTORS]
PBU = next(packet for packet, fields in zip(PACKETS, VECTORS, strict=True) if fields[0] == "11")
LITERAL_2009 = 36  # an option whose length is in other units: rightly no message
ETHERNET = bytes(12) + b"\x86\xdd"


def run(*arguments: str, status: int = 0, stdin: bytes | None = None) -> str:
    result = CliRunner().invoke(group, ["decode", *arguments], input=stdin)
    assert result.exit_code == status, result.output
    return result.output


def run_json(*arguments: str, stdin: bytes | None = None) -> list[dict[str, Any]]:
    decoded: list[dict[str, Any]] = json.loads(run("--json", *arguments, stdin=stdin))
    return decoded


def classic(frames: list[bytes], link_type: int, order: str = "<", nano: bool = False) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for at, frame in enumerate(frames):
        fraction = 250_000_000 if nano else 250_000
        out += struct.pack(f"{order}IIII", 1000 + at, fraction, len(frame), len(frame)) + frame
    return out


def test_a_packet_in_words() -> None:
    text = run(PBU.hex())
    for line in (
        "IPv6 2001:db8:f::a1 -> 2001:db8:f::1, hop limit 64",
        "Proxy Binding Update (RFC 6275 §6.1.7, RFC 5213 §8.1)",
        "checksum: correct",
        "flags: ACKNOWLEDGE | PROXY (0x8200)",
        "lifetime: 75 (300 s)",
        "identifier: mn1@example.com",
        "value: ATTACHMENT_OVER_NEW_INTERFACE (1)",
        "re-encodes to the same octets",
    ):
        assert line in text


def test_a_bare_header_and_other_ways_to_write_hexadecimal() -> None:
    (bare,) = run_json(PBU[40:].hex(":"))
    (whole,) = run_json("0x" + PBU.hex(" "))
    assert bare["message"] == whole["message"] == "ProxyBindingUpdate"
    assert bare["packet"] == whole["packet"]["payload"]
    assert bare["roundtrip"] and whole["roundtrip"]
    assert bare["checksum"].startswith("unchecked")
    assert whole["checksum"] == "correct"


def test_a_wrong_checksum_is_said() -> None:
    (decoded,) = run_json((PBU[:-1] + b"\1").hex())
    assert decoded["checksum"] == "wrong: 0xc9d4"
    assert decoded["roundtrip"] is True


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (PBU[:60], "in 60"),
        (b"\x45" + bytes(40), "neither IPv6"),
        (PBU[40:50], "104 octets in 10"),
    ],
)
def test_why_it_is_no_message(octets: bytes, reason: str) -> None:
    (decoded,) = run_json(octets.hex())
    assert reason in decoded["error"]
    assert decoded["roundtrip"] is False
    assert decoded["message"] is None
    assert f"not decoded: {decoded['error']}" in run(octets.hex())


@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_vector_comes_back_from_a_capture(tmp_path: Path, order: str, nano: bool) -> None:
    file = tmp_path / "vectors.pcap"
    file.write_bytes(classic(PACKETS, 101, order, nano))
    decoded = run_json(str(file))
    assert len(decoded) == len(PACKETS)
    for packet, fields, octets in zip(decoded, VECTORS, PACKETS, strict=True):
        assert packet["roundtrip"] is (int(fields[0]) != LITERAL_2009), fields[1]
        assert packet["checksum"] in ("correct", None)
        assert (packet["error"] or "").startswith("option 3") or packet["length"] == len(octets)
    assert [packet["time"] for packet in decoded[:2]] == [1000.25, 1001.25]


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, ETHERNET),
        (1, bytes(12) + b"\x81\x00\x00\x07\x86\xdd"),
        (12, b""),
        (101, b""),
        (229, b""),
        (113, bytes(14) + b"\x86\xdd"),
        (276, b"\x86\xdd" + bytes(18)),
    ],
)
def test_link_types(tmp_path: Path, link_type: int, header: bytes) -> None:
    file = tmp_path / "capture.pcap"
    file.write_bytes(classic([header + PBU + bytes(3)], link_type))
    (decoded,) = run_json(str(file))
    assert (decoded["message"], decoded["roundtrip"]) == ("ProxyBindingUpdate", True)


def test_what_is_not_ipv6_is_said_and_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcap"
    file.write_bytes(classic([bytes(12) + b"\x08\x06" + bytes(28), ETHERNET + PBU], 1))
    arp, update = run_json(str(file))
    assert "ethertype 0x0806" in arp["error"]
    assert update["message"] == "ProxyBindingUpdate"


def test_a_packet_that_the_capture_cut_is_said_to_be_cut(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcap"
    file.write_bytes(classic([ETHERNET + PBU[:-8], ETHERNET + PBU], 1))
    cut, whole = run_json(str(file))
    assert cut["error"] == f"captured are {len(PBU) - 8} of its {len(PBU)} octets (run --snaplen)"
    assert (cut["roundtrip"], whole["roundtrip"]) == (False, True)


def test_pcapng_with_its_interface(tmp_path: Path) -> None:
    plain, file = tmp_path / "a.pcap", tmp_path / "a.pcapng"
    plain.write_bytes(classic([PBU], 101))
    subprocess.run(["editcap", "-F", "pcapng", plain, file], check=True, timeout=30)
    (decoded,) = run_json(str(file))
    assert (decoded["message"], decoded["time"]) == ("ProxyBindingUpdate", 1000.25)
    assert run_json("-", stdin=file.read_bytes()) == [decoded]


def test_hexadecimal_from_standard_input_is_a_packet_a_line() -> None:
    lines = b"\n".join(packet.hex().encode() for packet in PACKETS[:4])
    names = [packet["message"] for packet in run_json("-", stdin=lines)]
    assert names == ["BindingRefreshRequest", "HomeTestInit", "CareOfTestInit", "HomeTest"]


@pytest.mark.parametrize(
    ("argument", "stdin", "reason"),
    [
        ("no-such-file.pcap", None, "no such file"),
        ("3b0", None, "odd number"),
        ("-", b"", "no packet"),
        ("-", b"\x0a\x0d\x0d\x0a", "4 octets are no capture"),
        ("/", None, "/ is a folder: name a capture"),
        ("3b" * 5000 + "x", None, "'x' is no digit"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    argument: str, stdin: bytes | None, reason: str
) -> None:
    text = run(argument, status=2, stdin=stdin)
    assert reason in text
    assert text.count("\n") == 1


def test_a_capture_that_is_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    file = tmp_path / "cut.pcap"
    file.write_bytes(classic([PBU, PBU], 101)[:-1])
    text = run(str(file), status=2)
    assert text.count("Proxy Binding Update") == 1
    assert "cut off in a packet of 144 octets" in text
