"""Golden packets, made without this codec: parsed to exactly these messages, emitted to these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from vector_packets import PACKETS

from agents.wire import packet
from agents.wire.codec import DEFAULT, Codec
from agents.wire.errors import WireError
from agents.wire.packet import Opaque


class Vector(NamedTuple):
    number: int
    name: str
    octets: bytes


def read_vectors() -> list[Vector]:
    lines = Path(__file__).with_name("vectors.tsv").read_text().splitlines()
    fields = [line.split("\t") for line in lines]
    vectors = [Vector(int(f[0]), f[1], bytes.fromhex(f[3])) for f in fields]
    assert all(len(v.octets) == int(f[2]) for v, f in zip(vectors, fields, strict=True))
    return vectors


VECTORS = read_vectors()
MESSAGES = [vector for vector in VECTORS if vector.number in PACKETS]
TCP = [vector for vector in VECTORS if vector.number not in PACKETS]
WIDE = Codec(wide_flows=True)


def codec_of(vector: Vector) -> Codec:
    """Vector 36 counts an option's length in units of 8 octets, as no other does."""
    return WIDE if vector.number == 36 else DEFAULT


def name_of(vector: Vector) -> str:
    return f"{vector.number}-{vector.name}"


@pytest.mark.parametrize("vector", MESSAGES, ids=name_of)
def test_parse_gives_the_message(vector: Vector) -> None:
    assert packet.parse(vector.octets, codec_of(vector)) == PACKETS[vector.number]


@pytest.mark.parametrize("vector", MESSAGES, ids=name_of)
def test_the_message_gives_the_octets(vector: Vector) -> None:
    assert packet.emit(PACKETS[vector.number], codec_of(vector)).hex() == vector.octets.hex()


@pytest.mark.parametrize("vector", TCP, ids=name_of)
def test_what_is_not_mobility_survives_as_it_is(vector: Vector) -> None:
    parsed = packet.parse(vector.octets)
    assert isinstance(parsed.payload, Opaque)
    assert parsed.payload.protocol == 6
    assert packet.emit(parsed) == vector.octets


def test_every_vector_is_judged() -> None:
    assert sorted(PACKETS) == [vector.number for vector in MESSAGES]
    assert [vector.number for vector in TCP] == [60, 61]
    assert len(VECTORS) == 46


def test_a_length_in_units_of_8_breaks_the_walk_for_all_others() -> None:
    (vector,) = [vector for vector in VECTORS if vector.number == 36]
    with pytest.raises(WireError, match="runs past the end"):
        packet.parse(vector.octets)


@pytest.mark.parametrize("number", [1, 7, 8, 11, 37, 41, 44, 46])
def test_a_wrong_checksum_is_kept_and_known(number: int) -> None:
    wrong = replace(PACKETS[number], checksum=0x1234)
    octets = packet.emit(wrong)
    assert octets != packet.emit(PACKETS[number])
    assert packet.parse(octets) == wrong
