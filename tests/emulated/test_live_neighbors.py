"""Neighbour Discovery in user space, groups, and addresses that an agent gives to its kernel."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from live_lab import CORE, FIXED_MAC, LMA, MAG, MN, MN_MAC, PUPPET, Lab, packets, wait_for
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_RS,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6Unknown,
    IPv6,
)
from scapy.packet import Packet
from test_vectors import VECTORS

pytestmark = [pytest.mark.root, pytest.mark.stock]
ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
ROUTER, NEIGHBOR = "fe80::1:1", "fe80::1:2"
WANTED, WANTED_GROUP = "2001:db8:2::100", "ff02::1:ff00:100"
GROUP, QUERY = "ff0e::d401", 162
ASKING = next(f"icmpv6:{each.octets[40:].hex()}" for each in VECTORS if each.number == 47)
ANYCAST = "2001:db8:b:0:fdff:ffff:ffff:fffe"
NEIGHBOR_TYPES = [134, 135, 136]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    yield made
    made.close()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    """A mobile node and its neighbour, both with agents: no gateway is between them."""
    listen = {"Listen": {"types": NEIGHBOR_TYPES}}
    network.start("mn", "puppet", {"initial": [listen]})
    network.start("mag", "puppet", {"links": [{"interface": "mag-mn"}]})
    yield network
    network.stop_agents()


def frame(lab: Lab, packet: Packet, to: str = MN_MAC) -> None:
    """Send what scapy has built to the mobile node, past the kernel of its neighbour."""
    sender = lab.socket("mag", socket.AF_PACKET, socket.SOCK_DGRAM)
    if packet.dst.startswith("ff"):
        to = f"3333{socket.inet_pton(socket.AF_INET6, packet.dst)[12:].hex()}"
    sender.sendto(bytes(packet), ("mag-mn", 0x86DD, 0, 0, bytes.fromhex(to.replace(":", ""))))
    sender.close()


def on_link(source: str, destination: str, hops: int = 255) -> Packet:
    return IPv6(src=source, dst=destination, hlim=hops)


def probe(interface: str) -> dict[str, Any]:
    """Return the action that asks who has the address WANTED."""
    message = f"icmpv6:8700000000000000{socket.inet_pton(socket.AF_INET6, WANTED).hex()}"
    ends = {"source": "::", "destination": WANTED_GROUP, "interface": interface}
    return {"SendMessage": {"message": message, **ends}}


def addresses(lab: Lab, node: str, interface: str) -> dict[str, dict[str, Any]]:
    found = json.loads(lab.run(node, "ip", "-j", "-6", "address", "show", "dev", interface))
    return {info["local"]: info for link in found for info in link.get("addr_info", ())}


def test_an_advertisement_comes_with_its_interface_and_source(lab: Lab) -> None:
    frame(lab, on_link(ROUTER, ALL_NODES) / ICMPv6ND_RA(routerlifetime=9))
    heard = lab.wait_event("mn", "heard")
    assert (heard["message"], heard["from"]) == ("RouterAdvertisement", ROUTER)
    assert (heard["to"], heard["on"]) == (ALL_NODES, "mn-mag")


@pytest.mark.parametrize(
    "packet",
    [
        on_link(ROUTER, ALL_NODES, hops=254) / ICMPv6ND_RA(),
        on_link(CORE, ALL_NODES) / ICMPv6ND_RA(),
        on_link(ROUTER, ALL_NODES) / ICMPv6ND_RA(code=1),
        on_link("::", ALL_NODES) / ICMPv6ND_NS(tgt=WANTED),
        on_link("::", "ff02::1:ff00:5") / ICMPv6ND_NS(tgt=WANTED)
        / ICMPv6NDOptSrcLLAddr(lladdr=FIXED_MAC),
        on_link(NEIGHBOR, ALL_NODES) / ICMPv6ND_NS(tgt="ff02::5"),
        on_link(NEIGHBOR, ALL_NODES) / ICMPv6ND_NA(tgt=WANTED, S=1),
        on_link(NEIGHBOR, MN) / ICMPv6ND_NA(tgt="ff02::5", S=1),
    ],
    ids=[
        "from afar", "of no router", "code", "probe to all", "probe with an address",
        "group solicited", "solicited by all", "group advertised",
    ],
)  # fmt: skip
def test_what_neighbours_cannot_say_is_dropped(lab: Lab, packet: Packet) -> None:
    frame(lab, packet)
    assert lab.wait_event("mn", "dropped")["reason"] in ("malformed", "hop limit")
    assert not lab.events("mn", "heard")


def test_types_that_were_not_asked_for_are_not_heard(lab: Lab) -> None:
    frame(lab, on_link(ROUTER, MN) / ICMPv6Unknown(type=161, code=0))
    frame(lab, on_link(ROUTER, ALL_NODES) / ICMPv6ND_RA())
    assert lab.wait_event("mn", "heard")["message"] == "RouterAdvertisement"
    assert len(lab.events("mn", "heard")) == 1


def test_a_probe_leaves_from_nobody_and_its_owner_answers(lab: Lab) -> None:
    tap = lab.tap("mag", "mag-mn")
    lab.run("mag", "ip", "-6", "address", "add", f"{WANTED}/128", "dev", "mag-mn", "nodad")
    wait_for(lambda: WANTED_GROUP in lab.run("mag", "ip", "maddress", "show", "dev", "mag-mn"))
    lab.perform("mn", probe("mn-mag"))
    heard = lab.wait_event("mn", "heard")
    lab.run("mag", "ip", "-6", "address", "delete", f"{WANTED}/128", "dev", "mag-mn")
    assert (heard["message"], heard["to"]) == ("NeighborAdvertisement", ALL_NODES)
    (sent,) = [p for p in map(IPv6, packets(tap)) if ICMPv6ND_NS in p and p.src == "::"]
    assert (sent.hlim, sent.dst, sent[ICMPv6ND_NS].tgt) == (255, WANTED_GROUP, WANTED)
    again = IPv6(bytes(sent))
    del again[ICMPv6ND_NS].cksum
    assert bytes(again) == bytes(sent), "its checksum is another"
    assert len(lab.events("mn", "heard")) == 1, "it hears itself"


def test_another_prober_is_heard_and_the_kernel_keeps_out_of_it(lab: Lab) -> None:
    lab.perform("mn", probe("mn-mag"))
    tap = lab.tap("mag", "mag-mn")
    frame(lab, on_link("::", WANTED_GROUP) / ICMPv6ND_NS(tgt=WANTED))
    heard = lab.wait_event("mn", "heard")
    assert (heard["message"], heard["from"], heard["to"]) == (
        "NeighborSolicitation",
        "::",
        WANTED_GROUP,
    )
    assert not [p for p in map(IPv6, packets(tap)) if ICMPv6ND_NA in p]


def test_a_solicitation_is_heard_by_the_router_even_without_addresses(lab: Lab) -> None:
    lab.run("mn", "ip", "address", "flush", "dev", "mn-mag", "scope", "link")
    ends = {"source": "::", "destination": ALL_ROUTERS, "interface": "mn-mag"}
    lab.perform("mn", {"SendMessage": {"message": "icmpv6:8500000000000000", **ends}})
    heard = lab.wait_event("mag", "heard")
    link_local = "fe80::ff:fe00:5/64"
    lab.run("mn", "ip", "address", "add", link_local, "dev", "mn-mag", "nodad")
    assert (heard["message"], heard["from"]) == ("RouterSolicitation", "::")
    assert heard["mac"] == MN_MAC.replace(":", "")
    assert len(lab.events("mag", "heard")) == 1


def test_an_invalid_solicitation_is_dropped(lab: Lab) -> None:
    sender = lab.socket("mn", socket.AF_PACKET, socket.SOCK_DGRAM)
    for hops, address in ((254, ROUTER), (255, "::")):
        packet = on_link(address, ALL_ROUTERS, hops) / ICMPv6ND_RS()
        if address == "::":
            packet /= ICMPv6NDOptSrcLLAddr(lladdr=MN_MAC)
        sender.sendto(bytes(packet), ("mn-mag", 0x86DD, 0, 0, bytes.fromhex("333300000002")))
    reasons = [lab.wait_event("mag", "dropped", count)["reason"] for count in (1, 2)]
    assert reasons == ["hop limit", "malformed"]


def test_a_group_is_heard_and_a_query_to_it_leaves_by_the_interface_of_its_source(
    lab: Lab,
) -> None:
    join = {"JoinGroup": {"group": GROUP, "tunnelled": False}}
    lab.perform("mag", {"Listen": {"types": [QUERY]}}, join)
    lab.perform("mn", {"AddAddress": {"interface": "mn-mag", "address": WANTED}})
    tap = lab.tap("mag", "mag-mn")
    ends = {"source": WANTED, "destination": GROUP}
    lab.perform("mn", {"SendMessage": {"message": ASKING, **ends}})
    heard = lab.wait_event("mag", "heard")
    assert (heard["from"], heard["to"], heard["on"]) == (WANTED, GROUP, "mag-mn")
    (sent,) = [p for p in map(IPv6, packets(tap)) if p.dst == GROUP]
    assert sent.hlim == 255
    assert not lab.events("mn", "heard")


def test_an_address_is_there_at_once_and_makes_no_prefix_on_link(lab: Lab) -> None:
    held = [("lo", "2001:db8:1::100"), ("mn-mag", WANTED)]
    lab.perform("mn", *({"AddAddress": {"interface": i, "address": a}} for i, a in held))
    for interface, address in held:
        info = addresses(lab, "mn", interface)[address]
        assert info["prefixlen"] == 128 and info["noprefixroute"] and info["nodad"]
        assert not info.get("tentative")
    assert "2001:db8:2:" not in lab.run("mn", "ip", "-6", "route")
    lab.perform("mn", {"AddAddress": {"interface": "lo", "address": "2001:db8:1::100"}})
    assert not lab.events("mn", "action_failed"), "it was there already"
    lab.perform("mn", *({"RemoveAddress": {"interface": i, "address": a}} for i, a in held * 2))
    for interface, address in held:
        assert address not in addresses(lab, "mn", interface)
    assert not lab.events("mn", "action_failed"), "it had gone already"


def test_an_address_for_no_interface_is_a_failure_that_is_told(lab: Lab) -> None:
    lab.perform("mn", {"AddAddress": {"interface": "wlan9", "address": WANTED}})
    failed = lab.wait_event("mn", "action_failed")
    assert failed["action"] == "AddAddress" and "wlan9" in failed["error"]


def test_a_proxied_neighbour_is_answered_for_and_defended_at_once(lab: Lab) -> None:
    tap = lab.tap("mn", "mn-mag")
    lab.perform("mag", {"ProxyNeighbor": {"interface": "mag-mn", "address": WANTED}})
    lab.perform("mn", probe("mn-mag"))
    heard = lab.wait_event("mn", "heard")
    assert (heard["message"], heard["to"]) == ("NeighborAdvertisement", ALL_NODES)
    lab.run("mn", "ip", "-6", "route", "add", f"{WANTED}/128", "dev", "mn-mag")
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.1", WANTED)
    lab.run("mn", "ip", "-6", "route", "delete", f"{WANTED}/128", "dev", "mn-mag")
    seen = [p for p in map(IPv6, packets(tap)) if ICMPv6ND_NS in p or ICMPv6ND_NA in p]
    answered = [p for p in seen if ICMPv6ND_NA in p and p[ICMPv6ND_NA].tgt == WANTED]
    assert [p[ICMPv6ND_NA].S for p in answered] == [0, 1]
    assert answered[1][ICMPv6ND_NA].O == 0  # a proxy does not override (RFC 4861 §7.2.8)
    assert WANTED in lab.run("mag", "ip", "-6", "neighbor", "show", "proxy")
    stop = {"StopProxying": {"interface": "mag-mn", "address": WANTED}}
    lab.perform("mag", stop, stop)
    assert WANTED not in lab.run("mag", "ip", "-6", "neighbor", "show", "proxy")
    assert not lab.events("mag", "action_failed")


def test_a_restarted_agent_begins_with_the_addresses_that_it_finds_alone(lab: Lab) -> None:
    lab.perform("mag", {"ProxyNeighbor": {"interface": "mag-mn", "address": WANTED}})
    lab.perform("mn", {"AddAddress": {"interface": "lo", "address": "2001:db8:1::100"}})
    for node in ("mag", "mn"):
        assert lab.ask_parent({"stop": node}) == {"stopped": node}
        lab.start(node, "puppet", {})
    assert "2001:db8:1::100" not in addresses(lab, "mn", "lo")
    assert MN in addresses(lab, "mn", "mn-mag")
    assert WANTED not in lab.run("mag", "ip", "-6", "neighbor", "show", "proxy")


def test_discovery_reaches_an_anycast_address_and_is_answered_from_another(lab: Lab) -> None:
    lab.start("lma", "puppet", {})
    anycast = {"AddAddress": {"interface": "lo", "address": ANYCAST}}
    lab.perform("lma", anycast, {"Listen": {"types": [144, 145]}})
    lab.perform("mag", {"Listen": {"types": [144, 145]}})
    lab.run(
        "core",
        "ip",
        "-6",
        "route",
        "replace",
        f"{ANYCAST}/128",
        "via",
        "fe80::1",
        "dev",
        "core-lma",
    )
    there = {"source": MAG, "destination": ANYCAST}
    lab.perform("mag", {"SendMessage": {"message": "icmpv6:9000000012340000", **there}})
    heard = lab.wait_event("lma", "heard")
    assert (heard["message"], heard["to"]) == ("HomeAgentAddressDiscoveryRequest", ANYCAST)
    assert (heard["from"], heard["on"]) == (MAG, "lma-core")
    back = {"source": LMA, "destination": MAG}
    answer = f"icmpv6:9100000012340000{socket.inet_pton(socket.AF_INET6, LMA).hex()}"
    lab.perform("lma", {"SendMessage": {"message": answer, **back}})
    heard = lab.wait_event("mag", "heard")
    assert (heard["message"], heard["from"]) == ("HomeAgentAddressDiscoveryReply", LMA)
