"""What the queries and answers look like, and how an anchor answers (§3.2.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spmip_world import (
    CORRESPONDENT,
    GROUP,
    LMA,
    SCHEMES,
    A,
    B,
    DataWorld,
    address,
    home,
    name,
)

from agents.spmip import messages
from agents.wire import mobility
from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import QueryFlags
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.names import message_name
from agents.wire.numbers import Status
from agents.wire.options import (
    AlternateCareOfAddress,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    Timestamp,
)
from agents.wire.signaling_messages import UpdateNotification

BOTH = pytest.mark.parametrize("scheme", SCHEMES)
HOME_ADDRESS = Address.parse("2001:db8:a:1::100")
ASKER = Address.parse("2001:db8:f::a2")
ANCHOR = Address.parse("2001:db8:f::1")
SERVING = Address.parse("2001:db8:f::a1")
STAMP = 0x6553F1020000
FLAGS = QueryFlags()

# Whole Mobility Headers, as tshark reads them: a query with and without a timestamp, an answer.
STAMPED = (
    "3b050500284e000382080000"
    "1612008020010db8000a00010000000000000100"
    "01001b0800006553f102000001020000"
)
BARE = "3b03050036400004820800001612008020010db8000a00010000000000000100"
ANSWER = (
    "3b0806007657002100030046"
    "1612008020010db8000a00010000000000000100"
    "010400000000031020010db8000f000000000000000000a1"
    "01001b0800006553f102000001020000"
)


def test_a_query_asks_for_no_lifetime_and_names_no_node() -> None:
    message = messages.query(HOME_ADDRESS, 3, 99, FLAGS)
    assert (message.flags, message.lifetime, message.sequence) == (0x8208, 0, 3)
    assert message.options == (HomeNetworkPrefix(Prefix(HOME_ADDRESS, 128)), Timestamp(99))
    assert messages.query(HOME_ADDRESS, 3, None, FLAGS).options == message.options[:1]


def test_the_octets_of_queries_and_of_an_answer() -> None:
    question = messages.query(HOME_ADDRESS, 3, STAMP, FLAGS)
    assert mobility.emit(question, ASKER, ANCHOR).hex() == STAMPED
    answer = messages.found(question, SERVING, 0x46, FLAGS)
    assert mobility.emit(answer, ANCHOR, ASKER).hex() == ANSWER
    bare = messages.query(HOME_ADDRESS, 4, None, FLAGS)
    assert mobility.emit(bare, ASKER, GROUP).hex() == BARE


def test_queries_and_answers_have_names_of_their_own() -> None:
    question = messages.query(HOME_ADDRESS, 3, STAMP, FLAGS)
    answer = messages.found(question, SERVING, 0x46, FLAGS)
    names = [message_name(each) for each in (question, answer)]
    assert names == ["ProxyBindingQuery", "ProxyQueryAcknowledgement"]
    others = [replace(question, flags=0x8200), replace(answer, flags=0x20)]
    names = [message_name(each) for each in others]
    assert names == ["ProxyBindingUpdate", "ProxyBindingAcknowledgement"]
    assert message_name(replace(answer, flags=0x23)) == "ProxyBindingAcknowledgement"


def test_another_place_for_q_is_a_matter_of_configuration() -> None:
    flags = {"update": 0x0100, "acknowledgement": 0x10}
    world = DataWorld("spmip", lma={"query_flags": flags}, mag={"query_flags": flags})
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    assert len(world.got(address(1))) == 1
    assert {s.message.flags for s in world.sent if s.source == A} == {0x8300}
    assert {s.message.flags for s in world.sent if s.destination == A} == {0x30}


@BOTH
def test_the_exchange_of_the_figures(scheme) -> None:
    """Figures 1 and 2 of the draft, message by message."""
    world = DataWorld(scheme)
    world.settle((1, B))
    world.send(CORRESPONDENT, address(1), A)
    world.run(1)
    seen = [(type(s.message).__name__, s.source, s.destination) for s in world.sent]
    registration = [("BindingUpdate", B, LMA), ("BindingAcknowledgement", LMA, B)]
    exchange = {
        "spmip": [("BindingUpdate", A, LMA), ("BindingAcknowledgement", LMA, A)],
        "sdpmip": [("BindingUpdate", A, GROUP), ("BindingAcknowledgement", B, A)],
    }
    assert seen == (registration if scheme == "spmip" else []) + exchange[scheme]
    query, answer = world.sent[-2].message, world.sent[-1].message
    assert answer.sequence == query.sequence
    assert query.options[0] == answer.options[0] == HomeNetworkPrefix(Prefix(address(1), 128))
    assert answer.options[1] == AlternateCareOfAddress(B)
    assert answer.options[2] == query.options[1]
    assert answer.status == 0 and answer.lifetime > 0


class Asking:
    """An anchor with node 1 at B, and questions for it."""

    def __init__(self) -> None:
        self.world = DataWorld("spmip")
        self.world.settle((1, B))
        self.question = messages.query(address(1), 9, None, FLAGS)

    def ask(self, question: BindingUpdate) -> BindingAcknowledgement | None:
        before = len(self.world.sent)
        self.world.forge(LMA, question, A, LMA)
        sent = self.world.sent[before:]
        assert all(each.destination == A and each.source == LMA for each in sent)
        return sent[0].message if sent else None


def test_an_anchor_says_where_the_node_is() -> None:
    asking = Asking()
    answer = asking.ask(asking.question)
    assert answer is not None
    assert messages.is_reply(answer, FLAGS)
    reply = messages.read_reply(answer)
    assert (reply.status, reply.sequence, reply.care_of) == (0, 9, B)
    assert reply.address == address(1)


def test_an_anchor_refuses_what_it_does_not_serve() -> None:
    asking = Asking()
    answer = asking.ask(messages.query(address(2), 9, 77, FLAGS))
    assert answer is not None
    assert answer.status == Status.NOT_LMA_FOR_THIS_MOBILE_NODE
    assert (answer.flags, answer.lifetime, answer.sequence) == (0x21, 0, 9)
    assert answer.options == (HomeNetworkPrefix(Prefix(address(2), 128)), Timestamp(77))


def test_an_anchor_refuses_a_query_without_a_home_address() -> None:
    asking = Asking()
    for options in ((), (HomeNetworkPrefix(home(1)),)):
        answer = asking.ask(replace(asking.question, options=options))
        assert answer is not None
        assert answer.status == Status.MISSING_HOME_NETWORK_PREFIX_OPTION


def test_without_q_it_is_a_registration_and_refused_as_such() -> None:
    asking = Asking()
    answer = asking.ask(replace(asking.question, flags=0x8200))
    assert answer is not None
    assert answer.flags == 0x20
    assert answer.status == Status.MISSING_MN_IDENTIFIER_OPTION


def test_without_p_it_is_no_query() -> None:
    asking = Asking()
    assert asking.ask(replace(asking.question, flags=0x8008)) is None
    assert asking.world.drops() == ["not a proxy registration"]


def test_an_anchor_that_knows_no_q_changes_nothing() -> None:
    asking = Asking()
    world = DataWorld("spmip", lma={"query_flags": {"update": 0x0004}})
    world.settle((1, B))
    before = [{**row, "remaining": 0} for row in world.rows(LMA)]
    world.forge(LMA, asking.question, A, LMA)
    world.forge(LMA, with_name(asking.question), A, LMA)
    assert [{**row, "remaining": 0} for row in world.rows(LMA)] == before


def test_a_node_between_two_gateways_is_answered_for_when_it_has_come() -> None:
    asking = Asking()
    world = asking.world
    world.go(1)
    world.run(0.1)
    assert asking.ask(asking.question) is None
    world.run(1.0)
    world.come(1, B)
    world.run(0.015)
    reply = messages.read_reply(world.answers()[-1].message)
    assert (reply.sequence, reply.care_of) == (9, B)


def test_a_gateway_that_asked_for_a_node_is_not_told_that_it_serves_it_itself() -> None:
    asking = Asking()
    asking.world.go(1)
    asking.world.run(0.1)
    assert asking.ask(asking.question) is None
    asking.world.come(1, A)
    asking.world.run(3)
    assert asking.world.answers() == []
    assert not any(isinstance(s.message, UpdateNotification) for s in asking.world.sent)


def test_a_gateway_is_refused_once_the_session_is_deleted() -> None:
    world = DataWorld("spmip", lma={"min_delay_before_bce_delete": 2})
    world.settle((1, B))
    world.go(1)
    world.run(0.1)
    world.send(CORRESPONDENT, address(1), A)
    world.run(4)
    (answer,) = world.answers()
    assert answer.message.status == Status.NOT_LMA_FOR_THIS_MOBILE_NODE
    assert world.known(A)[str(address(1))]["state"] == "absent"


def with_name(question: BindingUpdate) -> BindingUpdate:
    identity = MobileNodeIdentifier(1, name(1).encode())
    return replace(question, options=(identity, *question.options))
