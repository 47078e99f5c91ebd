"""Figure 10 (b) of draft-liu-dmm-flows-distribution-and-handoff-01, message by message.

A management server, or the correspondent that is one, is asked for home proxies: `dmipv6` with
another way of discovery, and a call that begins.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest
from dmipv6_dialogue import Message, address_in, dialogue_of, records_in
from host_runs import TOPOLOGIES, Played, play

pytestmark = pytest.mark.root

CALL = """
flows:
  call: {kind: udp, from: mn1, to: cn1, direction: both, interval: 20ms, size: 160, service: voip}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 2s, start: call}
  - {at: 3s, stop: call}
"""
DOMAIN = IPv6Network("2001:db8:11::/48")
CONVERSATIONAL, MIN_SECURITY = 1, 2
PASSIVE = bytes.fromhex("8000")


def call(folder: Path, discovery: str, *, upgraded: bool = False) -> Played:
    """Play a call where home proxies are found by ``discovery``."""
    text = (TOPOLOGIES / "dmipv6" / "topology.yaml").read_text().partition("\nflows:")[0]
    assert "discovery: anycast" in text
    text = text.replace("discovery: anycast", f"discovery: {discovery}")
    if upgraded:
        text = text.replace("{place: correspondent, role: none}", "{place: correspondent}")
    file = folder / "figure.yaml"
    file.write_text(text + CALL)
    return play(folder, str(file))


def begun(played: Played) -> list[Message]:
    """What the mobile node and the correspondent's domain say while the call begins.

    But for route optimization with the correspondent, which may begin meanwhile.
    """
    (opened,) = played.named("flow_opened", flow="call")
    peer = IPv6Network(played.address("cn1"))
    return [
        each
        for each in dialogue_of(played, "mn1")
        if each.at < opened["at"] + 0.001
        and each.concerns(DOMAIN)
        and not (each.said and each.concerns(peer))
    ]


def steps(messages: list[Message]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.source, each.destination) for each in messages]


def bound(played: Played) -> list[tuple[str, str, str]]:
    """The steps with the home proxy that was chosen."""
    here, proxy = played.care_of("mn1", "wlan1"), played.address("dhp11")
    return [
        ("request", here, proxy),
        ("response", proxy, here),
        ("BU", here, proxy),
        ("BA", proxy, here),
    ]


@pytest.mark.parametrize("discovery", ["server-active", "server-passive"])
def test_a_management_server_is_asked(tmp_path: Path, discovery: str) -> None:
    played = call(tmp_path, discovery)
    here, server, name = played.care_of("mn1", "wlan1"), played.address("ms1"), "dhp-server"
    messages = begun(played)
    assert steps(messages) == [
        (f"{name}.domain1.test", here, played.address("ns1")),
        (f"{name}.domain1.test", played.address("ns1"), here),
        ("query", here, server),
        ("answer", server, here),
        *bound(played),
    ]
    query, answer, _, response = (message.octets for message in messages[2:6])
    told = [address_in(record) for record in records_in(answer)]
    assert (query[:2].hex(), answer[:2].hex()) == ("a400", "a500")
    if discovery == "server-active":
        assert (query[4:], answer[4:12]) == (bytes(4), bytes(8))
        assert sorted(told) == sorted(played.address(name) for name in ("dhp11", "dhp12"))
    else:
        assert query[4:12] == answer[4:12] == PASSIVE + bytes(6)
        assert (query[12], query[16]) == (CONVERSATIONAL, MIN_SECURITY)
        assert told == [played.address("dhp11")]
    assert str(IPv6Address(response[8:])) == played.named("flow_opened", flow="call")[0]["source"]
    _server_was_told(played, "ms1")


def test_the_correspondent_is_asked_from_the_home_address(tmp_path: Path) -> None:
    played = call(tmp_path, "correspondent", upgraded=True)
    home, peer = played.address("mn1"), played.address("cn1")
    messages = begun(played)
    assert steps(messages) == [("query", home, peer), ("answer", peer, home), *bound(played)]
    assert messages[0].octets[:2].hex() == "a400"
    assert played.address("dhp11") in map(address_in, records_in(messages[1].octets))
    _server_was_told(played, "cn1")


def _server_was_told(played: Played, server: str) -> None:
    """Home proxies have announced themselves before anybody asked (§4.3.3.2.2)."""
    asked = played.seen(server, "frame.time_epoch", display_filter="icmpv6.type == 164")
    told = played.seen(server, "frame.time_epoch", "ipv6.src", display_filter="icmpv6.type == 163")
    first = min(float(row["frame.time_epoch"][0]) for row in asked)
    before = {row["ipv6.src"][0] for row in told if float(row["frame.time_epoch"][0]) < first}
    assert before == {played.address(name) for name in ("dhp11", "dhp12")}
