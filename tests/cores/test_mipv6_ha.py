"""The home agent: registrations and what they come to (RFC 6275 §10.3)."""

from __future__ import annotations

import pytest
from mipv6_bench import (
    COA,
    COA2,
    HA,
    HOA,
    A,
    Bench,
    answer,
    changes,
    from_away,
    only,
    reasons,
    sent,
)
from mipv6_home import (
    FLAGS,
    LINK,
    NAME,
    ON_LINK,
    config,
    linked,
    status,
    update,
)
from vector_octets import vector

from agents.core import actions as do
from agents.core.events import Command, HomeAddressUnknown, LinkDown
from agents.wire import packet
from agents.wire.address import Prefix
from agents.wire.extension_headers import Type2Routing
from agents.wire.messages import (
    BindingAcknowledgement,
    BindingError,
    BindingUpdate,
    HomeTestInit,
)
from agents.wire.numbers import BindingUpdateFlag, Status
from agents.wire.options import (
    AlternateCareOfAddress,
    BindingRefreshAdvice,
    MobileNodeIdentifier,
)
from agents.wire.packet import Packet

ANYWHERE = Prefix(HOA, 128)


def test_a_registration_is_answered_octet_by_octet() -> None:
    bench = Bench("ha", config(max_lifetime=223, refresh_advice=180))
    actions = bench.take(vector(6))
    assert packet.emit(only(actions, BindingAcknowledgement)) == vector(8)
    assert bench.kernel.tunnel_of(HOA) == COA
    assert bench.kernel.exits[HA] == do.AcceptTunnels(HA, do.Delivery.ROUTED, reverse_path=True)


def test_the_route_stands_before_the_acknowledgement_leaves() -> None:
    actions = Bench("ha", config()).take(update(1))
    assert [type(action) for action in actions] == [
        do.AddTunnel,
        do.AddRoute,
        do.SendMessage,
        do.Record,
    ]
    assert actions[1] == do.AddRoute(ANYWHERE, tunnel=COA)


def test_the_event_log_and_the_table_know_the_node_by_its_name() -> None:
    bench = Bench("ha", config())
    bench.take(update(1, 60))
    (record,) = bench.records("binding_accepted")
    assert record["node"] == NAME
    assert (record["care_of"], record["lifetime"]) == (str(COA), 240)
    bench.run(100)
    (row,) = bench.rows()
    assert (row["home_address"], row["remaining"]) == (str(HOA), 140.0)


@pytest.mark.parametrize(("asked", "granted"), [(1, 1), (60, 60), (150, 150), (0xFFFF, 150)])
def test_no_more_is_granted_than_is_asked_or_allowed(asked: int, granted: int) -> None:
    assert answer(Bench("ha", config()).take(update(1, asked))).lifetime == granted


def test_advice_to_refresh_is_given_where_it_comes_before_the_end() -> None:
    bench = Bench("ha", config(refresh_advice=100))
    assert answer(bench.take(update(1, 26))).options == (BindingRefreshAdvice(25),)
    assert answer(bench.take(update(2, 25))).options == ()


def test_a_binding_ends_when_it_is_not_refreshed() -> None:
    bench = Bench("ha", config())
    bench.take(update(1, 60))
    bench.run(200)
    bench.take(update(2, 60))
    bench.run(239.9)
    assert bench.kernel.tunnel_of(HOA) == COA
    bench.run(0.2)
    assert bench.kernel.routes == {} and bench.kernel.tunnels == set()
    assert bench.records("binding_deleted")[0]["why"] == "expired"
    assert bench.rows() == []


def test_a_move_replaces_the_route_and_ends_the_old_tunnel() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    actions = bench.take(update(2, care_of=COA2))
    assert changes(actions) == [do.AddTunnel(HA, COA2), do.AddRoute(ANYWHERE, tunnel=COA2)]
    assert only(actions, BindingAcknowledgement).destination == COA2
    assert bench.run(0) == [do.RemoveTunnel(HA, COA)]


