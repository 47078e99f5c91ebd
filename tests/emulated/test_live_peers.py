"""Who is heard through a tunnel, what is refused, and which source a user's programs get."""

from __future__ import annotations

import errno
import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from live_lab import CN, LMA, PUPPET, Lab, lab_on, octets, packets, wait_for
from mobile_lab import (
    CARE_OF,
    HOME,
    HOME_2,
    ROUTER,
    add_address,
    bind,
    move_in,
    prepare,
    serve_home,
    source_towards,
    tunnel,
)

pytestmark = [pytest.mark.root, pytest.mark.stock]
PORT = 4000
TCP, UDP, ICMPV6, IPV6, MOBILITY = 6, 17, 58, 41, 135
SOLICITATION, ADVERTISEMENT = 135, 136
USER = 61234
CORE = "2001:db8:d::1"
WATCH = {"WatchPeers": {"home": HOME}}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), PUPPET) as made:
        prepare(made)
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    serve_home(network)
    move_in(network)
    yield network
    network.stop_agents()
    for device in ("mn-mag", "lo"):
        network.run("mn", "ip", "-6", "address", "flush", "dev", device, "scope", "global")


def heard(lab: Lab) -> list[tuple[str, str]]:
    return [(row["home"], row["peer"]) for row in lab.events("mn", "PeerHeard")]


def test_a_peer_is_heard_once_until_it_is_forgotten(lab: Lab) -> None:
    assert lab.pings("cn", HOME)
    lab.perform("mn", WATCH)
    for _ in range(3):
        assert lab.pings("cn", HOME)
    assert heard(lab) == [(HOME, CN)]
    lab.perform("mn", {"ForgetPeer": {"home": HOME, "peer": CN}})
    assert lab.pings("cn", HOME)
    wait_for(lambda: heard(lab) == [(HOME, CN)] * 2)
    assert lab.pings("core", "-I", CORE, HOME)
    wait_for(lambda: heard(lab)[2:] == [(HOME, CORE)])


def test_what_is_no_data_through_a_tunnel_makes_no_peer(lab: Lab) -> None:
    lab.perform("mn", WATCH)
    assert lab.pings("cn", CARE_OF), "another address"
    lab.perform("lma", {"SendMessage": {"message": "refresh", "source": LMA, "destination": HOME}})
    lab.wait_event("mn", "heard")
    talker = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    talker.bind((HOME, 0))
    talker.sendto(b"to a closed port", (CN, PORT))
    assert not lab.pings("cn", "2001:db8:b:1::99")
    assert heard(lab) == []


def test_an_address_without_a_tunnel_hears_its_peers_and_not_its_neighbors(lab: Lab) -> None:
    lab.perform("mn", {"WatchPeers": {"home": CARE_OF, "tunnelled": False}})
    for _ in range(2):
        assert lab.pings("cn", CARE_OF)
    wait_for(lambda: heard(lab) == [(CARE_OF, CN)])
    tap = lab.tap("mn", "mn-mag")
    neighbor = lab.socket("mag", socket.AF_INET6, socket.SOCK_RAW, ICMPV6)
    neighbor.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
    neighbor.bind((ROUTER, 0))
    neighbor.sendto(bytes([SOLICITATION]) + bytes(7) + octets(CARE_OF), (CARE_OF, 0))
    kinds = [each[40] for each in packets(tap) if each[6] == ICMPV6]
    assert {SOLICITATION, ADVERTISEMENT} <= set(kinds)
    assert heard(lab) == [(CARE_OF, CN)]
    lab.perform("mn", {"ForgetPeer": {"home": CARE_OF, "peer": CN}})
    assert lab.pings("cn", CARE_OF)
    wait_for(lambda: heard(lab).count((CARE_OF, CN)) == 2)


def test_the_traffic_of_a_known_peer_stays_in_the_kernel(lab: Lab) -> None:
    lab.perform("mn", WATCH)
    assert lab.pings("cn", HOME)
    wait_for(lambda: len(heard(lab)) == 1)
    before = lab.ask("mn", "counters")["handling"]["count"]
    lab.run("cn", "ping", "-n", "-q", "-c", "500", "-i", "0.002", HOME)
    assert lab.ask("mn", "counters")["handling"]["count"] - before <= 2
    assert heard(lab) == [(HOME, CN)]


