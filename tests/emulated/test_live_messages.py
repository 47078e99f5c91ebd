"""The receive boundary and the sockets of an agent: what it hears, answers, drops and survives."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from live_lab import (
    CORE,
    FIXED,
    FIXED_MAC,
    LMA,
    MAG,
    MN_MAC,
    PUPPET,
    Lab,
    kernel_judges_headers,
    packets,
)

from agents.wire import checksum, icmpv6, mobility, ndisc
from agents.wire.address import Address
from agents.wire.messages import BindingRefreshRequest, BindingUpdate

pytestmark = pytest.mark.root
MOBILITY, ICMPV6 = 135, 58
NO_CHECKSUM = (socket.IPPROTO_IPV6, 7, -1)
MN_LINK_LOCAL = "fe80::ff:fe00:5"
OVERLONG_OPTION = bytes.fromhex("3b010500 00000000 00000000 08ff0000")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    yield made
    made.close()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    network.start("mag", "puppet", {"access": [{"interface": "mag-mn"}]})
    network.start("lma", "puppet", {})
    yield network
    network.stop_agents()


def raw(lab: Lab) -> socket.socket:
    """Return a Mobility Header socket on the core router, whose checksums are its own affair."""
    sender = lab.socket("core", socket.AF_INET6, socket.SOCK_RAW, MOBILITY)
    sender.setsockopt(*NO_CHECKSUM)
    sender.settimeout(0.3)
    return sender


def summed(octets: bytes) -> bytes:
    """Return a Mobility Header from the core router to the LMA with its checksum put right."""
    bare = octets[:4] + bytes(2) + octets[6:]
    source, destination = Address.parse(CORE), Address.parse(LMA)
    return (
        bare[:4]
        + checksum.checksum(source, destination, MOBILITY, bare).to_bytes(2, "big")
        + bare[6:]
    )


def send_message(message: str, source: str, destination: str, **rest: str) -> dict[str, Any]:
    fields = {"message": message, "source": source, "destination": destination, **rest}
    return {"SendMessage": fields}


def test_a_message_goes_from_core_to_core_byte_for_byte(lab: Lab) -> None:
    tap = lab.tap("core", "core-mag")
    lab.perform("mag", send_message("update", MAG, LMA))
    heard = lab.wait_event("lma", "heard")
    assert (heard["message"], heard["from"], heard["to"]) == ("BindingUpdate", MAG, LMA)
    assert (heard["on"], heard["mac"]) == ("lma-core", "")
    expected = mobility.emit(BindingUpdate(7, 0x0200, 10), Address.parse(MAG), Address.parse(LMA))
    assert bytes.fromhex(heard["octets"]) == expected
    assert [each[40:] for each in packets(tap) if each[6] == MOBILITY] == [expected]
    sent, received = lab.events("mag", "message_sent")[0], lab.events("lma", "message_received")[0]
    assert sent["message"] == received["message"] == "ProxyBindingUpdate"
    assert (sent["source"], sent["destination"]) == (MAG, LMA)
    assert sent["at"] <= received["at"]
    assert sent["octets"] == received["octets"] == len(expected)


def test_a_wrong_checksum_is_dropped_in_silence(lab: Lab) -> None:
    sender = raw(lab)
    octets = bytearray(summed(mobility.emit(BindingRefreshRequest(), bytes(16), bytes(16))))
    octets[4] ^= 0x01
    sender.sendto(octets, (LMA, 0))
    assert lab.wait_event("lma", "dropped")["reason"] == "checksum"
    assert not lab.events("lma", "message_sent")


def test_an_unknown_type_is_answered_by_a_binding_error(lab: Lab) -> None:
    sender = raw(lab)
    sender.sendto(summed(bytes.fromhex("3b00c800000000aa")), (LMA, 0))
    assert lab.wait_event("lma", "dropped")["reason"] == "unknown MH type"
    error = sender.recv(1500)
    assert error[:4] == bytes.fromhex("3b020700") and error[6] == 2
    assert mobility.checksum_ok(error, Address.parse(LMA), Address.parse(CORE))


def test_binding_errors_are_rate_limited(lab: Lab) -> None:
    sender = raw(lab)
    for _ in range(30):
        sender.sendto(summed(bytes.fromhex("3b00c800000000aa")), (LMA, 0))
    lab.wait_event("lma", "dropped", 30)
    assert 10 <= len(lab.events("lma", "message_sent")) < 15


@pytest.mark.parametrize(
    ("octets", "pointer"), [("3a01050000000000000000000001020000", 40), ("3b00050000000000", 41)]
)
def test_a_bad_header_is_answered_by_a_parameter_problem(
    lab: Lab, octets: str, pointer: int
) -> None:
    listener = lab.socket("core", socket.AF_INET6, socket.SOCK_RAW, ICMPV6)
    listener.settimeout(2)
    sent = summed(bytes.fromhex(octets)[:16])
    raw(lab).sendto(sent, (LMA, 0))
    if not kernel_judges_headers():
        assert lab.wait_event("lma", "dropped")["reason"] == "malformed"
    while (answer := listener.recv(1500))[0] != 4:
        pass
    assert answer[1] == 0 and int.from_bytes(answer[4:8], "big") == pointer
    assert answer[8 + 8 : 8 + 40] == Address.parse(CORE) + Address.parse(LMA)
    assert answer[48:] == sent


def test_garbage_crashes_nothing(lab: Lab) -> None:
    chance = random.Random(20261121)
    sender = raw(lab)
    frames = lab.socket("mn", socket.AF_PACKET, socket.SOCK_DGRAM)
    gateway = ("mn-mag", 0x86DD, 0, 0, bytes.fromhex(FIXED_MAC.replace(":", "")))
    for _ in range(300):
        octets = chance.randbytes(chance.randrange(4, 80))
        sender.sendto(octets, (LMA, 0))
        shaped = bytes([59, chance.randrange(4), chance.randrange(24), 0, 0, 0]) + octets
        sender.sendto(summed(shaped), (LMA, 0))
        head = struct.pack("!IHBB", 6 << 28, len(octets) + 1, ICMPV6, chance.choice([64, 255]))
        header = head + Address.parse(MN_LINK_LOCAL) + Address.parse("ff02::2")
        frames.sendto(header + b"\x85" + octets, gateway)
        lab.tell("mag", octets or b"[]")
    sender.sendto(summed(OVERLONG_OPTION), (LMA, 0))
    sender.sendto(summed(mobility.emit(BindingRefreshRequest(), bytes(16), bytes(16))), (LMA, 0))
    lab.wait_event("lma", "heard")
    assert lab.ask("lma", "counters")["dropped: checksum"] >= 1
    assert lab.ask("lma", "counters")["dropped: malformed"] >= 1
    assert lab.ask("mag", "counters")["control requests refused"] == 300


def test_a_solicitation_tells_its_link_layer_source(lab: Lab) -> None:
    solicit(lab, hop_limit=255)
    heard = lab.wait_event("mag", "heard")
    assert heard["message"] == "RouterSolicitation"
    assert (heard["on"], heard["mac"]) == ("mag-mn", MN_MAC.replace(":", ""))
    assert heard["from"] == MN_LINK_LOCAL


def test_a_forwarded_solicitation_is_dropped(lab: Lab) -> None:
    solicit(lab, hop_limit=254)
    assert lab.wait_event("mag", "dropped")["reason"] == "hop limit"
    assert not lab.events("mag", "heard")


def solicit(lab: Lab, hop_limit: int) -> None:
    source, destination = Address.parse(MN_LINK_LOCAL), Address.parse("ff02::2")
    octets = icmpv6.emit(ndisc.RouterSolicitation(()), source, destination)
    header = struct.pack("!IHBB", 6 << 28, len(octets), ICMPV6, hop_limit) + source + destination
    sender = lab.socket("mn", socket.AF_PACKET, socket.SOCK_DGRAM)
    sender.sendto(header + octets, ("mn-mag", 0x86DD, 0, 0, bytes.fromhex("333300000002")))


def test_an_advertisement_needs_no_neighbour_exchange(lab: Lab) -> None:
    tap = lab.socket("mn", socket.AF_PACKET, socket.SOCK_RAW)
    tap.bind(("mn-mag", 3))
    tap.settimeout(2)
    mac = MN_MAC.replace(":", "")
    rest = {"interface": "mag-mn", "link_layer_destination": mac}
    lab.perform("mag", send_message("advertisement", FIXED, MN_LINK_LOCAL, **rest))
    frame = tap.recv(1500)
    assert frame[:14].hex() == mac + FIXED_MAC.replace(":", "") + "86dd"
    packet = frame[14:]
    assert (packet[6], packet[7], packet[40]) == (ICMPV6, 255, 134)
    assert packet[8:40] == Address.parse(FIXED) + Address.parse(MN_LINK_LOCAL)
    assert icmpv6.checksum_ok(packet[40:], packet[8:24], packet[24:40])


def test_without_a_known_neighbour_an_advertisement_is_multicast(lab: Lab) -> None:
    tap = lab.tap("mn", "mn-mag")
    message = send_message("advertisement", FIXED, "ff02::1", interface="mag-mn")
    lab.perform("mag", message)
    (packet,) = [each for each in packets(tap) if each[6] == ICMPV6 and each[40] == 134]
    assert packet[7] == 255
    assert icmpv6.checksum_ok(packet[40:], packet[8:24], packet[24:40])


def test_a_message_that_cannot_leave_is_counted(lab: Lab) -> None:
    lab.perform("mag", send_message("update", "2001:db8:dead::1", LMA))
    assert lab.ask("mag", "counters")["failed: SendMessage"] == 1
    assert lab.events("mag", "send_failed")[0]["message"] == "ProxyBindingUpdate"
    assert not lab.events("mag", "message_sent")
