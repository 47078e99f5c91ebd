"""Who may send from which home address through a home agent's tunnels."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest
from live_lab import CN, DATA_PATHS, LMA, PUPPET, Lab, lab_on, octets, packets
from mobile_lab import (
    CARE_OF,
    CARE_OF_2,
    CARE_OF_NEXT,
    HOME,
    HOME_2,
    ROUTER,
    ROUTER_2,
    bind,
    prepare,
    serve_home,
)
from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

pytestmark = [pytest.mark.root, pytest.mark.stock]
IPV6 = 41
MANY, A_REQUEST = 2000, 250


@pytest.fixture(scope="module", params=DATA_PATHS)
def network(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with lab_on(request.param, tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        for address in (CARE_OF, CARE_OF_NEXT):
            made.run("mn", *f"ip -6 address add {address}/64 dev mn-mag nodad".split())
        made.run("mn", "ip", "-6", "route", "add", "default", "via", ROUTER)
        made.run("mn2", *f"ip -6 address add {CARE_OF_2}/64 dev mn2-mag nodad".split())
        made.run("mn2", "ip", "-6", "route", "add", "default", "via", ROUTER_2)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    serve_home(network, reverse_path=True)
    yield network
    network.stop_agents()


def heard(lab: Lab, care_of: str, home: str, *headers: object) -> bool:
    """Say whether the correspondent hears what a node sends in a tunnel from ``care_of``."""
    tap = lab.tap("cn", "cn-lma")
    made = IPv6(src=care_of, dst=LMA)
    for header in headers:
        made /= header
    made /= IPv6(src=home, dst=CN) / UDP(sport=9, dport=4000) / b"inner"
    node = "mn2" if care_of == CARE_OF_2 else "mn"
    raw = lab.socket(node, socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.bind((care_of, 0))
    raw.sendto(bytes(made), (LMA, 0))
    return any(each[8:24] == octets(home) for each in packets(tap))


def dropped(lab: Lab) -> int:
    return int(lab.ask("lma", "counters").get("dropped: reverse path", 0))


def test_a_mobile_node_sends_from_its_own_home_address_alone(lab: Lab) -> None:
    bind(lab)
    bind(lab, CARE_OF_2, HOME_2)
    assert heard(lab, CARE_OF, HOME)
    assert heard(lab, CARE_OF_2, HOME_2)
    assert not heard(lab, CARE_OF, HOME_2)
    assert not heard(lab, CARE_OF_2, HOME)
    assert not heard(lab, CARE_OF, "2001:db8:dead::1")
    assert dropped(lab) == 3


def test_a_header_before_the_inner_packet_hides_nothing(lab: Lab) -> None:
    bind(lab)
    bind(lab, CARE_OF_2, HOME_2)
    assert not heard(lab, CARE_OF, HOME_2, IPv6ExtHdrDestOpt())
    assert dropped(lab) == 1


def test_the_pair_moves_with_the_binding(lab: Lab) -> None:
    bind(lab)
    assert heard(lab, CARE_OF, HOME)
    bind(lab, CARE_OF_NEXT)
    assert heard(lab, CARE_OF_NEXT, HOME)
    assert not heard(lab, CARE_OF, HOME)
    lab.perform("lma", {"RemoveRoute": {"prefix": f"{HOME}/128"}})
    assert not heard(lab, CARE_OF_NEXT, HOME)


def test_what_lies_in_a_shorter_prefix_passes(lab: Lab) -> None:
    bind(lab)
    lab.perform("lma", {"AddRoute": {"prefix": "2001:db8:b:77::/64", "tunnel": CARE_OF}})
    assert heard(lab, CARE_OF, "2001:db8:b:77::abcd")
    assert not heard(lab, CARE_OF, "2001:db8:b:78::abcd")
    assert heard(lab, CARE_OF, HOME)


def test_without_the_check_any_inner_source_of_a_peer_passes(lab: Lab) -> None:
    assert lab.ask_parent({"stop": "lma"}) == {"stopped": "lma"}
    serve_home(lab)
    bind(lab)
    assert heard(lab, CARE_OF, HOME_2)


def test_nobody_is_redirected_by_what_comes_out_of_a_tunnel(lab: Lab) -> None:
    bind(lab)
    tap = lab.tap("lma", "lma-core")
    core = "2001:db8:d::1"
    raw = lab.socket("mn", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.bind((CARE_OF, 0))
    inner = IPv6(src=HOME, dst=core) / UDP(sport=9, dport=4000)
    raw.sendto(bytes(IPv6(src=CARE_OF, dst=LMA) / inner), (LMA, 0))
    assert not [each for each in packets(tap) if b"\x89\0" in each[40:42] + each[80:82]]


def test_thousands_of_bindings_are_made_and_moved_in_bulk(lab: Lab) -> None:
    homes = [f"2001:db8:b:2::{n:x}" for n in range(1, MANY + 1)]
    lab.perform("lma", {"AddTunnel": {"local": LMA, "remote": CARE_OF}})
    routes = [{"AddRoute": {"prefix": f"{home}/128", "tunnel": CARE_OF}} for home in homes]
    began = time.monotonic()
    for start in range(0, MANY, A_REQUEST):
        lab.perform("lma", *routes[start : start + A_REQUEST])
    took = time.monotonic() - began
    assert heard(lab, CARE_OF, homes[-1])
    assert not heard(lab, CARE_OF_2, homes[-1])
    listed = json.loads(lab.run("lma", "ip", "-j", "-6", "route", "show", "table", "main"))
    assert len([row for row in listed if row["dst"].startswith("2001:db8:b:2::")]) == MANY
    print(f"\n{MANY} bindings in {took:.2f} s")
    assert not lab.events("lma", "action_failed")
