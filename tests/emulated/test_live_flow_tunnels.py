"""Tunnels in tunnels: who may send what so, and who may not."""

from __future__ import annotations

import socket

import pytest
from flow_lab import (
    GATEWAY_2,
    PREFIX_1,
    PREFIX_2,
    SIP,
    TIP,
    ends,
    listener,
    tunnel,
    ways,
)
from live_lab import CN, LMA, MAG, Lab, octets, packets
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.packet import Packet

pytest_plugins = ["flow_fixtures"]
pytestmark = [pytest.mark.root, pytest.mark.stock]
ELSEWHERE = "2001:db8:dead::1"


def layers(*headers: Packet | tuple[str, str]) -> Packet:
    """Return nested IPv6 packets: a pair of addresses is a header, the last one has a datagram."""
    made: Packet | None = None
    for each in headers:
        header = IPv6(src=each[0], dst=each[1]) if isinstance(each, tuple) else each
        made = header if made is None else made / header
    assert made is not None
    return made / UDP(sport=4000, dport=5000) / b"inner"


def arrives(lab: Lab, *headers: Packet | tuple[str, str], by: str = "core") -> bool:
    """Say whether the correspondent gets what ``by`` sends to the anchor."""
    tap = lab.tap("cn", "cn-lma")
    raw = lab.socket(by, socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(bytes(layers(*headers)), (LMA, 0))
    return ends((SIP, CN)) in ways(packets(tap)) or ends((ELSEWHERE, CN)) in ways(packets(tap))


def dropped(lab: Lab) -> int:
    return int(lab.ask("lma", "counters").get("dropped: inner source", 0))


BY_2, BY_TIP, FLOW = (GATEWAY_2, LMA), (TIP, LMA), (SIP, CN)


def test_one_tunnel_or_two_bring_what_the_prefixes_hold(lab: Lab) -> None:
    assert not arrives(lab, BY_2, BY_TIP, FLOW)
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    assert arrives(lab, BY_2, BY_TIP, FLOW)
    assert arrives(lab, BY_TIP, FLOW)
    assert not arrives(lab, BY_2, BY_TIP, (ELSEWHERE, CN))
    assert not arrives(lab, BY_TIP, (ELSEWHERE, CN))
    assert dropped(lab) == 2


def test_asking_again_replaces_the_prefixes(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, f"{ELSEWHERE}/128"))
    assert not arrives(lab, BY_2, BY_TIP, FLOW)
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1, "2001:db8:beef::/48"))
    assert arrives(lab, BY_2, BY_TIP, FLOW)
    assert not arrives(lab, BY_2, BY_TIP, (ELSEWHERE, CN))
    lab.perform("lma", {"RemoveTunnel": {"local": LMA, "remote": TIP}})
    assert not arrives(lab, BY_2, BY_TIP, FLOW)
    assert "dmm-inner" not in lab.run("lma", "nft", "list", "tables")


def test_a_gateway_cannot_be_played_through_another(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    assert not arrives(lab, BY_2, (MAG, LMA), FLOW)
    assert not arrives(lab, BY_2, (MAG, LMA), BY_TIP, FLOW)
    assert not arrives(lab, BY_2, BY_TIP, (SIP, LMA), FLOW)
    assert arrives(lab, (MAG, LMA), FLOW)
    assert dropped(lab) == 3


def test_tunnels_both_ways_between_two_interfaces_make_no_third(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1), tunnel(LMA, SIP, PREFIX_2))
    assert arrives(lab, BY_2, BY_TIP, FLOW)
    assert not arrives(lab, BY_2, BY_TIP, (SIP, LMA), FLOW)
    assert not arrives(lab, BY_TIP, (SIP, LMA), FLOW)


@pytest.mark.parametrize(
    "header",
    [
        IPv6ExtHdrDestOpt(),
        IPv6ExtHdrHopByHop(),
        IPv6ExtHdrRouting(),
        IPv6ExtHdrFragment(),
        IPv6ExtHdrFragment() / IPv6ExtHdrDestOpt(),
    ],
    ids=["options", "hops", "routing", "fragment", "options in a fragment"],
)
def test_headers_between_hide_no_tunnel(lab: Lab, header: Packet) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    assert not arrives(lab, BY_2, IPv6(src=MAG, dst=LMA) / header, FLOW)
    assert not arrives(lab, BY_2, IPv6(src=TIP, dst=LMA) / header, (ELSEWHERE, CN))
    assert not arrives(lab, IPv6(src=TIP, dst=LMA) / header, (ELSEWHERE, CN))


def test_the_anchor_is_spoken_to_through_the_tunnel_as_before(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    anchor, mn = listener(lab, "lma", LMA, 4000), listener(lab, "mn", TIP, 4001)
    mn.sendto(b"to the anchor", (LMA, 4000))
    assert anchor.recv(99) == b"to the anchor"
    anchor.sendto(b"from the anchor", (TIP, 4001))
    assert mn.recv(99) == b"from the anchor"
    assert lab.pings("mn", "-I", TIP, LMA)


def test_thirty_tunnels_in_one_another_end_nowhere(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    assert not arrives(lab, BY_2, *[BY_TIP] * 29, FLOW)
    assert arrives(lab, BY_2, BY_TIP, FLOW)


def test_a_stranger_is_no_peer(lab: Lab) -> None:
    lab.perform("lma", tunnel(LMA, TIP, PREFIX_1))
    tap = lab.tap("lma", "lma-cn")
    raw = lab.socket("cn", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(bytes(layers((CN, LMA), BY_TIP, (SIP, ELSEWHERE))), (LMA, 0))
    seen = [each for each in packets(tap) if each[24:40] == octets(ELSEWHERE)]
    assert seen == []