def serve(lab: Lab, node: str, address: str) -> socket.socket:
    server = lab.socket(node, socket.AF_INET6, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, PORT))
    server.listen()
    return server


def connected(lab: Lab) -> tuple[socket.socket, socket.socket]:
    server = serve(lab, "cn", CN)
    client = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
    client.bind((HOME, 0))
    client.connect((CN, PORT))
    accepted, _ = server.accept()
    server.close()
    client.settimeout(5)
    accepted.settimeout(5)
    return client, accepted


def refuse(protocol: int, port: int) -> dict[str, dict[str, object]]:
    return {"Refuse": {"local": HOME, "peer": CN, "protocol": protocol, "port": port}}


def refusing_tables(lab: Lab) -> dict[str, int]:
    """Return which tables refuse, and the numbers that the kernel gave them when it made them."""
    listed = json.loads(lab.run("mn", "nft", "-j", "list", "tables"))["nftables"]
    tables = [each["table"] for each in listed if "table" in each]
    return {t["name"]: t["handle"] for t in tables if t["name"].startswith("dmm-refused")}


def failure(sock: socket.socket) -> int:
    with pytest.raises(OSError) as raised:
        sock.recv(1)
    return raised.value.errno or 0


@pytest.mark.parametrize("which", ["its port", "all"])
def test_a_connection_is_reset_at_both_ends_at_once(lab: Lab, which: str) -> None:
    client, accepted = connected(lab)
    other, other_accepted = connected(lab)
    everything = which == "all"
    port = 0 if everything else client.getsockname()[1]
    lab.perform("mn", refuse(0 if everything else TCP, port))
    assert failure(client) in (errno.ECONNABORTED, errno.ECONNRESET)
    assert failure(accepted) == errno.ECONNRESET
    if everything:
        assert failure(other_accepted) == errno.ECONNRESET
    else:
        other.sendall(b"goes on")
        assert other_accepted.recv(7) == b"goes on"
    late = lab.socket("mn", socket.AF_INET6, socket.SOCK_STREAM)
    late.bind((HOME, port))
    late.settimeout(5)
    with pytest.raises(ConnectionRefusedError):
        late.connect((CN, PORT + 1))


def test_a_peer_that_calls_is_reset(lab: Lab) -> None:
    listener = serve(lab, "mn", HOME)
    lab.perform("mn", refuse(TCP, PORT))
    caller = lab.socket("cn", socket.AF_INET6, socket.SOCK_STREAM)
    caller.settimeout(5)
    with pytest.raises(ConnectionRefusedError):
        caller.connect((HOME, PORT))
    lab.perform("mn", {"StopRefusing": refuse(TCP, PORT)["Refuse"]})
    again = lab.socket("cn", socket.AF_INET6, socket.SOCK_STREAM)
    again.settimeout(5)
    again.connect((HOME, PORT))
    listener.close()


def test_further_refusals_change_rules_and_not_the_tables_that_hold_them(lab: Lab) -> None:
    """To make a table anew takes the kernel tens of milliseconds, and a move waits for it."""
    lab.perform("mn", refuse(TCP, PORT))
    tables = refusing_tables(lab)
    assert len(tables) == 2
    lab.perform("mn", refuse(UDP, PORT))
    assert lab.run("mn", "nft", "list", "ruleset").count(f"dport {PORT}") == 2
    lab.perform("mn", {"StopRefusing": refuse(TCP, PORT)["Refuse"]})
    assert lab.run("mn", "nft", "list", "ruleset").count(f"dport {PORT}") == 1
    assert refusing_tables(lab) == tables


def test_datagrams_are_refused_by_icmpv6_both_ways(lab: Lab) -> None:
    lab.perform("mn", refuse(UDP, PORT))
    mine = lab.socket("mn", socket.AF_INET6, socket.SOCK_DGRAM)
    mine.bind((HOME, PORT))
    tap = lab.tap("cn", "cn-lma")
    with pytest.raises(PermissionError):
        mine.sendto(b"refused", (CN, PORT))
    theirs = lab.socket("cn", socket.AF_INET6, socket.SOCK_DGRAM)
    theirs.connect((HOME, PORT))
    theirs.settimeout(5)
    theirs.send(b"refused")
    assert failure(theirs) == errno.ECONNREFUSED
    seen = [each for each in packets(tap) if each[8:24] == octets(HOME)]
    assert [(each[6], each[40], each[41]) for each in seen] == [(ICMPV6, 1, 4)]
    assert lab.ask("mn", "counters")["packets refused"] == 2
    assert lab.pings("mn", "-I", HOME, CN), "another protocol"


