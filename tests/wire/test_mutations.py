"""Whatever arrives: it decodes, and re-encodes to the same octets, or it is a WireError."""

from __future__ import annotations

import random

import pytest
from test_mobility import OPTIONS
from test_vectors import VECTORS, Vector, codec_of, name_of
from vector_packets import COA, HOA, PACKETS

from agents.wire import authentication, icmpv6, mobility, packet, return_routability
from agents.wire.address import Address
from agents.wire.codec import DEFAULT, Codec
from agents.wire.errors import WireError
from agents.wire.messages import BindingUpdate
from agents.wire.packet import Packet

SEED = 6275
MUTATIONS = 100_000
SOURCE, DESTINATION = Address(bytes(16)), Address(b"\1" * 16)


def survives(octets: bytes, codec: Codec = DEFAULT) -> bool:
    """Say whether ``octets`` decode; assert that they then come back unchanged."""
    try:
        parsed = packet.parse(octets, codec)
    except WireError:
        return False
    emitted = packet.emit(parsed, codec)
    assert emitted == octets[: len(emitted)], octets.hex()
    assert len(emitted) == 40 + int.from_bytes(octets[4:6], "big")
    return True


def prefixes(vector: Vector) -> list[bytes]:
    return [vector.octets[:length] for length in range(len(vector.octets))]


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_every_cut_packet_is_an_error(vector: Vector) -> None:
    codec = codec_of(vector)
    assert not any(survives(octets, codec) for octets in prefixes(vector))


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_every_cut_packet_that_says_so_is_an_error_or_decodes(vector: Vector) -> None:
    for octets in prefixes(vector)[40:]:
        length = (len(octets) - 40).to_bytes(2, "big")
        survives(octets[:4] + length + octets[6:], codec_of(vector))


def test_a_cut_message_has_no_right_checksum() -> None:
    octets = packet.emit(PACKETS[11])[40:]
    assert mobility.checksum_ok(octets, PACKETS[11].source, PACKETS[11].destination)
    for length in range(len(octets)):
        assert not mobility.checksum_ok(
            octets[:length], PACKETS[11].source, PACKETS[11].destination
        )


@pytest.mark.parametrize("number", [7, 37])
def test_a_cut_message_is_not_authentic(number: int) -> None:
    octets = mobility.emit(PACKETS[number].payload, HOA, PACKETS[number].destination)
    for length in range(len(octets)):
        with pytest.raises(WireError):
            authentication.verifies(octets[:length], b"key", 256, COA, HOA)
        with pytest.raises(WireError):
            return_routability.verifies(octets[:length], b"key", COA, HOA)


@pytest.mark.parametrize("module", [mobility, icmpv6])
def test_every_cut_message_is_an_error_or_decodes(module: object) -> None:
    for vector in VECTORS:
        body = vector.octets[40:]
        for length in range(len(body)):
            try:
                message = module.parse(body[:length])  # type: ignore[attr-defined]
            except WireError:
                continue
            module.emit(message, SOURCE, DESTINATION)  # type: ignore[attr-defined]


def mutate(octets: bytes, chance: random.Random) -> bytes:
    data = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.choice((0, 1, 2, 7, 8, 16, 59, 127, 128, 255))
            case 2:
                del data[at : at + chance.randint(1, 8)]
            case 3:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
            case 4:
                start = chance.randrange(len(data))
                data[at:at] = data[start : start + 24]
        if not data:
            return b""
    if len(data) > 40 and chance.random() < 0.7:
        data[4:6] = (len(data) - 40).to_bytes(2, "big")
    return bytes(data)


def test_mutated_packets_decode_or_are_errors() -> None:
    chance = random.Random(SEED)
    pool = [vector.octets for vector in VECTORS]
    pool += [packet.emit(Packet(HOA, COA, BindingUpdate(1, 0, 0, (one,)))) for one, _ in OPTIONS]
    decoded = sum(survives(mutate(chance.choice(pool), chance)) for _ in range(MUTATIONS))
    assert MUTATIONS // 10 < decoded < MUTATIONS * 9 // 10


def test_tunnels_within_tunnels_have_an_end() -> None:
    octets = b""
    for _ in range(1000):
        header = bytes((0x60, 0, 0, 0)) + len(octets).to_bytes(2, "big") + bytes((41, 64))
        octets = header + bytes(32) + octets
    octets = octets[:-34] + b"\x3b" + octets[-33:]
    assert survives(octets)
