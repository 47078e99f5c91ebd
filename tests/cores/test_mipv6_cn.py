"""The correspondent: tests of return routability and the bindings they prove (RFC 6275 §9)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mipv6_bench import (
    CN,
    COA,
    COA2,
    HOA,
    START,
    A,
    Bench,
    answer,
    arrival,
    changes,
    from_away,
    only,
    reasons,
    sent,
)
from mipv6_routes import ACKNOWLEDGE, CARE_OF_COOKIE, Prover, bound, config
from vector_octets import vector

from agents.core import actions as do
from agents.core.configuration import ConfigurationError
from agents.core.events import Command, HomeAddressUnknown
from agents.mipv6.correspondent_node import CorrespondentNode
from agents.wire import mobility, packet, return_routability
from agents.wire.extension_headers import Type2Routing
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingRefreshRequest,
    BindingUpdate,
    CareOfTest,
    CareOfTestInit,
    HomeTest,
    HomeTestInit,
    UpdateNotification,
)
from agents.wire.numbers import BindingUpdateFlag, Status
from agents.wire.options import AlternateCareOfAddress, BindingAuthorizationData
from agents.wire.packet import Packet

VECTORS = json.loads((Path(__file__).parents[1] / "wire" / "return-routability.json").read_text())
TURN = 30.0


class Dice:
    """The randomness that leads to the secrets of the vectors: home nonce 7, care-of nonce 9."""

    def __init__(self) -> None:
        node_key = VECTORS["Kcn"]
        self._rolls = [node_key, VECTORS["nonce_h"], node_key, VECTORS["nonce_c"]]

    def getrandbits(self, count: int) -> int:
        return 7 - int(START / TURN) & 0xFFFF

    def randbytes(self, count: int) -> bytes:
        octets = bytes.fromhex(self._rolls.pop(0))
        assert len(octets) == count
        return octets


def test_tokens_and_authenticators_are_those_of_the_vectors() -> None:
    bench = Bench("cn", config(), Dice())
    home = only(bench.take(packet.parse(vector(2)).payload), HomeTest)
    assert packet.emit(home) == vector(4)
    bench.now += 2 * TURN
    care_of = only(bench.take(vector(3)), CareOfTest)
    assert (care_of.source, care_of.destination) == (CN, COA)
    assert care_of.payload == CareOfTest(9, CARE_OF_COOKIE, bytes.fromhex(VECTORS["ctok"]))
    reply = only(bench.take(vector(7)), BindingAcknowledgement)
    assert (reply.source, reply.destination, reply.headers) == (CN, COA, (Type2Routing(HOA),))
    authorization = BindingAuthorizationData(bytes.fromhex("1ec5c556204104541aab4212"))
    assert reply.payload == BindingAcknowledgement(0, 0, 101, 105, (authorization,))
    assert bench.kernel.optimized[CN, HOA] == do.Optimize(CN, HOA, peer_care_of=COA)


def test_a_proved_update_optimizes_before_it_is_acknowledged() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench).test()
    actions = bench.take(prover.update(10))
    assert [type(action) for action in actions] == [do.Optimize, do.SendMessage, do.Record]
    (record,) = bench.records("binding_accepted")
    assert (record["care_of"], record["lifetime"]) == (str(COA), 420)
    octets = mobility.emit(answer(actions), CN, HOA)
    assert return_routability.verifies(octets, prover.key(), COA, CN)


@pytest.mark.parametrize(("asked", "granted"), [(1, 1), (105, 105), (106, 105), (0xFFFF, 105)])
def test_a_proof_is_good_for_420_seconds_at_most(asked: int, granted: int) -> None:
    bench = Bench("cn", config())
    assert answer(bench.take(Prover(bench).test().update(1, asked))).lifetime == granted


def test_a_world_without_octets_is_no_less_careful() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench).test()
    genuine, stray = (arrival(packet.emit(prover.update(n))) for n in (1, 2))
    stray = replace(stray, octets=b"", source=COA2)
    assert reasons(bench.give(stray)) == ["wrong authenticator"]
    assert answer(bench.give(replace(genuine, octets=b""))).status == Status.ACCEPTED


def test_without_a_wish_for_it_there_is_no_acknowledgement() -> None:
    bench = Bench("cn", config())
    actions = bench.take(Prover(bench).test().update(10, flags=0))
    assert sent(actions) == [] and (CN, HOA) in bench.kernel.optimized


def test_a_move_needs_a_new_care_of_test_only() -> None:
    bench, prover = bound()
    moved = prover.test_care_of(COA2).update(11)
    assert answer(bench.take(moved)).status == Status.ACCEPTED
    assert bench.kernel.optimized[CN, HOA].peer_care_of == COA2
    assert [row["care_of"] for row in bench.rows()] == [str(COA2)]


def test_the_alternate_care_of_address_is_what_is_proved() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench, care_of=COA2).test()
    from_elsewhere = prover.update(1, options=(AlternateCareOfAddress(COA2),))
    actions = bench.take(from_away(from_elsewhere.payload, COA, CN))
    assert bench.kernel.optimized[CN, HOA].peer_care_of == COA2
    assert only(actions, BindingAcknowledgement).destination == COA


@pytest.mark.parametrize("at_home", [False, True])
def test_the_home_token_alone_proves_a_deletion(at_home: bool) -> None:
    bench, prover = bound()
    actions = bench.take(prover.deletion(11, at_home=at_home))
    assert changes(actions) == [do.StopOptimizing(CN, HOA)]
    reply = only(actions, BindingAcknowledgement)
    assert (reply.payload.status, reply.payload.lifetime) == (Status.ACCEPTED, 0)
    if at_home:
        assert (reply.destination, reply.headers) == (HOA, ())
    else:
        assert (reply.destination, reply.headers) == (COA, (Type2Routing(HOA),))
    key = return_routability.binding_management_key(prover.home_test.token)
    octets = mobility.emit(reply.payload, CN, HOA)
    assert return_routability.verifies(octets, key, HOA, CN)
    assert bench.rows() == []


def test_what_is_not_there_is_deleted_all_the_same() -> None:
    bench = Bench("cn", config())
    actions = bench.take(Prover(bench).test().deletion(1))
    assert answer(actions).status == Status.ACCEPTED and changes(actions) == []


def test_a_home_registration_is_refused() -> None:
    bench = Bench("cn", config())
    home = ACKNOWLEDGE | BindingUpdateFlag.HOME
    reply = answer(bench.take(Prover(bench).test().update(1, flags=home)))
    assert reply.status == Status.HOME_REGISTRATION_NOT_SUPPORTED and bench.rows() == []


def test_its_own_address_is_nobodys_care_of_address() -> None:
    bench = Bench("cn", config())
    prover = Prover(bench, care_of=CN).test()
    proved = prover.update(1, options=(AlternateCareOfAddress(CN),)).payload
    actions = bench.take(from_away(proved, COA, CN))
    assert answer(actions).status == Status.INVALID_CARE_OF_ADDRESS


def test_a_refresh_is_asked_for_once_shortly_before_the_end() -> None:
    bench, _ = bound()
    assert sent(bench.run(409.9)) == []
    request = only(bench.run(0.2), BindingRefreshRequest)
    assert (request.source, request.destination, request.headers) == (CN, HOA, ())
    assert sent(bench.run(9.8)) == []
    assert changes(bench.run(0.2)) == [do.StopOptimizing(CN, HOA)]
    assert bench.records("binding_deleted")[0]["why"] == "expired"


def test_a_refreshed_binding_is_asked_about_anew() -> None:
    bench, prover = bound()
    bench.run(200)
    bench.take(prover.test().update(11))
    assert sent(bench.run(400)) == []
    assert sent(bench.run(11), BindingRefreshRequest)


def test_packets_from_unknown_homes_are_answered_with_a_binding_error() -> None:
    bench = Bench("cn", config())
    error = only(bench.give(HomeAddressUnknown(HOA, COA, CN)), BindingError)
    assert packet.emit(error) == vector(10)


def test_messages_that_it_does_not_know_are_answered_with_a_binding_error() -> None:
    bench = Bench("cn", config())
    error = only(bench.take(Packet(COA, CN, UpdateNotification(1, 2, 0))), BindingError)
    assert (error.payload.status, error.payload.home_address) == (2, A("::"))


def test_messages_for_mobile_nodes_are_dropped() -> None:
    bench = Bench("cn", config())
    for message in (HomeTest(1, bytes(8), bytes(8)), BindingAcknowledgement(0, 0, 1, 1)):
        actions = bench.take(Packet(COA, CN, message))
        assert reasons(actions) == ["message for a mobile node"] and sent(actions) == []
    assert reasons(bench.give(Command("dance"))) == ["unknown command"]


def test_a_correspondent_that_does_not_optimize_says_so() -> None:
    bench = Bench("cn", config(route_optimization=False))
    for message in (HomeTestInit(bytes(8)), CareOfTestInit(bytes(8)), BindingUpdate(1, 0, 1)):
        assert only(bench.take(Packet(COA, CN, message)), BindingError).payload.status == 2


def test_memory_is_bounded() -> None:
    bench = Bench("cn", config(binding_limit=2))
    homes = [A(f"2001:db8:1::{n}") for n in range(1, 4)]
    statuses = [answer(bench.take(Prover(bench, home).test().update(1))).status for home in homes]
    assert statuses == [Status.ACCEPTED, Status.ACCEPTED, Status.INSUFFICIENT_RESOURCES]
    assert answer(bench.take(Prover(bench, homes[0]).test().update(2))).status == Status.ACCEPTED
    bench.run(430)
    again = answer(bench.take(Prover(bench, homes[2]).test().update(1)))
    assert again.status == Status.INSUFFICIENT_RESOURCES, "numbers are remembered"
    bench.run(250)
    assert answer(bench.take(Prover(bench, homes[2]).test().update(2))).status == 0


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"nonce_interval": 0}, "'nonce_interval' is 0"),
        ({"nonce_interval": 241}, "'nonce_interval' is 241"),
        ({"binding_limit": 0}, "'binding_limit' is 0"),
        ({"address": "here"}, "'address' is 'here'"),
        ({"route_optimization": "yes"}, "'route_optimization' is 'yes'"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        CorrespondentNode.from_config(config(**changed), Random(0))