def test_refusing_all_lets_binding_messages_and_neighbours_be(lab: Lab) -> None:
    lab.perform("mn", refuse(0, 0))
    assert not lab.pings("mn", "-I", HOME, CN)
    tap = lab.tap("cn", "cn-lma")
    message = {"message": "refresh", "source": HOME, "destination": CN}
    lab.perform("mn", {"SendMessage": message})
    assert [each[6] for each in packets(tap) if each[8:24] == octets(HOME)] == [MOBILITY]
    assert lab.pings("mn", "-I", CARE_OF, CN)


PROGRAM = f"""
import json, os, socket
os.setuid({USER})
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
one.sendto(b"unconnected", ("{CN}", {PORT}))
one.connect(("{CN}", {PORT}))
two = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
two.connect(("{CN}", {PORT}))
three = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
three.bind(("{HOME}", 0))
three.sendto(b"chosen", ("{CN}", {PORT}))
print(json.dumps([one.getsockname()[0], two.getsockname()[0]]))
"""


def run_as_user(lab: Lab) -> list[str]:
    words = lab.command("mn", sys.executable, "-c", PROGRAM)
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_user_s_programs_get_the_address_that_is_preferred_for_them(lab: Lab) -> None:
    server = serve(lab, "cn", CN)
    assert run_as_user(lab) == [HOME, HOME]
    lab.perform("mn", {"PreferSource": {"user": USER, "address": HOME_2}})
    lab.perform("mn", add_address(HOME_2, "lo"), *tunnel(CARE_OF, HOME_2)[2:3])
    lab.perform("mn", {"PreferSource": {"user": USER, "address": HOME_2}})
    bind(lab, CARE_OF, HOME_2)
    tap = lab.tap("mag", "mag-core")
    assert run_as_user(lab) == [HOME_2, HOME_2]
    sent = [each[40:] for each in packets(tap) if each[8:24] == octets(CARE_OF)]
    datagrams = {each[48:]: each[8:24] for each in sent if each[6] == UDP}
    assert datagrams == {b"unconnected": octets(HOME_2), b"chosen": octets(HOME)}
    assert source_towards(lab, "mn") == HOME, "others get what they got"
    lab.perform("mn", {"StopPreferring": {"user": USER}})
    assert run_as_user(lab) == [HOME, HOME]
    server.close()


def test_a_preferred_care_of_address_is_used_natively(lab: Lab) -> None:
    lab.perform("mn", {"PreferSource": {"user": USER, "address": CARE_OF}})
    server = serve(lab, "cn", CN)
    tap = lab.tap("mag", "mag-core")
    assert run_as_user(lab) == [CARE_OF, CARE_OF]
    native = [each for each in packets(tap) if each[8:24] == octets(CARE_OF)]
    assert {TCP, UDP} <= {each[6] for each in native}
    server.close()


def test_a_preferred_source_is_optimized_too(lab: Lab) -> None:
    lab.start("cn", "puppet", {}, settings={"home_addresses": True})
    lab.perform("mn", add_address(HOME_2, "lo"), *tunnel(CARE_OF, HOME_2)[2:3])
    lab.perform("mn", {"PreferSource": {"user": USER, "address": HOME_2}})
    lab.perform("mn", {"Optimize": {"local": HOME_2, "peer": CN, "local_care_of": CARE_OF}})
    lab.perform("cn", {"Optimize": {"local": CN, "peer": HOME_2, "peer_care_of": CARE_OF}})
    server = serve(lab, "cn", CN)
    tap = lab.tap("mag", "mag-core")
    assert run_as_user(lab) == [HOME_2, HOME_2]
    seen = [each for each in packets(tap) if octets(HOME_2) in each]
    assert seen
    assert not [each for each in seen if each[6] == IPV6]
    server.close()
