import struct

import pytest
from evidence_frames import binding, echo, ethernet, ipv6, stamped, tcp, timestamps, udp
from evidence_world import (
    CN,
    COMMAND,
    HOME_ADDRESS,
    LMA,
    MAG1,
    MAG2,
    PING,
    SHARED_MAC,
    TCP,
    UDP,
    build,
)

from agents.wire.diameter import DiameterHeader
from agents.wire.messages import BindingUpdate
from agents.wire.options import MobileNodeIdentifier
from testbed.evidence.capture import frame_readers
from testbed.evidence.matching import packed

FLOWS = (PING, UDP, TCP)
ELSEWHERE = "02:00:00:00:00:99"
UPDATE = BindingUpdate(7, 0x8200, 75, (MobileNodeIdentifier(1, b"mn1@example"),))


@pytest.fixture
def network():
    return build(*FLOWS)


def seen(network, interface, frame):
    return frame_readers(network)[interface].read(1.0, frame)


def mac(network, interface):
    return next(i.mac for n in network.nodes.values() for i in n.interfaces if i.name == interface)


def datagram(sequence=5, downward=True):
    source, destination = (CN, HOME_ADDRESS) if downward else (HOME_ADDRESS, CN)
    return ipv6(source, destination, 17, udp(40000, 5001, stamped(sequence, downward)))


def tunnelled(packet, source=LMA, destination=MAG1):
    return ipv6(source, destination, 41, packet)


def test_a_datagram_is_known_by_its_flow_direction_and_number(network):
    sighting = seen(network, "cn-eth0", ethernet(mac(network, "cn-eth0"), datagram()))
    assert (sighting.flow, sighting.downward, sighting.identity) == ("voice", True, 5)
    assert (sighting.node, sighting.interface, sighting.outgoing) == ("cn", "cn-eth0", True)
    assert (sighting.length, sighting.tunnels) == (40 + 8 + 64, ())
    assert (sighting.source, sighting.destination) == (packed(CN), packed(HOME_ADDRESS))


@pytest.mark.parametrize("snapped", [False, True])
@pytest.mark.parametrize("ports", [(3868, 40000), (40000, 3868)])
def test_a_command_of_diameter_is_known_by_its_header(network, ports, snapped):
    header = bytes.fromhex("01000100 c0000109 00000001 00000007 00000009".replace(" ", ""))
    segment = tcp(*ports, 1, header + bytes(236), timestamps(5))
    frame = ethernet(ELSEWHERE, ipv6(LMA, MAG1, 6, segment))
    sighting = seen(network, "cn-eth0", frame[:256] if snapped else frame)
    assert sighting.message == DiameterHeader(265, True, 7)
    assert (sighting.flow, sighting.length) == ("", 40 + 32 + 256)


@pytest.mark.parametrize(
    ("ports", "body"),
    [
        ((3868, 40000), b""),
        ((3868, 40000), bytes.fromhex("0200010080000109") + bytes(12)),
        ((3868, 40000), bytes.fromhex("0100010080000109") + bytes(11)),
        ((3869, 40000), bytes.fromhex("0100010080000109") + bytes(12)),
    ],
)
def test_other_segments_carry_no_command(network, ports, body):
    frame = ethernet(ELSEWHERE, ipv6(LMA, MAG1, 6, tcp(*ports, 1, body)))
    assert seen(network, "cn-eth0", frame).message is None


def test_the_way_back_is_upward_and_incoming(network):
    sighting = seen(network, "cn-eth0", ethernet(ELSEWHERE, datagram(9, downward=False)))
    assert (sighting.downward, sighting.identity, sighting.outgoing) == (False, 9, False)


def test_tunnels_are_listed_outermost_first(network):
    twice = tunnelled(tunnelled(datagram()), MAG1, MAG2)
    for packet, pairs in ((tunnelled(datagram()), 1), (twice, 2)):
        sighting = seen(network, "core-eth0", ethernet(ELSEWHERE, packet))
        assert len(sighting.tunnels) == pairs
        assert sighting.identity == 5
        assert sighting.length == 112 + 40 * pairs
    assert sighting.tunnels[0] == (packed(MAG1), packed(MAG2))