def test_a_refresh_changes_nothing_in_the_kernel() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    assert changes(bench.take(update(2))) == []


def test_an_alternate_care_of_address_is_bound_and_the_answer_goes_to_the_source() -> None:
    bench = Bench("ha", config())
    actions = bench.take(update(1, options=(AlternateCareOfAddress(COA2),)))
    assert bench.kernel.tunnel_of(HOA) == COA2
    reply = only(actions, BindingAcknowledgement)
    assert (reply.destination, reply.headers) == (COA, (Type2Routing(HOA),))


def test_a_deregistration_from_away_takes_everything_back() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    actions = bench.take(update(2, 0))
    assert changes(actions) == [do.RemoveRoute(ANYWHERE), do.RemoveTunnel(HA, COA)]
    reply = only(actions, BindingAcknowledgement)
    assert (reply.payload.status, reply.payload.lifetime) == (Status.ACCEPTED, 0)
    assert (reply.destination, reply.headers) == (COA, (Type2Routing(HOA),))
    bench.run(0)
    assert bench.kernel.tunnels == set() and bench.rows() == []
    assert bench.records("binding_deleted")[0]["why"] == "de-registered"


@pytest.mark.parametrize("lifetime", [0, 60])
def test_a_node_at_home_is_answered_without_a_routing_header(lifetime: int) -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    at_home = Packet(HOA, HA, BindingUpdate(2, FLAGS, lifetime))
    actions = bench.take(at_home)
    reply = only(actions, BindingAcknowledgement)
    assert (reply.source, reply.destination, reply.headers) == (HA, HOA, ())
    assert reply.payload.lifetime == 0
    assert actions[0] == do.RemoveRoute(ANYWHERE)
    assert bench.rows() == []


def test_a_deregistration_without_a_binding_is_refused() -> None:
    bench = Bench("ha", config())
    assert status(bench.take(update(1, 0))) is Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE


@pytest.mark.parametrize(
    ("packet_sent", "refusal"),
    [
        (update(1, home=A("2001:db8:7::100")), Status.NOT_HOME_SUBNET),
        (update(1, home=A("2001:db8:1::300")), Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE),
        (
            update(1, options=(MobileNodeIdentifier(1, b"mn2@example.com"),)),
            Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE,
        ),
        (update(1, care_of=HA), Status.INVALID_CARE_OF_ADDRESS),
        (
            update(1, options=(AlternateCareOfAddress(A("2001:db8:1::200")),)),
            Status.INVALID_CARE_OF_ADDRESS,
        ),
        (update(1, flags=FLAGS | BindingUpdateFlag.PROXY), Status.PROXY_REG_NOT_ENABLED),
    ],
)
def test_what_may_not_be_bound_is_refused_and_changes_nothing(
    packet_sent: Packet, refusal: Status
) -> None:
    bench = Bench("ha", config())
    actions = bench.take(packet_sent)
    assert status(actions) is refusal
    assert answer(actions).sequence == 1
    assert changes(actions) == [] and bench.rows() == []
    (record,) = bench.records("binding_refused")
    assert (record["status"], record["reason"]) == (int(refusal), refusal.name)


def test_the_identifier_that_belongs_to_the_home_address_is_echoed() -> None:
    named = MobileNodeIdentifier(1, NAME.encode())
    assert answer(Bench("ha", config()).take(update(1, options=(named,)))).options == (named,)


@pytest.mark.parametrize(
    ("last", "old"), [(15, 15), (15, 0), (15, 32783), (15, 65535), (65535, 65535), (0, 65535)]
)
def test_a_sequence_number_out_of_window_is_answered_with_the_last_one(last: int, old: int) -> None:
    bench = Bench("ha", config())
    bench.take(update(last))
    actions = bench.take(update(old, care_of=COA2))
    assert status(actions) is Status.SEQUENCE_NUMBER_OUT_OF_WINDOW
    assert answer(actions).sequence == last
    assert bench.kernel.tunnel_of(HOA) == COA


