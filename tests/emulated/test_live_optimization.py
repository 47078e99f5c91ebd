"""Data between a mobile node and its peers by the direct way; scapy judges the packets."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator

import pytest
from live_lab import CN, PUPPET, Lab, lab_on, octets, packets, wait_for
from mobile_lab import (
    CARE_OF,
    CARE_OF_2,
    CARE_OF_NEXT,
    HOME,
    HOME_2,
    add_address,
    bind,
    move_in,
    prepare,
    serve_home,
    tunnel,
    way_out,
)
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (
    HAO,
    HBHOptUnknown,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    RouterAlert,
)

pytestmark = [pytest.mark.root]
IPV6, ROUTING, OPTIONS, MOBILITY = 41, 43, 60, 135
PORT = 4000
MUCH = 30_000_000
MN_SIDE = {"Optimize": {"local": HOME, "peer": CN, "local_care_of": CARE_OF}}
CN_SIDE = {"Optimize": {"local": CN, "peer": HOME, "peer_care_of": CARE_OF}}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    serve_home(network)
    move_in(network)
    network.start("cn", "puppet", {}, settings={"home_addresses": True})
    yield network
    network.stop_agents()
    for node in ("mn", "mn2"):
        network.run(node, "ip", "-6", "address", "flush", "dev", f"{node}-mag", "scope", "global")
        network.run(node, "ip", "-6", "address", "flush", "dev", "lo", "scope", "global")


def optimize(lab: Lab) -> None:
    lab.perform("mn", MN_SIDE)
    lab.perform("cn", CN_SIDE)


def between(seen: list[bytes], source: str, destination: str) -> list[IPv6]:
    ends = octets(source) + octets(destination)
    return [IPv6(each) for each in seen if each[8:40] == ends]


def test_packets_go_directly_with_the_headers_of_the_rfc(lab: Lab) -> None:
    optimize(lab)
    tap = lab.tap("mag", "mag-core")
    assert lab.pings("mn", "-I", HOME, CN)
    seen = packets(tap)
    assert not [each for each in seen if each[6] == IPV6]
    (request,) = between(seen, CARE_OF, CN)
    assert request.nh == OPTIONS
    (option,) = [each for each in request[IPv6ExtHdrDestOpt].options if each.otype == 0xC9]
    assert (option.hoa, option.optlen) == (HOME, 16)
    (reply,) = between(seen, CN, CARE_OF)
    assert reply.nh == ROUTING
    header = reply[IPv6ExtHdrRouting]
    assert (header.type, header.segleft, header.addresses) == (2, 1, [HOME])


def test_two_mobile_nodes_put_both_headers(lab: Lab) -> None:
    first = [add_address(HOME_2, "lo"), {"Confine": {"source": HOME_2}}]
    lab.start("mn2", "puppet", {"initial": [*first, *way_out(CARE_OF_2, "mn2-mag")]})
    lab.perform("mn2", *tunnel(CARE_OF_2, HOME_2))
    bind(lab, CARE_OF_2, HOME_2)
    cares = {"local_care_of": CARE_OF, "peer_care_of": CARE_OF_2}
    back = {"local_care_of": CARE_OF_2, "peer_care_of": CARE_OF}
    lab.perform("mn", {"Optimize": {"local": HOME, "peer": HOME_2, **cares}})
    lab.perform("mn2", {"Optimize": {"local": HOME_2, "peer": HOME, **back}})
    tap = lab.tap("mag", "mag-mn")
    assert lab.pings("mn", "-I", HOME, HOME_2)
    (request,) = between(packets(tap), CARE_OF, CARE_OF_2)
    assert request[IPv6ExtHdrRouting].addresses == [HOME_2]
    assert request[IPv6ExtHdrRouting].nh == OPTIONS, "the option is behind the routing header"
    assert request[HAO].hoa == HOME


@pytest.mark.parametrize("sender", ["mn", "cn"])
def test_a_transfer_arrives_whole(lab: Lab, sender: str) -> None:
    optimize(lab)
    tap = lab.tap("mag", "mag-core")
    receiver = "cn" if sender == "mn" else "mn"
    address = {"mn": HOME, "cn": CN}
    server = lab.socket(receiver, socket.AF_INET6, socket.SOCK_STREAM)
    server.bind((address[receiver], PORT))
    server.listen()
    client = lab.socket(sender, socket.AF_INET6, socket.SOCK_STREAM)
    client.connect((address[receiver], PORT))
    assert client.getsockname()[0] == address[sender]
    content = os.urandom(MUCH)
    feeder = threading.Thread(target=lambda: (client.sendall(content), client.close()))
    feeder.start()
    accepted, _ = server.accept()
    assert hashlib.sha256(read(accepted)).digest() == hashlib.sha256(content).digest()
    feeder.join()
    server.close()
    assert not [each for each in packets(tap) if each[6] == IPV6], "none by the home agent"
    counters = lab.ask("mn", "counters")
    assert counters["packets sent optimized"] > 0 < counters["packets received optimized"]
    assert "packets lost on leaving" not in counters


def read(connection: socket.socket) -> bytes:
    connection.settimeout(30)
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    connection.close()
    return b"".join(parts)


def talk(lab: Lab, sender: str, receiver: str, payload: bytes) -> tuple[bytes, str]:
    """Send a datagram from a socket without a source; return it and the source as heard."""
    address = {"mn": HOME, "cn": CN}
    listener = lab.socket(receiver, socket.AF_INET6, socket.SOCK_DGRAM)
    listener.bind((address[receiver], PORT))
    listener.settimeout(5)
    talker = lab.socket(sender, socket.AF_INET6, socket.SOCK_DGRAM)
    talker.sendto(payload, (address[receiver], PORT))
    heard, name = listener.recvfrom(65535)
    listener.close()
    return heard, name[0]


@pytest.mark.parametrize("sender", ["mn", "cn"])
def test_programs_that_choose_no_source_are_optimized_too(lab: Lab, sender: str) -> None:
    optimize(lab)
    tap = lab.tap("mag", "mag-core")
    receiver = "cn" if sender == "mn" else "mn"
    assert talk(lab, sender, receiver, b"hello") == (b"hello", {"mn": HOME, "cn": CN}[sender])
    assert not [each for each in packets(tap) if each[6] == IPV6]


@pytest.mark.parametrize("sender", ["mn", "cn"])
def test_a_datagram_in_fragments_arrives(lab: Lab, sender: str) -> None:
    optimize(lab)
    receiver = "cn" if sender == "mn" else "mn"
    payload = os.urandom(5000)
    tap = lab.tap("mag", "mag-core")
    assert talk(lab, sender, receiver, payload)[0] == payload
    assert max(len(each) for each in packets(tap)) <= 1500


def test_an_unknown_home_address_is_told_of_and_not_believed(lab: Lab) -> None:
    listener = lab.socket("cn", socket.AF_INET6, socket.SOCK_DGRAM)
    listener.bind((CN, PORT))
    listener.settimeout(0.3)
    lab.perform("mn", MN_SIDE)
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME, 0))
    talker.sendto(b"forged?", (CN, PORT))
    lab.wait_event("cn", "HomeAddressUnknown")
    lab.perform("cn", {"Optimize": {"local": CN, "peer": HOME, "peer_care_of": CARE_OF_2}})
    talker.sendto(b"forged?", (CN, PORT))
    lab.wait_event("cn", "HomeAddressUnknown", 2)
    with pytest.raises(TimeoutError):
        listener.recv(100)
    assert lab.ask("cn", "counters")["dropped: unknown home address"] == 2
    lab.perform("cn", CN_SIDE)
    talker.sendto(b"believed", (CN, PORT))
    assert listener.recv(100) == b"believed"


def test_two_home_addresses_behind_one_care_of_address_are_told_apart(lab: Lab) -> None:
    lab.perform("cn", CN_SIDE)
    lab.perform("mn", add_address(HOME_2, "lo"), *tunnel(CARE_OF, HOME_2)[2:3])
    lab.perform("mn", {"Optimize": {"local": HOME_2, "peer": CN, "local_care_of": CARE_OF}})
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME_2, 0))
    talker.sendto(b"forged?", (CN, PORT))
    event = lab.wait_event("cn", "HomeAddressUnknown")
    assert (event["home_address"], event["source"]) == (HOME_2, CARE_OF)


def test_messages_of_the_mobility_header_take_no_optimized_route(lab: Lab) -> None:
    optimize(lab)
    tap = lab.tap("mag", "mag-core")
    message = {"message": "refresh", "source": HOME, "destination": CN}
    lab.perform("mn", {"SendMessage": message})
    lab.perform("cn", {"SendMessage": {**message, "source": CN, "destination": HOME}})
    lab.wait_event("mn", "heard")
    seen = packets(tap)
    assert [each[46] for each in seen if each[6] == IPV6 and each[46] == MOBILITY]
    assert not [each for each in seen if each[6] in (ROUTING, OPTIONS)]


def test_a_connection_is_moved_to_the_direct_way_and_with_the_care_of_address(lab: Lab) -> None:
    server = lab.socket("cn", socket.AF_INET6, socket.SOCK_STREAM)
    server.bind((CN, PORT))
    server.listen()
    client = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
    client.connect((CN, PORT))
    accepted, name = server.accept()
    assert name[0] == HOME
    assert exchanged(lab, client, accepted) == {IPV6}
    optimize(lab)
    assert exchanged(lab, client, accepted) == {OPTIONS, ROUTING}
    lab.perform(
        "mn",
        *way_out(CARE_OF_NEXT),
        {"RemoveAddress": {"interface": "mn-mag", "address": CARE_OF}},
        *tunnel(CARE_OF_NEXT)[:2],
        {"Optimize": {"local": HOME, "peer": CN, "local_care_of": CARE_OF_NEXT}},
    )
    lab.perform("cn", {"Optimize": {"local": CN, "peer": HOME, "peer_care_of": CARE_OF_NEXT}})
    assert exchanged(lab, client, accepted) == {OPTIONS, ROUTING}
    bind(lab, CARE_OF_NEXT)
    lab.perform("mn", {"StopOptimizing": {"local": HOME, "peer": CN}})
    lab.perform("cn", {"StopOptimizing": {"local": CN, "peer": HOME}})
    assert exchanged(lab, client, accepted) == {IPV6}
    client.close()
    server.close()


def exchanged(lab: Lab, one: socket.socket, other: socket.socket) -> set[int]:
    """Send something each way; return the next headers of what was seen on the way."""
    tap = lab.tap("mag", "mag-core")
    for sender, receiver in ((one, other), (other, one)):
        sender.sendall(b"x" * 5000)
        receiver.settimeout(5)
        left = 5000
        while left:
            left -= len(receiver.recv(left))
    return {each[6] for each in packets(tap) if each[6] != 58}


def test_a_narrow_link_on_the_way_is_heard_of(lab: Lab) -> None:
    optimize(lab)
    lab.run("core", "ip", "link", "set", "core-lma", "mtu", "1400")
    try:
        server = lab.socket("cn", socket.AF_INET6, socket.SOCK_STREAM)
        server.bind((CN, PORT))
        server.listen()
        client = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
        client.bind((HOME, 0))
        client.connect((CN, PORT))
        accepted, _ = server.accept()
        content = os.urandom(200_000)
        feeder = threading.Thread(target=lambda: (client.sendall(content), client.close()))
        feeder.start()
        assert read(accepted) == content
        feeder.join()
        server.close()
    finally:
        lab.run("core", "ip", "link", "set", "core-lma", "mtu", "1500")


def test_a_datagram_that_must_not_be_cut_is_refused_with_the_mtu(lab: Lab) -> None:
    optimize(lab)
    assert lab.pings("mn", "-I", HOME, "-M", "do", "-s", str(1500 - 24 - 48), CN)
    assert not lab.pings("mn", "-I", HOME, "-M", "do", "-s", str(1500 - 24 - 47), CN)


def test_options_and_headers_before_the_home_address_are_understood(lab: Lab) -> None:
    lab.perform("cn", CN_SIDE)
    listener = lab.socket("cn", socket.AF_INET6, socket.SOCK_DGRAM)
    listener.bind((CN, PORT))
    listener.settimeout(5)
    hops = IPv6ExtHdrHopByHop(options=[RouterAlert(value=1)])
    options = [HBHOptUnknown(otype=0x1E, optdata=bytes(10)), HAO(hoa=HOME)]
    inner = bytes(IPv6(src=HOME, dst=CN) / UDP(sport=9, dport=PORT) / b"odd")[40:]
    made = IPv6(src=CARE_OF, dst=CN) / hops / IPv6ExtHdrDestOpt(nh=17, options=options)
    whole = bytearray(bytes(made) + inner)
    whole[4:6] = (len(whole) - 40).to_bytes(2, "big")
    raw = lab.socket("mn", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.bind((CARE_OF, 0))
    raw.sendto(bytes(whole), (CN, 0))
    heard, name = listener.recvfrom(100)
    assert (heard, name[0]) == (b"odd", HOME)


def test_the_kernel_answers_nothing_itself(lab: Lab) -> None:
    optimize(lab)
    tap = lab.tap("mag", "mag-core")
    wait_for(lambda: lab.pings("mn", "-I", HOME, CN))
    problems = [each for each in packets(tap) if each[6] == 58 and each[40] == 4]
    assert not problems


def test_no_octets_of_a_peer_end_the_agent(lab: Lab) -> None:
    lab.perform("cn", CN_SIDE)
    head, addresses = bytes.fromhex("60000000"), octets(CARE_OF) + octets(CN)
    option = bytes.fromhex("0201020000c910") + octets(HOME)
    whole = bytes([59]) + option
    frames = lab.socket("lma", socket.AF_PACKET, socket.SOCK_DGRAM)
    mac = lab.run("cn", "cat", "/sys/class/net/cn-lma/address").strip()
    to = ("lma-cn", 0x86DD, 0, 0, bytes.fromhex(mac.replace(":", "")))
    before = lab.ask("cn", "counters").get("packets received optimized", 0)
    for first in (0, 43, 60):
        for size in range(len(whole) + 1):
            for said in (size, 24, 48, 1000):
                length = said.to_bytes(2, "big")
                frames.sendto(head + length + bytes([first, 64]) + addresses + whole[:size], to)
    assert lab.pings("cn", "2001:db8:c::1")
    optimize(lab)
    assert lab.pings("mn", "-I", HOME, CN)
    after = lab.ask("cn", "counters")["packets received optimized"]
    assert after - before == 1 + 2, "one echo, and the two that say what they are"