def test_packets_of_one_sort_keep_their_own_length_and_number(network):
    reader = frame_readers(network)["core-eth0"]
    packets = [tunnelled(datagram(n)) for n in range(3)]
    sightings = [reader.read(n, ethernet(ELSEWHERE, p)) for n, p in enumerate(packets)]
    assert [each.identity for each in sightings] == [0, 1, 2]
    bigger = ipv6(LMA, MAG1, 41, ipv6(CN, HOME_ADDRESS, 17, udp(40000, 5001, stamped(3, True, 99))))
    assert reader.read(3.0, ethernet(ELSEWHERE, bigger)).length == 40 + 40 + 8 + 99


def test_the_shared_address_of_access_routers_is_their_own_on_access_links(network):
    frame = ethernet(SHARED_MAC, datagram())
    assert seen(network, "mag1-eth1", frame).outgoing
    assert not seen(network, "mn1-eth0", frame).outgoing
    assert not seen(network, "mag1-eth0", frame).outgoing


def test_echoes_count_on_past_sixteen_bits(network):
    reader = frame_readers(network)["cn-eth0"]
    numbers = []
    for sequence in (65534, 65535, 0, 1, 65535):
        numbers.append(0)
        packet = ipv6(CN, HOME_ADDRESS, 58, echo(128, 77, sequence))
        numbers[-1] = reader.read(1.0, ethernet(ELSEWHERE, packet)).identity
    assert [n - numbers[0] for n in numbers] == [0, 1, 2, 3, 1]


def test_a_long_ping_is_not_taken_for_one_that_is_started_again(network):
    readers, out = frame_readers(network), mac(network, "cn-eth0")
    numbers = [told(readers, "cn-eth0", 128, each, out) for each in (65534, 65535, 0, 1)]
    assert numbers == [65534, 65535, 65536, 65537]
    assert told(readers, "cn-eth0", 129, 65535) == 65535


def test_a_reply_shares_the_number_of_its_request(network):
    readers = frame_readers(network)
    request = ipv6(CN, HOME_ADDRESS, 58, echo(128, 77, 3))
    reply = ipv6(HOME_ADDRESS, CN, 58, echo(129, 77, 3))
    asked = readers["cn-eth0"].read(1.0, ethernet(ELSEWHERE, request))
    answered = readers["mn1-eth0"].read(1.1, ethernet(ELSEWHERE, reply))
    assert (asked.identity, asked.downward) == (answered.identity, not answered.downward)
    assert asked.flow == answered.flow == "ping"


def told(readers, interface, kind, sequence, source_mac=ELSEWHERE):
    ends = (CN, HOME_ADDRESS) if kind == 128 else (HOME_ADDRESS, CN)
    frame = ethernet(source_mac, ipv6(*ends, 58, echo(kind, 77, sequence)))
    return readers[interface].read(1.0, frame).identity


def test_echoes_of_a_ping_that_is_started_again_count_on(network):
    readers, out = frame_readers(network), mac(network, "cn-eth0")
    first = [told(readers, "cn-eth0", 128, number, out) for number in (1, 2, 3, 4)]
    assert told(readers, "lma-eth0", 128, 4) == 4
    again = [told(readers, "cn-eth0", 128, number, out) for number in (1, 2)]
    assert (first, again) == ([1, 2, 3, 4], [5, 6])
    assert told(readers, "cn-eth0", 129, 1) == told(readers, "mn1-eth0", 128, 1) == 5
    assert told(readers, "cn-eth0", 129, 4) == 4, "a late reply to the ping before"
    assert told(readers, "cn-eth0", 128, 1, out) == 7


def test_a_ping_that_is_started_again_after_a_single_request_counts_on(network):
    readers, out = frame_readers(network), mac(network, "cn-eth0")
    assert [told(readers, "cn-eth0", 128, 1, out) for _ in range(3)] == [1, 2, 3]


def test_an_echo_of_somebody_else_belongs_to_no_flow(network):
    packet = ipv6(CN, HOME_ADDRESS, 58, echo(128, 78, 3))
    assert seen(network, "cn-eth0", ethernet(ELSEWHERE, packet)).flow == ""


