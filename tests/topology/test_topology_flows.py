"""Flows know their addresses, directions and identifiers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testbed.topology.network import Flow, Network

Load = Callable[..., Network]

NETWORK = """\
protocol: pmipv6
domains: {home: {prefix: "2001:db8:1::/48"}}
nodes:
  lma: {place: anchor}
  cn: {place: correspondent}
  mn1: {place: mobile, interfaces: {wlan0: {}, lte0: {}}}
  mn2: {place: mobile}
links:
  - {ends: [cn, lma]}
flows:
"""


def flow(loads: Load, text: str) -> Flow:
    return loads(f"{NETWORK}  it: {{{text}}}\n").flows["it"]


def test_a_ping_goes_to_a_home_address_and_back(loads: Load) -> None:
    found = flow(loads, "kind: ping, from: cn, to: mn1")
    assert found.source_address == "2001:db8:1:1::2"
    assert found.destination_address == "2001:db8:1:8000:0:ff:fe03:0"
    assert (found.direction, found.interval, found.size) == ("both", 0.1, 56)


def test_a_ping_of_the_mobiles_stays_the_mobiles(loads: Load) -> None:
    found = flow(loads, "kind: ping, from: mn1, to: cn")
    assert (found.source, found.destination) == ("mn1", "cn")


@pytest.mark.parametrize(
    ("text", "ends", "direction"),
    [
        ("from: cn, to: mn1", ("cn", "mn1"), "down"),
        ("from: mn1, to: cn", ("cn", "mn1"), "up"),
        ("from: mn1, to: cn, direction: down", ("cn", "mn1"), "down"),
        ("from: cn, to: mn1, direction: up", ("cn", "mn1"), "up"),
        ("from: mn1, to: mn2", ("mn1", "mn2"), "down"),
        ("from: cn, to: lma", ("cn", "lma"), "down"),
    ],
)
def test_a_direction_is_seen_from_the_mobile(
    text: str, ends: tuple[str, str], direction: str, loads: Load
) -> None:
    for kind in ("udp", "tcp"):
        found = flow(loads, f"kind: {kind}, {text}")
        assert ((found.source, found.destination), found.direction) == (ends, direction)


def test_a_rate_becomes_an_interval(loads: Load) -> None:
    assert flow(loads, "kind: udp, from: cn, to: mn1, rate: 64kbit/s, size: 160").interval == 0.02
    assert flow(loads, "kind: udp, from: cn, to: mn1, interval: 5ms").interval == 0.005
    assert flow(loads, "kind: udp, from: cn, to: mn1, interval: 100us").interval == 0.0001
    assert flow(loads, "kind: udp, from: cn, to: mn1, rate: 12.8Mbit/s").interval == 0.0001
    assert flow(loads, "kind: udp, from: cn, to: mn1").interval == 0.02


def test_tcp_has_a_rate_of_its_own(loads: Load) -> None:
    assert flow(loads, "kind: tcp, from: cn, to: mn1").rate is None
    assert flow(loads, "kind: tcp, from: cn, to: mn1, rate: 2Mbit/s").rate == 2e6


def test_the_interface_of_a_mobile_may_be_chosen(loads: Load) -> None:
    found = flow(loads, "kind: tcp, from: cn, to: mn1, interface: lte0, service: video")
    assert found.destination_address == "2001:db8:1:8001:0:ff:fe03:1"
    assert found.service == "video"


MOBILES = NETWORK.replace("mn2: {place: mobile}", "mn2: {place: mobile, interfaces: {%s}}")


@pytest.mark.parametrize(
    ("interfaces", "addresses"),
    [
        # Both have it; only mn1 has it.
        ("wlan0: {}, lte0: {}", ("8001:0:ff:fe03:1", "8003:0:ff:fe04:1")),
        ("wlan0: {}", ("8001:0:ff:fe03:1", "8002:0:ff:fe04:0")),
    ],
)
def test_between_mobiles_an_interface_is_chosen_of_each_that_has_it(
    interfaces: str, addresses: tuple[str, str], loads: Load
) -> None:
    for ends, expected in (
        ("from: mn1, to: mn2", addresses),
        ("from: mn2, to: mn1", addresses[::-1]),
    ):
        text = MOBILES % interfaces + f"  it: {{kind: ping, {ends}, interface: lte0}}\n"
        found = loads(text).flows["it"]
        both = (found.source_address, found.destination_address)
        assert both == tuple(f"2001:db8:1:{each}" for each in expected)


def test_a_command_names_its_ends(loads: Load) -> None:
    text = "kind: command, from: cn, to: mn1, interface: lte0, command: "
    found = flow(loads, text + "'ping -c 1 -I {from} {to} | awk ''{print $1}'''")
    command = "ping -c 1 -I 2001:db8:1:1::2 2001:db8:1:8001:0:ff:fe03:1 | awk '{print $1}'"
    assert found.command == command


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("echo ${to}", "echo ${to}"),
        ("awk '{{print}}'", "awk '{print}'"),
        ("seq {1..3} {a,b}", "seq {1..3} {a,b}"),
        ("curl http://[{to}]/", "curl http://[2001:db8:1:8000:0:ff:fe03:0]/"),
    ],
)
def test_other_braces_are_the_commands_own(written: str, runs: str, loads: Load) -> None:
    text = "  it:\n    kind: command\n    from: cn\n    to: mn1\n    command: |-\n      "
    assert loads(f"{NETWORK}{text}{written}\n").flows["it"].command == runs


def test_a_command_needs_no_peer(loads: Load) -> None:
    found = flow(loads, "kind: command, from: cn, command: 'curl x', success: '^200'")
    assert (found.source, found.destination, found.destination_address) == ("cn", "", "")
    assert (found.command, found.success) == ("curl x", "^200")


def test_identifiers_are_unique(loads: Load) -> None:
    lines = "".join(f"  p{i}: {{kind: ping, from: cn, to: mn1}}\n" for i in range(20))
    flows = loads(NETWORK + lines).flows
    assert len({each.identifier for each in flows.values()}) == 20


@pytest.mark.parametrize("kind", ["ping", "udp", "tcp"])
@pytest.mark.parametrize(("one", "other"), [("cn", "mn1"), ("mn1", "cn"), ("mn2", "mn1")])
def test_who_is_written_first_begins_the_flow(kind: str, one: str, other: str, loads: Load) -> None:
    found = flow(loads, f"kind: {kind}, from: {one}, to: {other}")
    assert found.initiator == one
    assert not found.asks
    assert {found.source, found.destination} == {one, other}
