"""`dmm-testbed trace` on a capture, with tshark to say which frames hold the packet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from capture_files import interface, packet, section, shown
from click.testing import CliRunner
from evidence_frames import binding, ethernet, ipv6, stamped, tcp, timestamps, udp
from evidence_world import CN, HOME_ADDRESS, LMA, MAG1, TCP, UDP, build

from agents.wire.messages import BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from testbed.cli import group
from testbed.evidence.folders import write_topology

PATH = ("cn-eth0", "lma-eth0", "lma-eth1", "core-eth0", "core-eth1", "mag1-eth0", "mag1-eth1")
DOWN = (*PATH, "mn1-eth0")
NETWORK = build(UDP, TCP)
MACS = {i.name: i.mac for node in NETWORK.nodes.values() for i in node.interfaces}
UPDATE = BindingUpdate(7, 0x8200, 75, (MobileNodeIdentifier(1, b"mn1@example"),))


def datagram(sequence: int, downward: bool) -> bytes:
    ends = (CN, HOME_ADDRESS) if downward else (HOME_ADDRESS, CN)
    return ipv6(*ends, 17, udp(40000, 5001, stamped(sequence, downward)))


def crossing(
    at: float, plain: bytes, path: tuple[str, ...], inside: tuple[str, ...] = PATH[2:6]
) -> list[tuple[float, str, bytes]]:
    """The frames of a packet that is tunnelled between lma-eth1 and mag1-eth0, 1 ms per link."""
    seen = []
    for index, name in enumerate(path):
        octets = ipv6(LMA, MAG1, 41, plain) if name in inside else plain
        mac = MACS[name] if index % 2 == 0 else "02:00:00:00:00:99"
        seen.append((at + 0.001 * ((index + 1) // 2), name, ethernet(mac, octets)))
    return seen


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five datagrams down, of which the third is lost in the tunnel, one up, and the rest."""
    folder = tmp_path_factory.mktemp("run")
    frames = [
        each
        for number in range(5)
        for each in crossing(
            1 + number / 1000, datagram(number, True), DOWN[:5] if number == 2 else DOWN
        )
    ]
    frames += crossing(2.0, datagram(0, False), DOWN[::-1])
    frames += crossing(2.5, ipv6(CN, HOME_ADDRESS, 6, tcp(9, 5201, 7, b"", timestamps(1))), DOWN)
    frames += crossing(3.0, binding(UPDATE, MAG1, LMA), ("mag1-eth0", "core-eth1"), ())
    frames.append((4.0, "cn-eth0", ethernet(MACS["cn-eth0"], ipv6(CN, LMA, 59, b""))))
    names = sorted(MACS)
    (folder / "capture.pcapng").write_bytes(
        section()
        + b"".join(interface(f"{name.partition('-')[0]}:{name}") for name in names)
        + b"".join(
            packet(names.index(name), at, frame)
            for at, name, frame in sorted(frames, key=lambda each: each[0])
        )
    )
    write_topology(folder / "topology.yaml", NETWORK)
    (folder / "events.jsonl").write_text('{"at": 1, "monotonic": 1, "node": "", "event": "ready"}')
    (folder / "result.json").write_text('{"backend": "emulated", "signalling": []}')
    return folder


def trace(run: Path, *words: object) -> tuple[int, str]:
    done = CliRunner().invoke(group, ["trace", str(run), *map(str, words)])
    return done.exit_code, done.output


def traced(run: Path, *words: object) -> list[dict]:
    status, output = trace(run, *words, "--json")
    assert status == 0, output
    return json.loads(output)


def frames_of(run: Path, sequence: int, source: str = CN) -> list[int]:
    """In which frames tshark sees the datagram with this number, tunnelled or not."""
    number = sequence.to_bytes(8, "big").hex()
    rows = shown(run / "capture.pcapng", "frame.number", "udp.payload", "ipv6.src")
    return [
        int(row[0])
        for row in rows
        if row[1][16:32] == number and row[2].split("|")[-1].split(",")[-1] == source
    ]


@pytest.mark.parametrize("sequence", [0, 2, 4])
def test_a_packet_is_in_the_frames_in_which_wireshark_sees_it(run: Path, sequence: int) -> None:
    (found,) = traced(run, "--flow", "voice", "--packet", sequence + 1)
    assert found["sequence"] == sequence
    assert [hop["frame"] for hop in found["hops"]] == frames_of(run, sequence)
    assert found["arrived"] is (sequence != 2)


def test_the_hops_are_told_with_their_times_and_tunnels(run: Path) -> None:
    status, output = trace(run, "--flow", "voice", "--sequence", 0)
    assert status == 0
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "packet 1 (sequence number 0): arrived after 4.000 ms over 4 links" in lines
    assert "1 0.000000 cn:cn-eth0 out cn > mn1" in lines
    assert any(
        line.endswith("0.001000 0.000 lma:lma-eth1 out lma > mag1 | cn > mn1") for line in lines
    )
    assert f"In Wireshark: frame.number in {{{', '.join(map(str, frames_of(run, 0)))}}}" in lines


def test_a_lost_packet_shows_where_it_was_seen_last(run: Path) -> None:
    (found,) = traced(run, "--flow", "voice", "--lost")
    assert (found["packet"], found["delay"]) == (3, None)
    last = frames_of(run, 2)[-1]
    where = f"core:core-eth1 at 0.004000 s, frame {last}"
    assert found["outcome"] == f"lost on core-mag1: last seen when it left {where}"


