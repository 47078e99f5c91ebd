"""What attackers send to a home agent moves nothing and takes no memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mipv6_bench import (
    COA,
    COA2,
    HA,
    HOA,
    KEY_CONFIG,
    STRANGER,
    A,
    Bench,
    changes,
    from_away,
    only,
    reasons,
    sent,
    signed,
)
from mipv6_home import FLAGS, config, linked, signed_update, update

from agents.core.events import HomeAddressUnknown
from agents.mipv6.binding_error import ERRORS_AT_ONCE
from agents.mipv6.registrar import REFUSALS_AT_ONCE
from agents.wire import packet
from agents.wire.errors import WireError
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, CareOfTestInit
from agents.wire.numbers import Status
from agents.wire.options import (
    AlternateCareOfAddress,
    MobilityMessageAuthentication,
    MobilityMessageReplayProtection,
)
from agents.wire.packet import Packet


def status(actions: list[Any]) -> int:
    return int(only(actions, BindingAcknowledgement).payload.status)


def secured() -> Bench:
    """A home agent with a key, and one binding."""
    bench = Bench("ha", config(authentication=KEY_CONFIG))
    bench.take(signed_update(bench, 10))
    bench.run(1)
    return bench


def assert_unmoved(bench: Bench, actions: list[Any]) -> None:
    assert changes(actions) == []
    assert bench.kernel.tunnel_of(HOA) == COA
    assert [row["care_of"] for row in bench.rows()] == [str(COA)]


def test_an_update_without_proof_moves_nothing() -> None:
    bench = secured()
    actions = bench.take(update(11, care_of=STRANGER))
    assert_unmoved(bench, actions)
    assert status(actions) == Status.MIPV6_AUTH_FAIL


def test_a_proof_with_another_key_moves_nothing() -> None:
    bench = secured()
    forged = BindingUpdate(11, FLAGS, 60)
    timestamp = MobilityMessageReplayProtection(0)
    proof = MobilityMessageAuthentication(1, 256, bytes(12))
    message = replace(forged, options=(timestamp, proof))
    actions = bench.take(from_away(message, STRANGER, HA))
    assert_unmoved(bench, actions)


def test_an_update_seen_on_the_wire_works_for_its_sender_alone() -> None:
    bench = secured()
    overheard = signed(BindingUpdate(11, FLAGS, 60), COA, bench.now)
    assert_unmoved(bench, bench.take(from_away(overheard, STRANGER, HA)))
    other_home = A("2001:db8:1::200")
    assert_unmoved(bench, bench.take(from_away(overheard, COA, HA, other_home)))
    moved = replace(overheard, options=(AlternateCareOfAddress(STRANGER), *overheard.options))
    assert_unmoved(bench, bench.take(from_away(moved, COA, HA)))


def test_an_update_from_an_earlier_place_cannot_be_replayed() -> None:
    bench = secured()
    first = signed_update(bench, 11)
    bench.take(first)
    bench.run(1)
    bench.take(signed_update(bench, 12, care_of=COA2))
    actions = bench.take(first)
    assert changes(actions) == [] and bench.kernel.tunnel_of(HOA) == COA2
    assert status(actions) == Status.MIPV6_ID_MISMATCH


@pytest.mark.parametrize("later", [0.5, 100_000.0])
def test_an_update_cannot_be_replayed_after_the_binding_was_deleted(later: float) -> None:
    bench = secured()
    overheard = signed_update(bench, 11)
    bench.take(overheard)
    bench.run(1)
    bench.take(signed_update(bench, 12, 0))
    bench.run(later)
    actions = bench.take(overheard)
    assert bench.rows() == [] and changes(actions) == []
    assert status(actions) == Status.MIPV6_ID_MISMATCH


def test_without_a_key_the_numbers_still_stop_a_replay_after_deletion() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    bench.take(update(2, 0))
    actions = bench.take(update(1))
    assert bench.rows() == []
    assert status(actions) == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW


def test_a_deletion_cannot_be_forged() -> None:
    bench = secured()
    assert_unmoved(bench, bench.take(update(11, 0)))
    assert_unmoved(bench, bench.take(Packet(HOA, HA, BindingUpdate(11, FLAGS, 0))))


def test_a_refusal_tells_strangers_no_sequence_number() -> None:
    actions = secured().take(update(3, care_of=STRANGER))
    assert only(actions, BindingAcknowledgement).payload.sequence == 3


def test_a_flood_of_strangers_is_neither_answered_nor_remembered() -> None:
    bench = Bench("ha", linked())
    homes = [A(f"2001:db8:1::{n:x}") for n in range(0x1000, 0x1400)]
    answers = [sent(bench.take(update(1, home=home))) for home in homes]
    assert [bool(answer) for answer in answers].count(True) == REFUSALS_AT_ONCE
    assert bench.rows() == [] and bench.kernel.routes == {}
    bench.now += 1
    assert status(bench.take(update(1, home=homes[0]))) == 133


def test_nodes_that_prove_who_they_are_are_refused_however_many_they_are() -> None:
    bench = secured()
    for _ in range(REFUSALS_AT_ONCE):
        bench.take(update(11, care_of=STRANGER))
    assert reasons(bench.take(update(11, care_of=STRANGER))) == ["too many updates to refuse"]
    old = signed_update(bench, 10)
    assert status(bench.take(old)) == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW


def test_errors_are_limited_and_never_answer_a_group() -> None:
    bench = Bench("ha", config())
    group = HomeAddressUnknown(HOA, COA, A("ff0e::1"))
    assert sent(bench.give(group)) == []
    unknown = HomeAddressUnknown(HOA, COA, HA)
    answered = [bool(sent(bench.give(unknown))) for _ in range(200)]
    assert answered.count(True) == ERRORS_AT_ONCE
    assert sent(bench.take(Packet(COA, A("ff0e::1"), CareOfTestInit(bytes(8))))) == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_mutation_of_a_genuine_update_moves_anything(data: st.DataObject) -> None:
    bench = secured()
    genuine = signed_update(bench, 11, care_of=COA2)
    octets = bytearray(packet.emit(genuine))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, len(octets) - 1))
        octets[at] ^= data.draw(st.integers(1, 255))
    try:
        mutated = packet.parse(bytes(octets))
    except WireError:
        return
    if not isinstance(mutated.payload, BindingUpdate):
        return
    bench.take(replace(mutated, checksum=None, trailing=b""))
    if mutated.payload != genuine.payload:
        assert bench.kernel.tunnel_of(HOA) == COA
    elif bench.kernel.tunnel_of(HOA) != COA:
        assert (mutated.source, mutated.pseudo_source) == (COA2, HOA)