def test_a_segment_is_known_by_sequence_length_and_timestamp(network):
    def identity(sequence, body, options=b"", port=5201):
        packet = ipv6(CN, HOME_ADDRESS, 6, tcp(45000, port, sequence, body, options))
        sighting = seen(network, "cn-eth0", ethernet(ELSEWHERE, packet))
        assert sighting.flow == ("web" if port == 5201 else "")
        return sighting.identity

    first = identity(1000, b"x" * 100, timestamps(5))
    assert first == identity(1000, b"x" * 100, timestamps(5))
    assert first != identity(1000, b"x" * 100, timestamps(6))
    assert first != identity(1100, b"x" * 100, timestamps(5))
    assert identity(1000, b"", timestamps(5)) is None
    assert identity(1000, b"x", port=80) is None


def test_a_command_owns_what_no_other_flow_claims_between_its_ends():
    network = build(UDP, COMMAND)
    other = ipv6(HOME_ADDRESS, CN, 17, udp(1, 2, b"hello"))
    assert seen(network, "cn-eth0", ethernet(ELSEWHERE, other)).flow == "odd"
    assert seen(network, "cn-eth0", ethernet(ELSEWHERE, datagram())).flow == "voice"


def test_signalling_is_parsed(network):
    sighting = seen(network, "mag2-eth0", ethernet(ELSEWHERE, binding(UPDATE, MAG2, LMA)))
    assert (sighting.message, sighting.flow) == (UPDATE, "")


def test_signalling_in_a_tunnel_behind_extension_headers_is_parsed(network):
    inner = binding(UPDATE, CN, HOME_ADDRESS)
    options = bytes([41, 0, 4, 1, 4, 1, 0, 0])  # tunnel encapsulation limit (RFC 2473 §4.1.1)
    packet = ipv6(LMA, MAG1, 60, options + inner)
    sighting = seen(network, "core-eth0", ethernet(ELSEWHERE, packet))
    assert sighting.message == UPDATE
    assert sighting.tunnels == ((packed(LMA), packed(MAG1)),)


def test_the_home_address_option_and_type_2_routing_header_name_the_ends(network):
    home = bytes([17, 2, 1, 2, 0, 0, 201, 16]) + packed(HOME_ADDRESS)
    body = udp(40000, 5001, stamped(4, False))
    sighting = seen(network, "cn-eth0", ethernet(ELSEWHERE, ipv6(MAG1, CN, 60, home + body)))
    assert (sighting.flow, sighting.downward, sighting.identity) == ("voice", False, 4)
    assert sighting.extensions == len(home)
    routing = bytes([17, 2, 2, 1, 0, 0, 0, 0]) + packed(HOME_ADDRESS)
    body = udp(40000, 5001, stamped(4))
    sighting = seen(network, "cn-eth0", ethernet(ELSEWHERE, ipv6(CN, MAG1, 43, routing + body)))
    assert (sighting.flow, sighting.downward, sighting.identity) == ("voice", True, 4)


def test_a_later_fragment_belongs_to_no_flow_and_the_first_one_does(network):
    def fragment(offset):
        head = struct.pack(">BBHI", 17, 0, offset << 3 | 1, 7)
        packet = ipv6(CN, HOME_ADDRESS, 44, head + udp(40000, 5001, stamped(2)))
        return seen(network, "cn-eth0", ethernet(ELSEWHERE, packet))

    assert fragment(0).identity == 2
    assert fragment(100) is None


def test_frames_that_are_cut_short_or_no_ipv6_never_raise(network):
    frames = [
        ethernet(ELSEWHERE, tunnelled(datagram())),
        ethernet(ELSEWHERE, binding(UPDATE, MAG2, LMA)),
        ethernet(ELSEWHERE, ipv6(CN, HOME_ADDRESS, 6, tcp(45000, 5201, 1, b"x", timestamps(1)))),
        ethernet(ELSEWHERE, ipv6(CN, HOME_ADDRESS, 58, echo(128, 77, 3))),
        ethernet(ELSEWHERE, ipv6(CN, MAG1, 43, bytes([17, 2, 2, 1]))),
    ]
    for frame in frames:
        for end in range(len(frame)):
            cut = seen(network, "core-eth0", frame[:end])
            assert cut is None or cut.message is None
    assert seen(network, "cn-eth0", bytes(12) + b"\x08\x00" + bytes(60)) is None
