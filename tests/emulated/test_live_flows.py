"""Flows that take ways of their own through an anchor, by real packets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from flow_lab import (
    GATEWAY_2,
    SIP,
    TIP,
    down,
    prepare,
    release,
    start,
    steer,
    stop,
    tunnel,
    up,
)
from live_lab import CN, DATA_PATHS, LMA, MAG, PUPPET, Lab, lab_on, octets, packets

pytestmark = [pytest.mark.root, pytest.mark.stock]


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    start(network)
    yield network
    stop(network)


def listener(lab: Lab, node: str, address: str, port: int) -> socket.socket:
    made = lab.socket(node, socket.AF_INET6, socket.SOCK_DGRAM)
    made.bind((address, port))
    made.settimeout(2)
    return made


def ways(seen: list[bytes]) -> list[list[tuple[bytes, bytes]]]:
    """Return the ends of the IPv6 headers of each UDP packet, outermost first."""
    found = []
    for packet in seen:
        headers = []
        while packet[6] == 41:
            headers.append((packet[8:24], packet[24:40]))
            packet = packet[40:]
        if packet[6] == socket.IPPROTO_UDP:
            found.append([*headers, (packet[8:24], packet[24:40])])
    return found


def ends(*pairs: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(octets(source), octets(destination)) for source, destination in pairs]


def test_a_steered_flow_goes_around_by_the_other_gateway(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    plain = listener(lab, "mn", SIP, 4001)
    tap = lab.tap("lma", "lma-core")
    cn.sendto(b"before", (SIP, 4000))
    assert mn.recv(99) == b"before"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"), steer(down(4000), LMA, TIP))
    cn.sendto(b"steered", (SIP, 4000))
    cn.sendto(b"plain", (SIP, 4001))
    assert mn.recv(99) == b"steered"
    assert plain.recv(99) == b"plain"
    assert ways(packets(tap)) == [
        ends((LMA, GATEWAY_2), (LMA, TIP), (CN, SIP)),
        ends((LMA, MAG), (CN, SIP)),
    ]
    lab.perform("lma", release(down(4000)))
    cn.sendto(b"after", (SIP, 4000))
    assert mn.recv(99) == b"after"
    assert ways(packets(tap)) == [ends((LMA, MAG), (CN, SIP))]


def test_the_uplink_comes_out_of_both_tunnels(lab: Lab) -> None:
    mn, cn = listener(lab, "mn", SIP, 4000), listener(lab, "cn", CN, 5000)
    mn.connect((CN, 5000))
    mn.send(b"before")
    assert cn.recv(99) == b"before"
    lab.perform("lma", tunnel(LMA, TIP, f"{SIP}/128"))
    lab.perform("mn", steer(up(4000), TIP, LMA))
    tap = lab.tap("lma", "lma-core")
    mn.send(b"steered")
    assert cn.recvfrom(99)[:1] == (b"steered",)
    assert ways(packets(tap)) == [ends((GATEWAY_2, LMA), (TIP, LMA), (SIP, CN))]
