"""Messages with home addresses on the wire, and what else comes in the same headers."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from live_lab import CORE, LMA, MAG, PUPPET, Lab, kernel_judges_headers, packets, wait_for
from scapy.layers.inet6 import (
    HAO,
    MIP6MH_BU,
    HBHOptUnknown,
    ICMPv6EchoRequest,
    ICMPv6ParamProblem,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
    MIP6OptAltCoA,
)
from scapy.packet import Packet
from test_vectors import VECTORS

pytestmark = [pytest.mark.root, pytest.mark.stock]
HOME_AGENT, HOME_ADDRESS, CARE_OF, PEER, DHP = (
    f"2001:db8:{end}" for end in ("1::1", "1::100", "2::100", "9::9", "9::d1")
)
PROXY_HOME = "2001:db8:9:1::77"
KERNELS = (58, 0)  # next headers of what a kernel says itself: ICMPv6, MLD behind options
OCTETS = {vector.number: vector.octets for vector in VECTORS}
TAKES_THEM_IN = {"home_addresses": True}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    for node, address in (("mag", CARE_OF), ("lma", HOME_AGENT), ("lma", PEER), ("lma", DHP)):
        made.run(node, "ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad")
    made.run("core", "ip", "-6", "route", "add", CARE_OF, "via", "fe80::1", "dev", "core-mag")
    yield made
    made.close()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    """Agents at a care-of address (mag) and at home agent, correspondent and DHP (lma)."""
    for node in ("mag", "lma"):
        network.start(node, "puppet", {}, settings=TAKES_THEM_IN)
    yield network
    network.stop_agents()


def mobility_of(number: int) -> str:
    return f"mobility:{OCTETS[number][64:].hex()}"


def update() -> Packet:
    """A Binding Update as scapy builds it, its checksum over the home address."""
    return (
        IPv6(src=CORE, dst=HOME_AGENT)
        / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)])
        / MIP6MH_BU(seq=9, mhtime=15, options=[MIP6OptAltCoA(acoa=CARE_OF)])
    )


def send(lab: Lab, packet: Packet | bytes, by: str = "core") -> None:
    sender = lab.socket(by, socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    octets = bytes(packet)
    sender.sendto(octets, (socket.inet_ntop(socket.AF_INET6, octets[24:40]), 0))
    sender.close()


def heads(found: list[Packet]) -> list[Packet]:
    return [packet for packet in found if IPv6ExtHdrDestOpt in packet]


def answers(tap: socket.socket, to: str) -> list[Packet]:
    seen = map(IPv6, packets(tap))
    return [packet for packet in seen if packet.dst == to]


@pytest.mark.parametrize(
    ("number", "to", "home"),
    [(6, HOME_AGENT, HOME_ADDRESS), (7, PEER, HOME_ADDRESS), (39, DHP, PROXY_HOME)],
)
def test_an_update_leaves_as_the_vector_says_and_arrives(
    lab: Lab, number: int, to: str, home: str
) -> None:
    tap = lab.tap("core", "core-mag")
    ends = {"source": CARE_OF, "destination": to, "home_address": home}
    lab.perform("mag", {"SendMessage": {"message": mobility_of(number), **ends}})
    heard = lab.wait_event("lma", "heard")
    assert [each for each in packets(tap) if each[6] not in KERNELS] == [OCTETS[number]]
    assert (heard["message"], heard["from"], heard["to"]) == ("BindingUpdate", CARE_OF, to)
    assert (heard["home_address"], heard["routed_to"]) == (home, None)
    assert bytes.fromhex(heard["octets"]) == OCTETS[number][64:]
    for node, event in (("mag", "message_sent"), ("lma", "message_received")):
        row = lab.events(node, event)[0]
        assert (row["source"], row["destination"], row["home_address"]) == (CARE_OF, to, home)


def test_an_acknowledgement_leaves_as_the_vector_says_and_arrives(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    ends = {"source": HOME_AGENT, "destination": CARE_OF, "route_to": HOME_ADDRESS}
    lab.perform("lma", {"SendMessage": {"message": mobility_of(8), **ends}})
    heard = lab.wait_event("mag", "heard")
    assert [each for each in packets(tap) if each[6] not in KERNELS] == [OCTETS[8]]
    assert (heard["from"], heard["to"]) == (HOME_AGENT, CARE_OF)
    assert (heard["home_address"], heard["routed_to"]) == (None, HOME_ADDRESS)
    assert len(lab.events("mag", "heard")) == 1


def test_prefix_discovery_carries_home_addresses_both_ways(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    for node in ("mag", "lma"):
        lab.perform(node, {"Listen": {"types": [146, 147]}})
    there = {"source": CARE_OF, "destination": HOME_AGENT, "home_address": HOME_ADDRESS}
    back = {"source": HOME_AGENT, "destination": CARE_OF, "route_to": HOME_ADDRESS}
    lab.perform("mag", {"SendMessage": {"message": "icmpv6:9200000000070000", **there}})
    heard = lab.wait_event("lma", "heard")
    assert (heard["message"], heard["home_address"]) == ("MobilePrefixSolicitation", HOME_ADDRESS)
    lab.perform("lma", {"SendMessage": {"message": "icmpv6:9300000000070000", **back}})
    heard = lab.wait_event("mag", "heard")
    assert (heard["message"], heard["routed_to"]) == ("MobilePrefixAdvertisement", HOME_ADDRESS)
    seen = [IPv6(each) for each in packets(tap) if each[6] not in KERNELS]
    assert [type(packet.payload) for packet in seen] == [IPv6ExtHdrDestOpt, IPv6ExtHdrRouting]
    assert not lab.run("lma", "nstat", "-asz", "Icmp6OutParmProblems").count(" 1 ")


def test_an_update_of_scapy_is_understood_and_the_kernel_says_nothing(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    send(lab, update())
    heard = lab.wait_event("lma", "heard")
    assert (heard["from"], heard["home_address"]) == (CORE, HOME_ADDRESS)
    assert not answers(tap, CORE)
    assert len(lab.events("lma", "heard")) == 1


def test_a_checksum_over_the_care_of_address_is_wrong(lab: Lab) -> None:
    plain = IPv6(src=CORE, dst=HOME_AGENT) / MIP6MH_BU(
        seq=9, mhtime=15, options=[MIP6OptAltCoA(acoa=CARE_OF)]
    )
    octets = bytearray(bytes(update()))
    octets[64:] = bytes(plain)[40:]
    send(lab, bytes(octets))
    assert lab.wait_event("lma", "dropped")["reason"] == "checksum"
    assert not lab.events("lma", "heard")


def test_an_unknown_type_is_answered_with_the_home_address_that_it_came_with(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    strange = bytearray(bytes(update()))
    strange[66], total = 99, struct.unpack("!H", strange[68:70])[0]
    strange[68:70] = struct.pack("!H", (total - (99 - 5 << 8)) % 0xFFFF)
    send(lab, bytes(strange))
    lab.wait_event("lma", "dropped")
    (error,) = answers(tap, CORE)
    assert bytes(error)[42] == 7 and bytes(error)[46] == 2
    assert bytes(error)[48:64] == socket.inet_pton(socket.AF_INET6, HOME_ADDRESS)


def test_data_from_an_unknown_home_address_is_dropped_and_told_of(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    options = IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)])
    send(lab, IPv6(src=CORE, dst=PEER) / options / ICMPv6EchoRequest(data=b"who is it"))
    told = lab.wait_event("lma", "HomeAddressUnknown")
    assert (told["home_address"], told["source"]) == (HOME_ADDRESS, CORE)
    assert told["destination"] == PEER
    assert not answers(tap, CORE) and not answers(tap, HOME_ADDRESS)


def test_a_packet_that_is_passed_on_keeps_its_headers(lab: Lab) -> None:
    tap = lab.tap("cn", "cn-lma")
    passing = update()
    passing.dst = "2001:db8:c::2"
    send(lab, passing)
    found: list[Packet] = []
    wait_for(lambda: bool(found.extend(answers(tap, passing.dst)) or heads(found)))
    (seen,) = heads(found)
    assert seen[MIP6MH_BU].seq == 9
    assert not lab.events("lma", "heard") and not lab.events("lma", "dropped")


def test_other_destination_options_are_the_kernels(lab: Lab) -> None:
    tap = lab.tap("core", "core-lma")
    limit = IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=4, optdata=b"\x04")])
    send(lab, IPv6(src=CORE, dst=LMA) / limit / ICMPv6EchoRequest(data=b"limited"))
    assert b"limited" in bytes(answers(tap, CORE)[-1])
    assert not lab.events("lma", "dropped")


@pytest.mark.parametrize(
    "twice",
    [[HAO(hoa=HOME_ADDRESS), HAO(hoa=PEER)], None],
    ids=["in one header", "in two headers"],
)
def test_two_home_addresses_are_none(lab: Lab, twice: list[Any] | None) -> None:
    first = IPv6ExtHdrDestOpt(options=twice or [HAO(hoa=HOME_ADDRESS)])
    headers = first if twice else first / IPv6ExtHdrDestOpt(options=[HAO(hoa=PEER)])
    send(lab, IPv6(src=CORE, dst=HOME_AGENT) / headers / MIP6MH_BU(seq=9, mhtime=15))
    assert lab.wait_event("lma", "dropped")["reason"] == "malformed"
    assert not lab.events("lma", "heard")


def test_a_home_address_that_no_node_can_have_is_dropped(lab: Lab) -> None:
    for address in ("ff02::1", "::", "::1", "fe80::5"):
        spoofed = update()
        spoofed[HAO].hoa = address
        send(lab, spoofed)
    rows = [lab.wait_event("lma", "dropped", count) for count in range(1, 5)]
    assert [row["reason"] for row in rows] == ["home address"] * 4
    assert not lab.events("lma", "heard")


def test_a_routing_header_with_more_segments_is_left_to_the_kernel(lab: Lab) -> None:
    """One with Mobile IPv6 knows that type and says nothing, any other answers."""
    tap = lab.tap("core", "core-mag")
    far = IPv6ExtHdrRouting(type=2, segleft=2, addresses=[HOME_ADDRESS])
    send(lab, IPv6(src=CORE, dst=CARE_OF) / far / MIP6MH_BU(seq=9, mhtime=15))
    found = [packet for packet in answers(tap, CORE) if ICMPv6ParamProblem in packet]
    assert len(found) == (0 if kernel_judges_headers() else 1)
    assert not lab.events("mag", "heard") and not lab.events("mag", "dropped")


def test_packets_from_a_tunnel_bring_home_addresses_too(lab: Lab) -> None:
    accept = {"AcceptTunnels": {"local": MAG, "delivery": "local"}}
    lab.perform("mag", accept, {"AddTunnel": {"local": MAG, "remote": CORE}})
    tap = lab.tap("core", "core-mag")
    send(lab, IPv6(src=CORE, dst=MAG) / IPv6(OCTETS[8]))
    heard = lab.wait_event("mag", "heard")
    assert (heard["from"], heard["routed_to"]) == (HOME_AGENT, HOME_ADDRESS)
    assert not [p for p in map(IPv6, packets(tap)) if ICMPv6ParamProblem in p]
    assert len(lab.events("mag", "heard")) == 1


def test_a_restarted_agent_takes_over(lab: Lab) -> None:
    assert lab.ask_parent({"stop": "lma"}) == {"stopped": "lma"}
    lab.start("lma", "puppet", {}, settings=TAKES_THEM_IN)
    send(lab, update())
    assert lab.wait_event("lma", "heard")["home_address"] == HOME_ADDRESS
    rules = lab.run("lma", "nft", "list", "table", "ip6", "dmm-carried")
    assert rules.count("drop") == 5
