"""Nonces and sequence numbers at a correspondent: what is too old proves nothing."""

from __future__ import annotations

import pytest
from mipv6_bench import (
    CN,
    COA,
    COA2,
    HOA,
    START,
    Bench,
    answer,
    changes,
)
from mipv6_routes import HOME_COOKIE, Prover, bound, config

from agents.wire.messages import (
    HomeTest,
)
from agents.wire.numbers import Status
from agents.wire.options import BindingAuthorizationData


@pytest.mark.parametrize(
    ("home_after", "care_of_after", "status"),
    [
        (0, 239.9, Status.EXPIRED_HOME_NONCE_INDEX),
        (239.9, 0, Status.EXPIRED_CARE_OF_NONCE_INDEX),
        (0, 0, Status.EXPIRED_NONCES),
    ],
)
def test_old_nonces_are_told_apart(home_after: float, care_of_after: float, status: Status) -> None:
    bench = Bench("cn", config())
    prover = Prover(bench)
    for after, test in sorted(
        [(home_after, prover.test_home), (care_of_after, prover.test_care_of)],
        key=lambda pair: pair[0],
    ):
        bench.now = START + after
        test()
    bench.now = START + 240.1
    actions = bench.take(prover.update(5))
    reply = answer(actions)
    assert (reply.status, reply.sequence, reply.options) == (status, 5, ())
    assert bench.rows() == [] and changes(actions) == []


def test_the_nonces_of_the_last_eight_intervals_are_good() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench).test()
    bench.now = START + 239.9
    assert answer(bench.take(prover.update(1))).status == Status.ACCEPTED


def test_the_care_of_nonce_index_of_a_deletion_is_ignored() -> None:
    bench, prover = bound()
    bench.now += 235
    prover.test_home()
    bench.now += 30
    assert answer(bench.take(prover.deletion(11))).status == Status.ACCEPTED


def test_a_nonce_index_that_was_never_given_out_is_expired() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench).test()
    prover.home_test = HomeTest(prover.home_test.nonce_index + 1 & 0xFFFF, HOME_COOKIE, bytes(8))
    assert answer(bench.take(prover.update(1))).status == Status.EXPIRED_HOME_NONCE_INDEX


def test_a_sequence_number_out_of_window_is_answered_with_the_last_and_proof() -> None:
    bench, prover = bound()
    reply = answer(bench.take(prover.test_care_of(COA2).update(10)))
    assert (reply.status, reply.sequence) == (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, 10)
    assert isinstance(reply.options[0], BindingAuthorizationData)
    assert bench.kernel.optimized[CN, HOA].peer_care_of == COA


def test_the_number_is_remembered_while_old_proofs_hold() -> None:
    bench, prover = bound()
    overheard = prover.update(11)
    bench.take(overheard)
    bench.take(prover.deletion(12))
    assert answer(bench.take(overheard)).status == Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
    assert bench.kernel.optimized == {}
    bench.run(240)
    assert answer(bench.take(overheard)).status == Status.EXPIRED_NONCES
    assert answer(bench.take(prover.test().update(1))).status == Status.ACCEPTED
