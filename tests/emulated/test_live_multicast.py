"""Messages to a group in one more header: who hears them, who does not, and by which way."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator

import pytest
from live_lab import CORE, FIXED_MAC, LMA, MAG, PUPPET, Lab, packets, wait_for

from agents.wire import mobility, packet
from agents.wire.address import Address
from agents.wire.messages import BindingUpdate

needs_router = pytest.mark.skipif(
    shutil.which("smcrouted", path="/usr/sbin:/usr/bin") is None, reason="no smcrouted here"
)
pytestmark = [pytest.mark.root, needs_router]
GROUP = "ff05::4d41:4701"
IPV6 = 41
JOIN = {"JoinGroup": {"group": GROUP}}
ROUTER = f"""
phyint core-mag enable
phyint core-lma enable
mroute from core-mag source {MAG} group {GROUP} to core-lma
mroute from core-lma source {LMA} group {GROUP} to core-mag
"""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    for node in ("mag", "lma"):
        made.run(node, "ip", "-6", "route", "add", f"{GROUP}/128", "dev", f"{node}-core")
    config = made.folder / "core.conf"
    config.write_text(ROUTER)
    files = [f"-P{made.folder}/core.pid", f"-u{made.folder}/core.ctl", f"-f{config}"]
    router = subprocess.Popen(made.command("core", "smcrouted", "-n", "-N", "-i", "core", *files))
    wait_for(lambda: made.run("core", "ip", "-6", "mroute").count("resolved") == 2)
    yield made
    made.close()
    router.wait()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    network.start("mag", "puppet", {"access": [{"interface": "mag-mn"}], "initial": [JOIN]})
    network.start("lma", "puppet", {"initial": [JOIN]})
    yield network
    network.stop_agents()


def to_group(source: str) -> dict[str, dict[str, str]]:
    ends = {"source": source, "destination": GROUP, "outer_destination": GROUP}
    return {"SendMessage": {"message": "update", **ends}}


def inner(source: str, destination: str = GROUP) -> bytes:
    ends = Address.parse(source), Address.parse(destination)
    return packet.emit(packet.Packet(*ends, BindingUpdate(7, 0x8000, 10)))


def stranger(lab: Lab) -> socket.socket:
    """Return a socket of the core router that sends what it likes to the second gateway."""
    made = lab.socket("core", socket.AF_INET6, socket.SOCK_RAW, IPV6)
    made.bind((CORE, 0))
    index = int(lab.run("core", "ip", "-o", "link", "show", "core-lma").split(":")[0])
    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    return made


def test_a_message_crosses_routers_to_the_group_in_two_headers(lab: Lab) -> None:
    tap = lab.tap("lma", "lma-core")
    lab.perform("mag", to_group(MAG))
    heard = lab.wait_event("lma", "heard")
    assert (heard["message"], heard["from"], heard["to"]) == ("BindingUpdate", MAG, GROUP)
    assert heard["on"] == "lma-core"
    (seen,) = [each for each in packets(tap) if each[6] == IPV6]
    outer = packet.parse(seen)
    assert (str(outer.source), str(outer.destination)) == (MAG, GROUP)
    assert outer.hop_limit == 63, "one router forwarded it"
    assert (str(outer.payload.source), str(outer.payload.destination)) == (MAG, GROUP)
    assert outer.payload.checksum is None, "the checksum is right"
    (sent,) = lab.events("mag", "message_sent")
    assert (sent["destination"], sent["outer_destination"]) == (GROUP, GROUP)
    assert sent["octets"] == mobility.length(outer.payload.payload)
    assert not lab.events("mag", "heard"), "no echo of the own message"


def test_both_ends_may_speak(lab: Lab) -> None:
    lab.perform("mag", to_group(MAG))
    lab.perform("lma", to_group(LMA))
    assert lab.wait_event("lma", "heard")["from"] == MAG
    assert lab.wait_event("mag", "heard")["from"] == LMA


def test_a_root_of_two_branches_sends_on_both(lab: Lab) -> None:
    lab.start("core", "puppet", {})
    for interface in ("core-mag", "core-lma"):
        lab.run("core", "ip", "-6", "route", "append", f"{GROUP}/128", "dev", interface)
    lab.perform("core", to_group(CORE))
    assert [lab.wait_event(node, "heard")["from"] for node in ("mag", "lma")] == [CORE, CORE]
    assert len(lab.events("core", "message_sent")) == 1
    lab.run("core", "ip", "-6", "route", "flush", f"{GROUP}/128")


def test_without_a_route_to_the_group_nothing_is_sent(lab: Lab) -> None:
    lab.start("core", "puppet", {})
    lab.perform("core", to_group(CORE))
    failed = lab.wait_event("core", "send_failed")
    assert failed["error"] == f"no route to the group {GROUP}"


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (inner(MAG), "other inner addresses"),
        (inner(CORE, "ff05::1"), "other inner addresses"),
        (inner(CORE)[:39], "malformed"),
        (inner(CORE)[:-1], "malformed"),
        (inner(CORE)[:6] + b"\x3a" + inner(CORE)[7:], "malformed"),
        (inner(CORE)[:-1] + b"\x05", "checksum"),
    ],
    ids=["source", "destination", "header cut", "message cut", "ICMPv6", "checksum"],
)
def test_what_is_not_what_it_seems_is_dropped_and_counted(
    lab: Lab, octets: bytes, reason: str
) -> None:
    sender = stranger(lab)
    sender.sendto(octets, (GROUP, 0))
    dropped = lab.wait_event("lma", "dropped")
    assert (dropped["reason"], dropped["source"]) == (reason, CORE)
    sender.sendto(inner(CORE), (GROUP, 0))
    assert lab.wait_event("lma", "heard")["from"] == CORE
    assert len(lab.events("lma", "heard")) == 1


def test_attached_nodes_have_no_voice_in_the_group(lab: Lab) -> None:
    frames = lab.socket("mn", socket.AF_PACKET, socket.SOCK_DGRAM)
    to_gateway = ("mn-mag", 0x86DD, 0, 0, bytes.fromhex(FIXED_MAC.replace(":", "")))
    content = inner(LMA)
    header = struct.pack("!IHBB", 6 << 28, len(content), IPV6, 64)
    frames.sendto(header + content[8:40] + content, to_gateway)
    lab.perform("lma", to_group(LMA))
    heard = lab.wait_event("mag", "heard")
    assert heard["on"] == "mag-core"
    assert len(lab.events("mag", "heard")) == 1
