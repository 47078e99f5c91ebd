"""The capture reader against files that Wireshark's tools wrote, and files that are damaged."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from capture_files import block, option, section

from testbed.evidence import pcapng

FRAME = bytes(range(61))  # no multiple of 4, so that blocks are padded
RAW = 101


def interface(name: bytes, *options: bytes, order: str = "<", snap: int = 0) -> bytes:
    body = struct.pack(f"{order}HHI", RAW, 0, snap)
    return block(1, body + option(2, name, order) + b"".join(options), order)


def packet(index: int, ticks: int, frame: bytes = FRAME, order: str = "<") -> bytes:
    head = struct.pack(
        f"{order}IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)
    )
    return block(6, head + frame, order)


@pytest.mark.parametrize("order", ["<", ">"])
def test_interfaces_have_their_names_and_clocks(order: str) -> None:
    data = (
        section(order)
        + interface(b"mag1:eth0", order=order)
        + interface(b"mag1:wlan0\0", option(9, b"\x09", order), order=order)
        + interface(b"binary", option(9, b"\x90", order), order=order)
        + interface(b"late", option(14, struct.pack(f"{order}q", 100), order), order=order)
        + block(5, bytes(12), order)  # statistics
        + packet(0, 1_700_000_000_250_000, order=order)
        + packet(1, 1_700_000_000_250_000_000, order=order)
        + packet(2, 1_700_000_000 * 65536 + 16384, order=order)
        + packet(3, 1_699_999_900_250_000, order=order)
    )
    assert list(pcapng.read_octets(data)) == [
        (1_700_000_000.25, name, RAW, FRAME)
        for name in ("mag1:eth0", "mag1:wlan0", "binary", "late")
    ]


def test_a_new_section_starts_afresh() -> None:
    data = section("<") + interface(b"a") + packet(0, 1_000_000)
    data += section(">") + interface(b"b", order=">") + packet(0, 2_000_000, order=">")
    assert [frame[:2] for frame in pcapng.read_octets(data)] == [(1.0, "a"), (2.0, "b")]


def test_simple_packets_have_no_time() -> None:
    body = struct.pack("<I", 61) + FRAME[:40]
    data = section() + interface(b"a", snap=40) + block(3, body)
    assert list(pcapng.read_octets(data)) == [(0.0, "a", RAW, FRAME[:40])]


@pytest.mark.parametrize("form", ["pcapng", "pcap", "nsecpcap"])
def test_what_editcap_writes(tmp_path: Path, form: str) -> None:
    plain, written = tmp_path / "plain.pcap", tmp_path / "written"
    header = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW)
    plain.write_bytes(header + struct.pack(">IIII", 1000, 250_000, 61, 61) + FRAME)
    subprocess.run(["editcap", "-F", form, plain, written], check=True, timeout=30)
    assert list(pcapng.read(written)) == [(1000.25, "", RAW, FRAME)]


def test_what_mergecap_writes_keeps_the_names(tmp_path: Path) -> None:
    files = []
    for number, name in enumerate((b"mn1:eth0", b"mag1:wlan0")):
        files.append(tmp_path / f"{number}.pcapng")
        files[-1].write_bytes(section() + interface(name) + packet(0, 1_000_000 * (2 - number)))
    merged = tmp_path / "merged.pcapng"
    subprocess.run(["mergecap", "-w", merged, *files], check=True, timeout=30)
    assert [frame[:2] for frame in pcapng.read(merged)] == [(1.0, "mag1:wlan0"), (2.0, "mn1:eth0")]


WHOLE = section() + interface(b"a") + packet(0, 1) + packet(0, 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 octets are no capture"),
        (b"PK" + bytes(40), "neither pcap nor pcapng, it starts with 504b0000"),
        (section()[:8] + bytes(20), "no byte-order magic"),
        (WHOLE[:-1], "block of 96 octets at octet .*: the file is cut off"),
        (WHOLE[: -len(packet(0, 2)) + 5], "cut off in a block header"),
        (section() + packet(0, 1), "bad packet block"),
        (section() + interface(b"a") + packet(1, 1), "bad packet block"),
        (section() + block(1, b""), "block of 12 octets at octet .*: the file is damaged"),
        (section() + block(3, bytes(8)), "before the first interface"),
    ],
)
def test_damage_is_told_with_its_place(data: bytes, reason: str) -> None:
    with pytest.raises(pcapng.CaptureError, match=reason):
        list(pcapng.read_octets(data, "file"))


def test_every_cut_file_gives_what_came_before_or_an_error() -> None:
    boundaries = {len(section()), len(WHOLE) - 2 * 96, len(WHOLE) - 96}
    for length in range(len(WHOLE)):
        frames, failed = [], False
        try:
            for frame in pcapng.read_octets(WHOLE[:length]):
                frames.append(frame)
        except pcapng.CaptureError:
            failed = True
        assert failed is (length not in boundaries)
        assert len(frames) == (length >= len(WHOLE) - 96)


def test_any_changed_octet_is_read_or_an_error() -> None:
    for at in range(len(WHOLE)):
        for value in (0, 1, 127, 255):
            data = WHOLE[:at] + bytes((value,)) + WHOLE[at + 1 :]
            try:
                list(pcapng.read_octets(data))
            except pcapng.CaptureError as error:
                assert "capture: " in str(error)
