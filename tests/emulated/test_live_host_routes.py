"""What a mobile host's agent does to the routes of its programs, and to its tunnels."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest
from live_lab import CN, DATA_PATHS, FIXED, LMA, PUPPET, Lab, lab_on, octets, packets, wait_for
from mobile_lab import (
    CARE_OF,
    CARE_OF_NEXT,
    EVERYTHING,
    HOME,
    add_address,
    bind,
    move_in,
    prepare,
    serve_home,
    source_towards,
    tunnel,
    way_out,
)

pytestmark = [pytest.mark.root, pytest.mark.stock]
IPV6, ICMPV6, UDP = 41, 58, 17


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    serve_home(network)
    yield network
    network.stop_agents()
    network.run("mn", "ip", "-6", "address", "flush", "dev", "mn-mag", "scope", "global")


def outer(seen: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [(each[8:24], each[24:40]) for each in seen if each[6] == IPV6]


def test_a_home_address_is_tunnelled_both_ways_from_the_care_of_address(lab: Lab) -> None:
    move_in(lab)
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", "-I", HOME, CN)
    there = (octets(CARE_OF), octets(LMA))
    assert outer(packets(tap)) == [there, there[::-1]]


def test_the_care_of_address_is_used_natively(lab: Lab) -> None:
    move_in(lab)
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", "-I", CARE_OF, CN)
    seen = packets(tap)
    assert outer(seen) == []
    assert octets(CARE_OF) in [each[8:24] for each in seen]


def test_programs_that_choose_no_source_get_the_home_address_and_the_tunnel(lab: Lab) -> None:
    move_in(lab)
    assert source_towards(lab, "mn") == HOME
    tap = lab.tap("mag", "mag-core")
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.sendto(b"unconnected", (CN, 4000))
    talker.connect((CN, 4000))
    talker.send(b"connected")
    sent = [each for each in packets(tap) if each[8:24] == octets(CARE_OF)]
    assert [each[6] for each in sent] == [IPV6, IPV6]
    assert [each[48:64] for each in sent] == [octets(HOME)] * 2


def test_before_the_binding_programs_get_the_care_of_address(lab: Lab) -> None:
    move_in(lab, tunnelled=False)
    assert source_towards(lab, "mn") == CARE_OF
    assert lab.pings("mn", CN)


def test_a_confined_address_is_silent_and_its_senders_are_not_told(lab: Lab) -> None:
    move_in(lab, tunnelled=False)
    tap = lab.tap("mag", "mag-mn")
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME, 0))
    for _ in range(3):
        assert talker.sendto(b"unheard", (CN, 4000)) == 7
    caller = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
    caller.bind((HOME, 0))
    caller.setblocking(False)
    assert caller.connect_ex((CN, 4000)) == errno.EINPROGRESS
    wait_for(lambda: lab.ask("mn", "counters").get("packets confined", 0) >= 4)
    assert not [each for each in packets(tap) if octets(HOME) in each]


def test_a_connection_that_began_confined_goes_on_by_the_tunnel(lab: Lab) -> None:
    move_in(lab, tunnelled=False)
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME, 0))
    talker.connect((CN, 4000))
    talker.send(b"unheard")
    lab.perform("mn", *tunnel(CARE_OF))
    tap = lab.tap("mag", "mag-core")
    talker.send(b"heard")
    assert outer(packets(tap)) == [(octets(CARE_OF), octets(LMA))]


def test_a_connection_that_began_before_is_confined_too(lab: Lab) -> None:
    move_in(lab, tunnelled=False)
    lab.perform("mn", {"Release": {"source": HOME}})
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME, 0))
    talker.connect((CN, 4000))
    tap = lab.tap("mag", "mag-mn")
    talker.send(b"native")
    lab.perform("mn", {"Confine": {"source": HOME}})
    talker.send(b"unheard")
    sent = [each for each in packets(tap) if each[8:24] == octets(HOME)]
    assert [each[48:] for each in sent] == [b"native"]


def test_a_tunnel_follows_the_care_of_address_and_its_routes_stay(lab: Lab) -> None:
    move_in(lab)
    assert lab.pings("mn", "-I", HOME, CN)
    lab.perform(
        "mn",
        *way_out(CARE_OF_NEXT),
        {"RemoveAddress": {"interface": "mn-mag", "address": CARE_OF}},
        *tunnel(CARE_OF_NEXT)[:2],
        {"RemoveTunnel": {"local": CARE_OF, "remote": LMA}},
        {"RemoveRoute": {"prefix": "::/0", "source": f"{CARE_OF}/128"}},
    )
    bind(lab, CARE_OF_NEXT)
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", "-I", HOME, CN)
    there = (octets(CARE_OF_NEXT), octets(LMA))
    assert outer(packets(tap)) == [there, there[::-1]]
    assert not lab.events("mn", "action_failed")


def test_a_tunnel_moves_to_another_interface_with_its_routes(lab: Lab) -> None:
    move_in(lab)
    second = "2001:db8:a3::c"
    for words in (
        "ip link add mag-second netns mag type veth peer name mn-second netns mn",
        "ip -n mag link set mag-second up",
        "ip -n mn link set mn-second up",
        "ip -n mag -6 address add 2001:db8:a3::1/64 dev mag-second nodad",
        f"ip -n mag -6 address add {FIXED}/64 dev mag-second nodad",
        "ip -n core -6 route replace 2001:db8:a3::/64 via fe80::1 dev core-mag",
    ):
        assert lab.run("", *words.split()) == ""
    lab.perform("mn", *way_out(second, "mn-second")[:2], *tunnel(second)[:2])
    bind(lab, second)
    tap = lab.tap("mag", "mag-second")
    assert lab.pings("mn", "-I", HOME, CN)
    assert outer(packets(tap))[0] == (octets(second), octets(LMA))
    assert source_towards(lab, "mn") == HOME
    lab.run("", "ip", "-n", "mag", "link", "delete", "mag-second")


def test_without_a_care_of_address_nothing_is_tunnelled_from_the_home_address(lab: Lab) -> None:
    move_in(lab)
    lab.perform("mn", {"RemoveAddress": {"interface": "mn-mag", "address": CARE_OF}})
    tap = lab.tap("mag", "mag-mn")
    assert not lab.pings("mn", "-I", HOME, CN)
    assert not [each for each in packets(tap) if octets(HOME) in each]


def test_at_home_a_tunnel_starts_at_the_home_address(lab: Lab) -> None:
    """What a proxy far away tunnels to and from a mobile node that is at home."""
    at_home = [*way_out(CARE_OF), {"Confine": {"source": CARE_OF}}, *tunnel(CARE_OF)]
    lab.start("mn", "puppet", {"initial": [add_address(HOME, "lo"), *at_home]})
    bind(lab)
    assert lab.pings("mn", "-I", HOME, CN)
    lab.perform("mn", {"RemoveTunnel": {"local": CARE_OF, "remote": LMA}})
    assert not lab.pings("mn", "-I", HOME, CN)
    assert not lab.events("mn", "action_failed")


def test_a_stranger_s_tunnel_ends_at_no_host(lab: Lab) -> None:
    move_in(lab)
    listener = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    listener.bind((HOME, 4000))
    listener.settimeout(0.3)
    for source, heard in ((CN, False), (LMA, True)):
        raw = lab.socket("lma" if heard else "cn", socket.AF_INET6, socket.SOCK_RAW, IPV6)
        raw.sendto(datagram(CN, HOME), (CARE_OF, 0))
        if heard:
            assert listener.recv(100) == b"data", source
        else:
            with pytest.raises(TimeoutError):
                listener.recv(100)


def datagram(source: str, destination: str) -> bytes:
    from scapy.layers.inet import UDP as UdpHeader
    from scapy.layers.inet6 import IPv6

    made = IPv6(src=source, dst=destination) / UdpHeader(sport=9, dport=4000) / b"data"
    return bytes(made)


def test_a_restarted_host_agent_begins_with_clean_routes(lab: Lab) -> None:
    move_in(lab)
    assert lab.ask_parent({"stop": "mn"}) == {"stopped": "mn"}
    lab.start("mn", "puppet", {"initial": []})
    assert lab.run("mn", "ip", "-6", "route", "show", "table", "43", "type", "unicast") == ""
    assert HOME not in lab.run("mn", "ip", "-6", "rule")


def test_packets_to_a_router_that_is_gone_hold_nothing_up(lab: Lab) -> None:
    move_in(lab, tunnelled=False)
    gone = "fe80::dead"
    lab.perform("mn", {"AddRoute": {"prefix": EVERYTHING, "interface": "mn-mag", "next_hop": gone}})
    assert not lab.pings("mn", CN)
    assert gone in lab.run("mn", "ip", "-6", "neighbor", "show", "dev", "mn-mag")
    route = {"prefix": EVERYTHING, "interface": "mn-mag", "next_hop": FIXED}
    lab.perform("mn", {"AddRoute": route})
    assert gone not in lab.run("mn", "ip", "-6", "neighbor", "show", "dev", "mn-mag")
    assert lab.pings("mn", CN)
