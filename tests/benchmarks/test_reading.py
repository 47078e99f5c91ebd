"""Reading a capture of a million packets against scapy, and measuring a long run of mobiles."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from time import process_time

import pytest
import yaml
from benchmark_runs import lowest
from capture_files import interface, packet, section
from evidence_frames import binding, ethernet, ipv6, stamped, udp
from evidence_world import CN, HOME_ADDRESS, LMA, MAG1, PATH1, UDP, build
from scapy.layers.inet6 import IPv6
from scapy.utils import PcapReader

from agents.wire.messages import BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from testbed.evidence.capture import read_capture

pytestmark = pytest.mark.benchmark

PACKETS = 1_000_000
OF_EACH = 8  # interfaces that a datagram crosses, in a tunnel at four of them
PER_MESSAGE = 250  # datagrams
MANY = Path(__file__).parents[2] / "topologies" / "pmipv6-many" / "topology.yaml"
MEASURE = """
import json, resource, sys, time
from pathlib import Path
from testbed.emulated.journal import read_events
from testbed.evidence.capture import read_capture
from testbed.evidence.result import measure, write
from testbed.topology.stored import read_network

run, out = map(Path, sys.argv[1:])
begun = time.process_time()
network = read_network(run / "topology.yaml")
events = read_events([run / "events.jsonl"])
captures = json.loads((run / "manifest.json").read_text())["captures"]
seen = read_capture(run / "capture.pcapng", network)
result = measure(network, seen, events, captures, "emulated")
out.mkdir()
write(result, out)
took = time.process_time() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": took, "megabytes": peak, "handovers": len(result.handovers)}))
"""


def frames() -> Iterable[tuple[int, bytes]]:
    """Datagrams of a call through PMIPv6's tunnel, and now and then a binding."""
    update = BindingUpdate(7, 0x8200, 75, (MobileNodeIdentifier(1, b"mn1@example"),))
    message = ethernet("02:00:00:00:00:99", binding(update, MAG1, LMA))
    for number in range(PACKETS // OF_EACH):
        plain = ipv6(CN, HOME_ADDRESS, 17, udp(40000, 5001, stamped(number, size=160)))
        inside = ipv6(LMA, MAG1, 41, plain)
        for place in range(OF_EACH):
            octets = ethernet("02:00:00:00:00:99", inside if 2 <= place < 6 else plain)
            yield place, octets if number % PER_MESSAGE else message


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("million") / "capture.pcapng"
    names = [*PATH1, "mn1-eth0"]
    with file.open("wb") as target:
        target.write(section() + b"".join(map(interface, names)))
        for number, (place, frame) in enumerate(frames()):
            target.write(packet(place, 1_700_000_000 + number / 50_000, frame))
    return file


@pytest.mark.timeout(900)
def test_a_million_packets_are_read_ten_times_as_fast_as_by_scapy(million: Path) -> None:
    network = build(UDP)
    begun = process_time()
    read = sum(sighting.flow == UDP.name for sighting in read_capture(million, network))
    ours = process_time() - begun
    begun = process_time()
    with PcapReader(str(million)) as reader:
        dissected = sum(IPv6 in each for each in reader)
    theirs = process_time() - begun
    print(f"\nread {dissected / ours:.0f}/s, scapy {dissected / theirs:.0f}/s: {theirs / ours:.0f}")
    assert dissected == PACKETS
    assert read == PACKETS - PACKETS // PER_MESSAGE
    assert theirs / ours >= 10


def minute(place: Path) -> Path:
    """Eight gateways and forty mobiles that walk for a minute, every other one on a call."""
    document = yaml.safe_load(MANY.read_text())
    attached = [each for each in document["timeline"] if "attach" in each]
    (walk,) = (each for each in document["timeline"] if "walk" in each)
    calls = {
        f"call{number}": {
            "kind": "udp",
            "from": "cn",
            "to": f"mn{number}",
            "direction": "both",
            "interval": "20ms",
            "size": 160,
        }
        for number in range(1, 41, 2)
    }
    begin, end = {"at": "2s", "start": list(calls)}, {"at": "59s", "stop": list(calls)}
    timeline = [*attached, begin, walk | {"until": "57s"}, end]
    document |= {"flows": calls, "timeline": timeline, "expect": []}
    file = place / "minute.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


@pytest.mark.root
@pytest.mark.timeout(600)
def test_a_minute_of_forty_mobiles_is_measured_in_ten_seconds(tmp_path: Path) -> None:
    run = tmp_path / "run"
    testbed = Path(sys.executable).with_name("dmm-testbed")
    command = [testbed, "run", minute(tmp_path), "--out", run]
    subprocess.run(command, check=True, capture_output=True)

    def seconds(number: int) -> float:
        words = [sys.executable, "-c", MEASURE, run, tmp_path / f"report{number}"]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        said = json.loads(done.stdout)
        print("\n{seconds:.1f} s, {megabytes:.0f} MB, {handovers} moves".format_map(said))
        assert said["handovers"] > 500
        assert said["megabytes"] < 500
        return float(said["seconds"])

    assert lowest(10, seconds) < 10
