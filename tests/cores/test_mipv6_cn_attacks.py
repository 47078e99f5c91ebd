"""What attackers send to a correspondent moves nothing and takes no memory."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mipv6_bench import (
    CN,
    COA,
    COA2,
    HOA,
    START,
    STRANGER,
    A,
    Bench,
    changes,
    from_away,
    reasons,
    sent,
)
from mipv6_routes import ACKNOWLEDGE, HOME_COOKIE, Prover, config

from agents.mipv6.correspondent import REFUSALS_AT_ONCE
from agents.mipv6.nonces import KEPT, Nonces
from agents.wire import packet, return_routability
from agents.wire.address import Address
from agents.wire.errors import WireError
from agents.wire.messages import (
    BindingUpdate,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
)
from agents.wire.options import (
    AlternateCareOfAddress,
    BindingAuthorizationData,
    NonceIndices,
)
from agents.wire.packet import Packet


def bound() -> tuple[Bench, Prover]:
    bench = Bench("cn", config())
    prover = Prover(bench).test()
    bench.take(prover.update(10))
    return bench, prover


def assert_unmoved(bench: Bench, actions: list[Any]) -> None:
    assert changes(actions) == []
    assert bench.kernel.optimized[CN, HOA].peer_care_of == COA


def test_a_flood_of_test_inits_leaves_no_state() -> None:
    bench = Bench("cn", config())
    for n in range(5000):
        address = Address(A("2001:db8:66::")[:12] + n.to_bytes(4, "big"))
        assert len(sent(bench.take(Packet(address, CN, HomeTestInit(bytes(8)))))) == 1
        assert len(sent(bench.take(Packet(address, CN, CareOfTestInit(bytes(8)))))) == 1
        bench.now += 0.1
    assert bench.rows() == [] and bench.core.deadline() is None
    assert bench.kernel.optimized == {}


def test_a_day_of_tests_keeps_eight_secrets() -> None:
    nonces = Nonces(30.0, Random(1))
    indices = [nonces.current(START + 30 * turn)[0] for turn in range(2880)]
    last = START + 30 * 2879
    assert [index for index in indices if nonces.at(index, last)] == indices[-KEPT:]
    assert len(nonces._secrets) == KEPT


def test_who_sees_only_the_care_of_path_cannot_bind() -> None:
    """An attacker at its own address knows a care-of token, and no home token."""
    bench, _ = bound()
    attacker = Prover(bench, care_of=STRANGER).test_care_of()
    attacker.home_test = HomeTest(attacker.care_of_test.nonce_index, HOME_COOKIE, bytes(8))
    actions = bench.take(attacker.update(11))
    assert reasons(actions) == ["wrong authenticator"] and sent(actions) == []
    assert_unmoved(bench, actions)


def test_tokens_of_another_home_address_prove_nothing() -> None:
    bench, _ = bound()
    attacker = Prover(bench, home=A("2001:db8:66::1"), care_of=STRANGER).test()
    proved = attacker.update(11).payload
    actions = bench.take(from_away(proved, STRANGER, CN, HOA))
    assert reasons(actions) == ["wrong authenticator"]
    assert_unmoved(bench, actions)


def test_a_home_token_is_no_care_of_token() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench, care_of=HOA).test_home()
    token = prover.home_test
    prover.care_of_test = prover.test_care_of().care_of_test
    assert token.token != prover.care_of_test.token


def test_an_update_seen_on_the_wire_binds_no_other_place() -> None:
    bench, prover = bound()
    overheard = prover.update(11)
    assert_unmoved(bench, bench.take(from_away(overheard.payload, STRANGER, CN)))
    options = (AlternateCareOfAddress(STRANGER), *overheard.payload.options)
    moved = replace(overheard.payload, options=options)
    assert_unmoved(bench, bench.take(from_away(moved, COA, CN)))


def test_an_update_of_an_earlier_place_cannot_be_replayed() -> None:
    bench, prover = bound()
    first = prover.update(11)
    bench.take(first)
    bench.take(prover.test_care_of(COA2).update(12))
    actions = bench.take(first)
    assert changes(actions) == []
    assert bench.kernel.optimized[CN, HOA].peer_care_of == COA2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "no nonce indices"),
        ((NonceIndices(1, 1),), "no binding authorization data"),
        ((BindingAuthorizationData(bytes(12)),), "no nonce indices"),
    ],
)
def test_an_update_without_proof_is_discarded_in_silence(
    options: tuple[Any, ...], reason: str
) -> None:
    bench, _ = bound()
    message = BindingUpdate(11, ACKNOWLEDGE, 105, options)
    actions = bench.take(from_away(message, STRANGER, CN))
    assert reasons(actions) == [reason] and sent(actions) == []
    assert_unmoved(bench, actions)


def test_the_proof_must_come_last() -> None:
    bench, prover = bound()
    proved = prover.test_care_of(COA2).update(11).payload
    late = replace(proved, options=tuple(reversed(proved.options)))
    actions = bench.take(from_away(late, COA2, CN))
    assert reasons(actions) == ["wrong authenticator"]
    assert_unmoved(bench, actions)


def test_a_deletion_needs_the_home_token() -> None:
    bench, prover = bound()
    message = BindingUpdate(11, ACKNOWLEDGE, 0, (NonceIndices(prover.home_test.nonce_index, 0),))
    forged = return_routability.authorize(message, prover.key(), HOA, CN)
    assert_unmoved(bench, bench.take(from_away(forged, COA, CN)))
    assert_unmoved(bench, bench.take(Packet(HOA, CN, forged)))


def test_refusals_of_what_nobody_can_check_are_limited() -> None:
    bench = Bench("cn", config())
    options = (NonceIndices(1, 2), BindingAuthorizationData(bytes(12)))
    guess = from_away(BindingUpdate(1, ACKNOWLEDGE, 105, options), STRANGER, CN)
    answered = [bool(sent(bench.take(guess))) for _ in range(1000)]
    assert answered.count(True) == REFUSALS_AT_ONCE
    assert bench.rows() == []


@pytest.mark.parametrize(
    "sent_packet",
    [
        Packet(A("ff0e::1"), CN, HomeTestInit(bytes(8))),
        Packet(A("::"), CN, CareOfTestInit(bytes(8))),
        from_away(HomeTestInit(bytes(8)), COA, CN),
        Packet(A("fe80::1"), CN, CareOfTestInit(bytes(8))),
    ],
)
def test_a_test_init_from_no_address_to_test_is_dropped(sent_packet: Packet) -> None:
    actions = Bench("cn", config()).take(sent_packet)
    assert reasons(actions) == ["test init from no address to test"] and sent(actions) == []


def test_a_test_init_to_an_address_that_is_not_served_is_dropped() -> None:
    actions = Bench("cn", config()).take(Packet(COA, A("2001:db8:9::a"), HomeTestInit(bytes(8))))
    assert reasons(actions) == ["not an address to optimize routes to"]


@pytest.mark.parametrize("address", ["ff0e::1", "fe80::1", "::"])
def test_an_update_for_an_address_that_reaches_nobody_is_discarded(address: str) -> None:
    bench, _ = bound()
    options = (AlternateCareOfAddress(A(address)), NonceIndices(1, 1))
    message = BindingUpdate(11, ACKNOWLEDGE, 105, options)
    actions = bench.take(from_away(message, COA, CN))
    assert reasons(actions) == ["address that is not unicast routable"] and sent(actions) == []


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_mutation_of_a_genuine_update_moves_anything(data: st.DataObject) -> None:
    bench, prover = bound()
    genuine = prover.test_care_of(COA2).update(11)
    octets = bytearray(packet.emit(genuine))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, len(octets) - 1))
        octets[at] ^= data.draw(st.integers(1, 255))
    try:
        mutated = packet.parse(bytes(octets))
    except WireError:
        return
    if not isinstance(mutated.payload, BindingUpdate) or mutated.destination != CN:
        return
    bench.take(replace(mutated, checksum=None, trailing=b""))
    if mutated.payload != genuine.payload or mutated.pseudo_source != HOA:
        assert bench.kernel.optimized[CN, HOA].peer_care_of == COA
        assert len(bench.rows()) == 1
