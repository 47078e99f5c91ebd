"""Packets that come to an agent before their route is known, and leave when it is."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from live_lab import (
    CN,
    DATA_PATHS,
    HOME,
    HOME_2,
    LMA,
    MAG,
    MN,
    MN_2,
    QUERIER,
    Lab,
    lab_on,
    octets,
    packets,
    wait_for,
)

from agents.live.tun import QUEUE

pytestmark = [pytest.mark.root, pytest.mark.stock]
POOL = "2001:db8:100::/48"
IPV6, UDP, ICMPV6 = 41, 17, 58
PORT = 4000
SO_RCVBUFFORCE = 33
ACCESS = [{"interface": "mag-mn"}, {"interface": "mag-mn2"}]
AS_ROUTED = {"AddRoute": {"prefix": "::/0", "source": HOME}}


def query(lab: Lab, delay: float) -> None:
    """Have the correspondent's gateway (the node "lma") ask before it sends to the pool."""
    config = {"local": LMA, "peer": MAG, "pool": POOL, "delay": delay}
    lab.start("lma", "querier", config)


def serve(lab: Lab) -> None:
    """Have the node "mag" serve the first mobile: its packets go out as routed."""
    accept = {"AcceptTunnels": {"local": MAG, "delivery": "attached"}}
    lab.start("mag", "puppet", {"access": ACCESS, "initial": [accept]})
    attached = {"AddRoute": {"prefix": HOME, "interface": "mag-mn"}}
    lab.perform("mag", {"AddTunnel": {"local": MAG, "remote": LMA}}, attached, AS_ROUTED)


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), QUERIER) as made:
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    yield network
    network.stop_agents()


def counter(lab: Lab, node: str, name: str) -> int:
    return int(lab.ask(node, "counters").get(name, 0))


def diverted(lab: Lab, node: str = "lma") -> int:
    return counter(lab, node, "packets diverted")


def sender(lab: Lab, node: str = "cn") -> socket.socket:
    return lab.socket(node, socket.AF_INET6, socket.SOCK_DGRAM)


def receiver(lab: Lab) -> socket.socket:
    made = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)  # beyond net.core.rmem_max
    made.bind((MN, PORT))
    made.settimeout(1)
    return made


def numbers(sock: socket.socket, count: int) -> list[int]:
    """Return the numbers that arrive, until ``count`` have come or nothing comes for a second."""
    found: list[int] = []
    try:
        while len(found) < count:
            found.append(struct.unpack("!I", sock.recv(100)[:4])[0])
    except TimeoutError:
        pass
    return found


def test_a_first_packet_waits_for_its_route_and_is_not_lost(lab: Lab) -> None:
    serve(lab)
    query(lab, 0.1)
    assert " 0% packet loss" in lab.run("cn", "ping", "-n", "-c", "1", "-W", "5", MN)
    arrived = lab.wait_event("lma", "arrived")
    assert (arrived["from"], arrived["to"], arrived["octets"]) == (CN, MN, 40 + 8 + 56)
    assert lab.events("lma", "route_installed")[-1]["prefix"] == f"{MN}/128"


def test_an_established_flow_does_not_pass_the_agent(lab: Lab) -> None:
    serve(lab)
    query(lab, 0.02)
    assert " 0% packet loss" in lab.run("cn", "ping", "-n", "-c", "1", "-W", "5", MN)
    tap = lab.tap("core", "core-lma")
    before = diverted(lab)
    assert " 0% packet loss" in lab.run("cn", "ping", "-n", "-c", "50", "-i", "0.01", MN)
    assert diverted(lab) == before == 1
    tunnelled = [each for each in packets(tap) if each[6] == IPV6]
    assert len(tunnelled) == 50, "requests are tunnelled, replies are routed"
    assert all((each[8:24], each[24:40]) == (octets(LMA), octets(MAG)) for each in tunnelled)


def test_what_was_kept_leaves_first_and_in_order(lab: Lab) -> None:
    serve(lab)
    query(lab, 0.1)
    inbox, outbox = receiver(lab), sender(lab)
    count = 600
    for number in range(count):
        outbox.sendto(struct.pack("!I", number), (MN, PORT))
        time.sleep(0.0005)
    arrived = numbers(inbox, count)
    assert sorted(arrived) == list(range(count)), "nothing is lost, nothing comes twice"
    assert 1 < diverted(lab) < count, "some were kept, the rest took the route"
    # Packets that come while the route is being opened may still be diverted, and be late.
    late = sum(after < before for before, after in pairwise(arrived))
    assert late <= 5


def test_a_packet_that_was_kept_has_spent_no_hop_more(lab: Lab) -> None:
    serve(lab)
    query(lab, 0.05)
    tap = lab.tap("mn", "mn-mag")
    for _ in range(2):
        assert " 0% packet loss" in lab.run("cn", "ping", "-n", "-c", "1", "-W", "5", MN)
    requests = [each for each in packets(tap) if each[6] == ICMPV6 and each[40] == 128]
    assert len(requests) == 2
    assert requests[0][7] == requests[1][7]