def test_directions_and_the_slowest(run: Path) -> None:
    (up,) = traced(run, "--flow", "voice", "--direction", "up", "--packet", 1)
    assert [hop["interface"] for hop in up["hops"]] == [*DOWN[::-1]]
    slowest = traced(run, "--flow", "voice", "--delayed", "--most", 2)
    assert [each["packet"] for each in slowest] == [1, 2]


def test_a_frame_chooses_the_packet_that_it_shows(run: Path) -> None:
    for frame in frames_of(run, 4):
        (found,) = traced(run, "--frame", frame)
        assert (found["name"], found["sequence"]) == ("voice", 4)


def test_messages_are_followed_like_packets(run: Path) -> None:
    (found,) = traced(run, "--message", "ProxyBindingUpdate", "--packet", 1)
    assert [hop["layers"] for hop in found["hops"]] == [["mag1 > lma"]] * 2
    frame = found["hops"][0]["frame"]
    assert shown(run / "capture.pcapng", "frame.number", "mip6.mhtype")[frame - 1][1] == "5"
    assert traced(run, "--frame", frame) == [found]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--flow voice", "choose packets by one of --packet, --sequence, --frame"),
        ("--flow voice --packet 1 --lost", "--packet and --lost at once"),
        ("--packet 1", "which flow? --flow is one of voice, web"),
        ("--flow video --packet 1", "no flow video: the run has voice, web"),
        ("--flow voice --packet 6", "flow voice, down: has 5 packets, no number 6"),
        ("--flow voice --packet 0", "--packet"),
        ("--flow voice --sequence 9", "no packet with sequence number 9 was seen; they go from 0"),
        ("--flow web --packet 1", "flow web has no packets up"),
        ("--flow voice --message X --packet 1", "--flow and --message at once"),
        ("--message X --packet 1", "no message X: the run has ProxyBindingUpdate"),
        ("--message X --direction up --lost", "--direction is of a flow"),
        ("--frame 5 --flow voice", "leave --flow out"),
        ("--frame 9999", "frame 9999 shows no packet of a flow, and no signalling"),
    ],
)
def test_mistakes_are_one_line_and_exit_status_two(run: Path, words: str, said: str) -> None:
    status, output = trace(run, *words.split())
    assert status == 2
    assert said in output
    assert len(output.splitlines()) == 1


def test_a_frame_without_data_cannot_be_followed(run: Path) -> None:
    rows = shown(run / "capture.pcapng", "frame.number", "tcp.len")
    frame = next(number for number, length in rows if length == "0")
    status, output = trace(run, "--frame", frame)
    assert (status, "segment without data" in output) == (2, True)


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    status, output = trace(tmp_path, "--frame", 1)
    assert status == 2
    assert "is this the folder of a run?" in output


def test_a_message_to_a_group_is_one_however_many_hear_it(tmp_path: Path) -> None:
    folder, name = tmp_path / "run", "ProxyBindingQuery"
    done = CliRunner().invoke(group, ["simulate", "sdpmip", "--out", str(folder)])
    assert done.exit_code == 0, done.output
    signalling = json.loads((folder / "result.json").read_text())["signalling"]
    (sent,) = (each["count"] for each in signalling if each["message"] == name)
    status, output = trace(folder, "--message", name, "--packet", 1)
    assert (status, f"message {name}: 1 of {sent} packets" in output) == (0, True)
    (found,) = traced(folder, "--message", name, "--packet", 1)
    came_in = [hop for hop in found["hops"] if hop["way"] == "in"]
    assert len({hop["node"] for hop in came_in}) > 2
    lasted = max(hop["at"] for hop in came_in) - found["hops"][0]["at"]
    assert found["delay"] == pytest.approx(lasted, abs=2e-6)


def test_a_simulated_run_is_followed_without_frames(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    done = CliRunner().invoke(group, ["simulate", "pmipv6", "--out", str(folder)])
    assert done.exit_code == 0, done.output
    flow = json.loads((folder / "result.json").read_text())["flows"][0]["name"]
    (found,) = traced(folder, "--flow", flow, "--packet", 5)
    assert {hop["frame"] for hop in found["hops"]} == {None}
    status, output = trace(folder, "--frame", 3)
    assert (status, "a simulated run has no capture" in output) == (2, True)


@pytest.mark.parametrize(
    ("topology", "flow", "last"),
    [
        ("romip", "talk", ["c > a"]),
        ("dmipv6", "call", ["dhp11 > mn1", "cn1 > mn1"]),
        ("mipv6", "voip", ["ha > mn1", "cn > mn1"]),
    ],
)
def test_addresses_that_mobiles_got_in_the_run_are_called_by_their_names(
    tmp_path: Path, topology: str, flow: str, last: list[str]
) -> None:
    folder = tmp_path / topology
    done = CliRunner().invoke(group, ["simulate", topology, "--out", str(folder)])
    assert done.exit_code == 0, done.output
    (found,) = traced(folder, "--flow", flow, "--direction", "down", "--packet", 400)
    assert found["arrived"]
    assert found["hops"][-1]["layers"] == last
