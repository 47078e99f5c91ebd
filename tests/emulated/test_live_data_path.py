"""The kernel's data path under an agent: tunnels, their peers, the uplink, the ingress filter."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from live_lab import (
    CN,
    CORE,
    DATA_PATHS,
    FIXED,
    FIXED_MAC,
    HOME,
    HOME_2,
    LMA,
    MAG,
    MN,
    MN_2,
    MN_MAC,
    PUPPET,
    Lab,
    lab_on,
    octets,
    packets,
)

pytestmark = [pytest.mark.root, pytest.mark.stock]
IPV6, ICMPV6 = 41, 58
UPLINK = {"AddRoute": {"prefix": "::/0", "source": HOME, "tunnel": LMA}}
DOWNLINK = {"AddRoute": {"prefix": HOME, "tunnel": MAG}}


def attach(prefix: str, interface: str) -> dict[str, Any]:
    return {"AddRoute": {"prefix": prefix, "interface": interface}}


def packet(protocol: int, source: str, destination: str, payload: bytes) -> bytes:
    head = (6 << 28).to_bytes(4, "big") + len(payload).to_bytes(2, "big") + bytes([protocol, 64])
    return head + octets(source) + octets(destination) + payload


def bind(lab: Lab) -> None:
    """Do what a MAG and an LMA do for an attached node."""
    bind_gateway(lab)
    lab.perform("lma", {"AddTunnel": {"local": LMA, "remote": MAG}}, DOWNLINK)


def bind_gateway(lab: Lab) -> None:
    lab.perform("mag", {"AddTunnel": {"local": MAG, "remote": LMA}}, attach(HOME, "mag-mn"), UPLINK)


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        yield made


def start(lab: Lab, **config: Any) -> None:
    access = [{"interface": "mag-mn"}, {"interface": "mag-mn2"}]
    accept_mag = {"AcceptTunnels": {"local": MAG, "delivery": "attached"}}
    accept_lma = {"AcceptTunnels": {"local": LMA, "delivery": "routed"}}
    lab.start("mag", "puppet", {"access": access, "initial": [accept_mag], **config})
    lab.start("lma", "puppet", {"initial": [accept_lma]})


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    start(network)
    yield network
    network.stop_agents()


def test_the_wanted_kind_of_tunnels_is_used(lab: Lab) -> None:
    assert lab.ask("mag", "counters")["data_path"] == lab.data_path


def test_a_tunnel_carries_both_directions_in_exactly_two_headers(lab: Lab) -> None:
    bind(lab)
    tap = lab.tap("core", "core-lma")
    assert lab.pings("mn", CN)
    seen = [each for each in packets(tap) if each[6] == IPV6]
    assert [(each[8:24], each[24:40]) for each in seen] == [
        (octets(MAG), octets(LMA)),
        (octets(LMA), octets(MAG)),
    ]
    inner = [each[40:] for each in seen]
    assert [each[6] for each in inner] == [ICMPV6, ICMPV6]
    assert [each[8:24] for each in inner] == [octets(MN), octets(CN)]


def test_an_anchor_is_reached_through_its_own_tunnel(lab: Lab) -> None:
    bind(lab)
    assert lab.pings("mn", LMA)
    assert lab.pings("mn", "2001:db8:c::1")


def test_an_anchor_with_one_interface_redirects_nobody(lab: Lab) -> None:
    bind(lab)
    redirects = lab.tap("lma", "lma-core")
    assert lab.pings("mn", CORE), "in by the interface that it leaves by"
    assert not [each for each in packets(redirects) if b"\x89\0" in each[40:42] + each[80:82]]


def test_a_tunnel_adds_forty_octets_and_no_more(lab: Lab) -> None:
    bind(lab)
    assert lab.pings("mn", "-M", "do", "-s", str(1460 - 48), CN)
    assert not lab.pings("mn", "-M", "do", "-s", str(1460 - 47), CN)


def test_removing_a_route_stops_the_traffic_and_is_logged(lab: Lab) -> None:
    bind(lab)
    assert lab.pings("mn", CN)
    lab.perform("mag", {"RemoveRoute": {"prefix": "::/0", "source": HOME}})
    assert not lab.pings("mn", CN)
    lab.perform("mag", UPLINK)
    lab.perform("lma", {"RemoveRoute": {"prefix": HOME}})
    assert not lab.pings("mn", CN)
    (removed,) = lab.events("mag", "route_removed")
    assert (removed["prefix"], removed["source"]) == ("::/0", HOME)
    assert [row["prefix"] for row in lab.events("mag", "route_installed")] == [HOME, "::/0", "::/0"]
    assert lab.events("lma", "route_installed")[0]["tunnel"] == MAG


def test_a_stranger_s_tunnelled_packets_are_dropped(lab: Lab) -> None:
    bind(lab)
    tap = lab.tap("cn", "cn-lma")
    stranger = lab.socket("core", socket.AF_INET6, socket.SOCK_RAW, IPV6)
    echo = packet(ICMPV6, MN, CN, bytes.fromhex("8000000000010001"))
    stranger.sendto(echo, (LMA, 0))
    assert not [each for each in packets(tap) if each[8:24] == octets(MN)]


def test_a_peer_that_was_removed_is_a_stranger(lab: Lab) -> None:
    bind(lab)
    assert lab.pings("mn", CN)
    lab.perform("lma", {"RemoveTunnel": {"local": LMA, "remote": MAG}})
    assert not lab.pings("mn", CN)
    lab.perform("lma", {"AddTunnel": {"local": LMA, "remote": MAG}}, DOWNLINK)
    assert lab.pings("mn", CN)


def test_what_no_binding_covers_is_not_forwarded(lab: Lab) -> None:
    assert not lab.pings("mn", CN)
    bind(lab)
    tap = lab.tap("mag", "mag-core")
    assert not lab.pings("mn2", CN)
    lab.run("mn", "ip", "-6", "address", "add", "2001:db8:bad::1/64", "dev", "mn-mag", "nodad")
    assert not lab.pings("mn", "-I", "2001:db8:bad::1", CN)
    assert not [each for each in packets(tap) if octets(CN) in each]
    assert lab.pings("mn", FIXED + "%mn-mag")


def test_a_node_that_plays_its_gateway_or_an_anchor_is_dropped(lab: Lab) -> None:
    bind(lab)
    inner = packet(ICMPV6, CN, MN, bytes.fromhex("8000000000010001"))
    frames = lab.socket("mn2", socket.AF_PACKET, socket.SOCK_DGRAM)
    to_gateway = ("mn2-mag", 0x86DD, 0, 0, bytes.fromhex(FIXED_MAC.replace(":", "")))
    core, mobile = lab.tap("mag", "mag-core"), lab.tap("mn", "mn-mag")
    frames.sendto(packet(IPV6, MAG, LMA, inner), to_gateway)
    frames.sendto(packet(IPV6, LMA, MAG, inner), to_gateway)
    assert not [each for each in packets(core) if inner[8:] in each]
    assert not [each for each in packets(mobile) if inner[8:] in each]


@pytest.mark.parametrize("local", [False, True])
def test_attached_nodes_speak_through_their_anchor_unless_routed_locally(
    network: Lab, local: bool
) -> None:
    start(network, local_routing=local)
    try:
        between_two(network, local)
    finally:
        network.stop_agents()


def between_two(lab: Lab, local: bool) -> None:
    bind(lab)
    second = {"AddRoute": {"prefix": "::/0", "source": HOME_2, "tunnel": LMA}}
    lab.perform("mag", attach(HOME_2, "mag-mn2"), second)
    lab.perform("lma", {"AddRoute": {"prefix": HOME_2, "tunnel": MAG}})
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", MN_2)
    assert (len([each for each in packets(tap) if each[6] == IPV6]) == 0) is local
    lab.perform(
        "mag",
        {"RemoveRoute": {"prefix": HOME}},
        {"RemoveRoute": {"prefix": "::/0", "source": HOME}},
    )
    assert not lab.pings("mn", MN_2)


def test_a_known_neighbour_needs_no_exchange(lab: Lab) -> None:
    bind(lab)
    mac = MN_MAC.replace(":", "")
    known = {"interface": "mag-mn", "address": MN, "link_layer_address": mac}
    lab.perform("mag", {"AddNeighbor": known})
    assert MN_MAC in lab.run("mag", "ip", "-6", "neigh", "show", MN)
    tap = lab.tap("mn", "mn-mag")
    lab.run("cn", "ping", "-c", "1", "-W", "1", MN)
    first = packets(tap)[0]
    assert (first[6], first[40]) == (ICMPV6, 128), "an echo request, not a solicitation"
    lab.perform("mag", {"RemoveNeighbor": {"interface": "mag-mn", "address": MN}})
    assert "PERMANENT" not in lab.run("mag", "ip", "-6", "neigh", "show", MN)


def test_what_the_kernel_refuses_is_logged_and_the_agent_goes_on(lab: Lab) -> None:
    lab.perform("mag", {"AddRoute": {"prefix": HOME, "tunnel": "2001:db8:dead::1"}})
    lab.perform("mag", attach(HOME, "no-such-if"))
    lab.perform("mag", {"RemoveRoute": {"prefix": HOME}})
    failures = lab.events("mag", "action_failed")
    assert [row["action"] for row in failures] == ["AddRoute", "AddRoute"]
    assert lab.ask("mag", "counters")["failed: AddRoute"] == 2
    bind(lab)
    assert lab.pings("mn", CN)


def test_a_restarted_agent_begins_with_a_clean_kernel(lab: Lab) -> None:
    bind(lab)
    assert lab.ask_parent({"stop": "mag"}) == {"stopped": "mag"}
    assert lab.pings("mn", CN), "the kernel forwards on without its agent"
    accept = {"AcceptTunnels": {"local": MAG, "delivery": "attached"}}
    access = [{"interface": "mag-mn"}, {"interface": "mag-mn2"}]
    lab.start("mag", "puppet", {"access": access, "initial": [accept]})
    assert not lab.pings("mn", CN)
    bind_gateway(lab)
    assert lab.pings("mn", CN)