def test_what_leaves_a_tunnel_for_nobody_here_is_diverted_until_its_node_comes(lab: Lab) -> None:
    config = {"local": MAG, "peer": LMA, "pool": POOL, "never": True, "access": ACCESS}
    lab.start("mag", "querier", config)
    query(lab, 0)
    inbox, outbox = receiver(lab), sender(lab)
    for number in range(3):
        outbox.sendto(struct.pack("!I", number), (MN, PORT))
    arrived = lab.wait_event("mag", "arrived")
    assert (arrived["from"], arrived["to"]) == (CN, MN)
    wait_for(lambda: diverted(lab, "mag") == 3)
    lab.tell("mag", {"command": "attach", "arguments": {"prefix": HOME, "interface": "mag-mn"}})
    assert numbers(inbox, 3) == [0, 1, 2]
    outbox.sendto(struct.pack("!I", 3), (MN, PORT))
    assert numbers(inbox, 1) == [3]
    before = diverted(lab, "mag")
    outbox.sendto(struct.pack("!I", 4), (MN, PORT))
    assert numbers(inbox, 1) == [4]
    assert diverted(lab, "mag") == before


def test_gateways_that_send_each_other_the_same_packet_do_so_for_as_long_as_it_has_hops(
    lab: Lab,
) -> None:
    lab.start("mag", "querier", {"local": MAG, "peer": LMA, "pool": POOL, "access": ACCESS})
    query(lab, 0)
    tap = lab.tap("core", "core-lma")
    sender(lab).sendto(b"round and round", (MN, PORT))
    lab.wait_event("mag", "located")
    rounds = [each for each in packets(tap) if each[6] == IPV6]
    assert 1 < len(rounds) <= 64


def test_attached_nodes_speak_as_routed_only_from_bound_prefixes(lab: Lab) -> None:
    serve(lab)
    tap = lab.tap("mag", "mag-core")
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.2", CN)
    lab.run("mn2", "ping", "-n", "-c", "1", "-W", "0.2", CN)
    lab.run("mn", "ip", "-6", "address", "add", "2001:db8:bad::1/64", "dev", "mn-mag", "nodad")
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.2", "-I", "2001:db8:bad::1", CN)
    seen = [each for each in packets(tap) if each[24:40] == octets(CN)]
    assert [(each[6], each[8:24]) for each in seen] == [(ICMPV6, octets(MN))]
    lab.perform("mag", {"RemoveRoute": {"prefix": "::/0", "source": HOME}})
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.2", CN)
    assert not [each for each in packets(tap) if each[24:40] == octets(CN)]


def test_attached_nodes_reach_each_other_without_a_tunnel(lab: Lab) -> None:
    serve(lab)
    second: dict[str, Any] = {"prefix": "::/0", "source": HOME_2}
    attached = {"AddRoute": {"prefix": HOME_2, "interface": "mag-mn2"}}
    lab.perform("mag", attached, {"AddRoute": second})
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", MN_2)
    assert not [each for each in packets(tap) if octets(MN_2) in each]


def test_what_an_attached_node_sends_to_a_home_address_elsewhere_is_diverted(lab: Lab) -> None:
    config = {"local": MAG, "peer": LMA, "pool": POOL, "never": True, "access": ACCESS}
    lab.start("mag", "querier", config)
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.2", MN_2)
    assert not lab.events("mag", "arrived"), "no binding covers the sender"
    lab.tell("mag", {"command": "attach", "arguments": {"prefix": HOME, "interface": "mag-mn"}})
    lab.wait_event("mag", "attached")
    lab.run("mag", "ip", "-6", "route", "add", "throw", "::/0", "from", HOME, "table", "43")
    lab.run("mn", "ping", "-n", "-c", "1", "-W", "0.2", MN_2)
    arrived = lab.wait_event("mag", "arrived")
    assert (arrived["from"], arrived["to"]) == (MN, MN_2)


def test_what_is_diverted_no_more_takes_the_ordinary_routes(lab: Lab) -> None:
    query(lab, 60)
    lab.run("cn", "ping", "-n", "-c", "1", "-W", "0.2", MN)
    assert diverted(lab) == 1
    lab.tell("lma", {"command": "stop"})
    lab.wait_event("lma", "stopped_diverting")
    tap = lab.tap("core", "core-lma")
    lab.run("cn", "ping", "-n", "-c", "1", "-W", "0.2", MN)
    assert [each[24:40] for each in packets(tap) if each[6] == ICMPV6][:1] == [octets(MN)]
    assert diverted(lab) == 1


def test_a_flood_fills_a_queue_of_a_known_length_and_no_more(lab: Lab) -> None:
    config = {"local": LMA, "peer": MAG, "pool": POOL, "never": True}
    started = lab.ask_parent(
        {"start": lab.specification("lma", protocol="puppet", role="querier", config=config)}
    )
    outbox, excess = sender(lab), 500
    lab.run("", "kill", "-STOP", str(started["pid"]))
    try:
        for number in range(QUEUE + excess):
            outbox.sendto(b"flood", (f"2001:db8:100:9::{number:x}", PORT))
    finally:
        lab.run("", "kill", "-CONT", str(started["pid"]))
    wait_for(lambda: diverted(lab) + counter(lab, "lma", "packets not diverted") >= QUEUE + excess)
    assert excess - 1 <= counter(lab, "lma", "packets not diverted") <= excess + 10
    assert diverted(lab) <= QUEUE


def test_a_machine_that_has_no_tun_devices_is_told_so(network: Lab) -> None:
    network.run("", "mount", "-t", "tmpfs", "none", "/dev/net")
    try:
        config = {"local": LMA, "peer": MAG, "pool": POOL}
        wanted = network.specification("lma", protocol="puppet", role="querier", config=config)
        answer = network.ask_parent({"start": wanted})
    finally:
        network.run("", "umount", "/dev/net")
    assert answer["failed"] == "lma"
    assert "/dev/net/tun" in answer["error"] and "modprobe tun" in answer["error"]