@pytest.mark.parametrize(("last", "new"), [(15, 16), (15, 32782), (65535, 0), (65535, 32766)])
def test_sequence_numbers_wrap_around(last: int, new: int) -> None:
    bench = Bench("ha", config())
    bench.take(update(last))
    assert status(bench.take(update(new, care_of=COA2))) is Status.ACCEPTED


@pytest.mark.parametrize(
    ("packet_sent", "reason"),
    [
        (update(1, to=A("2001:db8:1::9")), "update for another address"),
        (update(1, home=A("fe80::1")), "home address that is not unicast routable"),
        (update(1, home=A("ff0e::1")), "home address that is not unicast routable"),
        (
            update(1, options=(AlternateCareOfAddress(A("ff0e::1")),)),
            "care-of address that is not unicast routable",
        ),
        (
            update(1, options=(AlternateCareOfAddress(A("fe80::1")),)),
            "care-of address that is not unicast routable",
        ),
        (
            update(1, options=(AlternateCareOfAddress(A("::")),)),
            "care-of address that is not unicast routable",
        ),
    ],
)
def test_addresses_that_reach_nobody_are_discarded_in_silence(
    packet_sent: Packet, reason: str
) -> None:
    bench = Bench("ha", config())
    actions = bench.take(packet_sent)
    assert reasons(actions) == [reason] and sent(actions) == []
    assert bench.rows() == []


def test_several_mobile_nodes_share_nothing() -> None:
    bench = Bench("ha", config())
    other = A("2001:db8:1::200")
    bench.take(update(1))
    bench.take(update(1, home=other))
    bench.take(update(2, 0))
    bench.run(0)
    assert bench.kernel.tunnel_of(other) == COA and bench.kernel.tunnels == {COA}
    assert [row["home_address"] for row in bench.rows()] == [str(other)]


def test_a_care_of_address_that_is_the_home_address_ends_the_binding() -> None:
    bench = Bench("ha", config())
    bench.take(update(1))
    assert answer(bench.take(update(2, options=(AlternateCareOfAddress(HOA),)))).lifetime == 0
    assert bench.rows() == []


def test_the_address_on_the_home_link_takes_registrations_too() -> None:
    bench = Bench("ha", linked(detection="off"))
    actions = bench.take(update(1, to=ON_LINK))
    assert only(actions, BindingAcknowledgement).source == ON_LINK
    assert do.AddTunnel(ON_LINK, COA) in actions
    assert set(bench.kernel.exits) == {HA, ON_LINK}
    assert changes(bench.take(update(2))) == [
        do.RemoveRoute(ANYWHERE),
        do.RemoveTunnel(ON_LINK, COA),
        do.AddTunnel(HA, COA),
        do.AddRoute(ANYWHERE, tunnel=COA),
    ]


def test_return_routability_is_not_a_home_agents_business() -> None:
    bench = Bench("ha", config())
    actions = bench.take(Packet(COA, HA, HomeTestInit(bytes(8))))
    error = only(actions, BindingError)
    assert (error.payload.status, error.destination) == (2, COA)
    bench.take(update(1))
    plain = from_away(BindingUpdate(2, FLAGS & 0x8000, 60), COA, HA)
    assert reasons(bench.take(plain)) == ["unexpected message"]


def test_a_home_address_option_without_a_binding_is_answered() -> None:
    bench = Bench("ha", config())
    error = only(bench.give(HomeAddressUnknown(HOA, COA, HA)), BindingError)
    assert (error.source, error.destination) == (HA, COA)
    assert (error.payload.status, error.payload.home_address) == (1, HOA)


def test_what_it_is_not_told_for_is_counted() -> None:
    bench = Bench("ha", linked())
    assert reasons(bench.give(Command("dance"))) == ["unknown command"]
    assert bench.give(LinkDown(LINK, bytes(6))) == []
