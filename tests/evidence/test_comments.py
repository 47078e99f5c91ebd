"""Comments written into captures, as Wireshark's own tools read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from capture_files import block, interface, of_file, option, packet, section, shown
from evidence_frames import ethernet, ipv6, udp

from testbed.evidence import pcapng
from testbed.evidence.blocks import CaptureError
from testbed.evidence.comments.writing import Comments, write_comments

MAC = "02:00:00:00:00:01"
STATISTICS = block(5, bytes(12))
NOBODY = Comments("", {}, {}, ())


def frame(number: int, size: int = 0) -> bytes:
    body = udp(1000 + number, 9, bytes(size or number))
    return ethernet(MAC, ipv6("2001:db8::1", "2001:db8::2", 17, body))


def capture(file: Path, count: int = 5, order: str = "<") -> Path:
    """Packets of different lengths, a nanosecond above each second, at two interfaces."""
    names = ("mag1:mag1-eth0", "mn1:mn1-eth0")
    file.write_bytes(
        section(order)
        + b"".join(interface(name, order=order) for name in names)
        + b"".join(
            packet(number % 2, number + 1e-9, frame(number), order=order)
            for number in range(1, count + 1)
        )
        + (STATISTICS if order == "<" else b"")
    )
    return file


@pytest.mark.parametrize("order", ["<", ">"])
def test_comments_stand_where_they_belong_and_nothing_else_changes(
    tmp_path: Path, order: str
) -> None:
    file = capture(tmp_path / "capture.pcapng", order=order)
    before = shown(file, "frame.time_epoch", "frame.len", "frame.interface_name", "udp.srcport")
    packets = list(pcapng.read(file))
    frames = {2: ["fig1 step 3: query", "about mn1"], 4: ["Grüße"]}
    times = [(0.5, "ready"), (3.5, "route installed"), (4.0, "link up"), (9.0, "finished")]
    write_comments(file, Comments("the run", {"mn1:mn1-eth0": "mobile mn1"}, frames, times))

    after = shown(file, "frame.time_epoch", "frame.len", "frame.interface_name", "udp.srcport")
    assert after == before
    assert list(pcapng.read(file)) == packets
    assert shown(file, "frame.number", "frame.comment") == [
        ["1", "ready"],
        ["2", "fig1 step 3: query|about mn1"],
        ["3", ""],
        ["4", "route installed|link up|Grüße"],
        ["5", "finished"],
    ]
    assert shown(file, "frame.interface_description")[:2] == [["mobile mn1"], [""]]
    assert "the run" in of_file(file, "-k")
    assert before[0][0].startswith("1.000000001")


def test_options_and_comments_that_are_there_stay(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    flags = option(2, b"\x01\0\0\0")
    mine = option(1, b"mine")
    file.write_bytes(
        section(length=4096)
        + interface("a:eth0")
        + packet(0, 1, frame(3), options=mine + flags + option(0, b""))
    )
    write_comments(file, NOBODY._replace(frames={1: ["ours"]}))
    assert shown(file, "frame.comment", "frame.packet_flags_direction") == [
        ["ours|mine", "0x00000001"]
    ]


def test_each_section_numbers_its_interfaces_anew(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    file.write_bytes(
        section()
        + interface("a:eth0")
        + packet(0, 1, frame(1))
        + section(">")
        + interface("b:eth0", order=">")
        + packet(0, 2, frame(2), order=">")
    )
    write_comments(file, NOBODY._replace(times=[(1.5, "between")], frames={1: ["first"]}))
    assert shown(file, "frame.comment") == [["first"], ["between"]]
    assert [name for _, name, *_ in pcapng.read(file)] == ["a:eth0", "b:eth0"]


def test_of_a_flood_between_two_packets_the_number_is_told(tmp_path: Path) -> None:
    file = capture(tmp_path / "capture.pcapng", 2)
    times = [(1.5, f"dropped {number}") for number in range(100)]
    write_comments(file, NOBODY._replace(times=times))
    said = shown(file, "frame.comment")[1][0].split("|")
    assert (said[0], said[29], said[30:]) == ("dropped 0", "dropped 29", ["and 70 more events"])


def test_a_comment_that_is_too_long_is_cut(tmp_path: Path) -> None:
    file = capture(tmp_path / "capture.pcapng", 1)
    write_comments(file, NOBODY._replace(frames={1: ["ü" * 40000]}))
    assert shown(file, "frame.comment") == [["ü" * (0xFFFC // 2)]]


def test_a_capture_that_is_larger_than_a_window(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcapng"
    large = [packet(0, number, frame(number, 60_000)) for number in range(1, 60)]
    file.write_bytes(section() + interface("a:eth0") + b"".join(large))
    write_comments(file, NOBODY._replace(frames={number: ["here"] for number in range(1, 60)}))
    assert shown(file, "udp.srcport", "frame.comment") == [
        [str(1000 + number), "here"] for number in range(1, 60)
    ]


def test_a_damaged_capture_is_left_as_it_was(tmp_path: Path) -> None:
    file = capture(tmp_path / "capture.pcapng")
    octets = file.read_bytes()[:-50]
    file.write_bytes(octets)
    with pytest.raises(CaptureError, match=r"capture\.pcapng: block of \d+ octets at octet"):
        write_comments(file, NOBODY)
    assert file.read_bytes() == octets
    assert [each.name for each in tmp_path.iterdir()] == ["capture.pcapng"]


def test_what_is_no_pcapng_file_gets_no_comments(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcap"
    file.write_bytes(bytes.fromhex("d4c3b2a1") + bytes(40))
    with pytest.raises(CaptureError, match="no pcapng file, it starts with d4c3b2a1"):
        write_comments(file, NOBODY)
