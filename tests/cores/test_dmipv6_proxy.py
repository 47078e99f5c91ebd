"""A home proxy gives out DHoAs, binds them and tunnels for them (draft-liu §4.4, §4.5, §5.1)."""

from __future__ import annotations

from typing import Any

from dmipv6_domain import (
    AUTHENTIC,
    DHP,
    ELSEWHERE,
    KEY,
    MOBILE,
    POOLS,
    VOICE,
    Domain,
    statuses,
    table,
)

from agents.core import actions as do
from agents.core.security import SecurityAssociation
from agents.wire.address import UNSPECIFIED, Address, Prefix
from agents.wire.dmipv6_messages import DhoaRequest
from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.private_options import BusinessFlowAttribute

WEB = BusinessFlowAttribute(4711, 6)


def test_a_request_is_answered_with_an_address_of_the_pool() -> None:
    domain = Domain()
    address = domain.address()
    assert POOLS[0].contains(address)
    request, response = (sent for sent in domain.sent if sent.octets[:1].hex() in ("a6", "a7"))
    assert request.octets[:2].hex() == "a600" and request.octets[4:] == bytes(4)
    assert response.octets[:2].hex() == "a700"
    assert response.octets[4:] == bytes(4) + address
    assert (response.source, response.destination) == (DHP, MOBILE)
    assert domain.records("address_allocated") == [
        {"node": str(address), "address": str(address), "care_of": str(MOBILE)}
    ]


def test_addresses_are_all_different_and_tell_nothing() -> None:
    domain = Domain(dhp={"request_rate": 1000, "total_rate": 1000})
    given = []
    for sequence in range(16):
        given.append(domain.address())
        domain.bind(given[-1], sequence)
    assert len(set(given)) == 16
    assert all(a[8:] != MOBILE[8:] and not Prefix(MOBILE, 64).contains(a) for a in given)
    spread = {a[octet] for a in given for octet in (8, 11, 15)}
    assert len(spread) > 30  # no octet that is the same, or counts


def test_another_secret_gives_other_addresses() -> None:
    assert len({Domain(seed).address() for seed in range(5)}) == 5
    assert Domain(3).address() == Domain(3).address()


def test_a_repeated_request_gets_the_same_address() -> None:
    domain = Domain()
    first = domain.address()
    assert domain.address() == first
    domain.bind(first)
    assert domain.address() != first


def test_without_a_key_the_address_is_bound_to_where_it_was_asked_for() -> None:
    domain = Domain()
    address = domain.address()
    assert domain.tunnel(address) == MOBILE
    assert MOBILE in domain.kernels[DHP].tunnels
    assert table(domain)[str(address)]["state"] == "provisional"


def test_what_nobody_binds_is_taken_back_after_a_minute() -> None:
    for config in ({}, AUTHENTIC):
        domain = Domain(dhp=config)
        address = domain.address()
        domain.run(58)
        assert str(address) in table(domain)
        domain.run(2)
        assert table(domain) == {} and domain.tunnel(address) is None
        assert domain.kernels[DHP].tunnels == set()
        assert [r["address"] for r in domain.records("address_released")] == [str(address)]
        assert statuses(domain.bind(address, key=KEY if config else None)) == [133]


def test_with_a_key_nothing_is_tunnelled_before_an_authentic_update() -> None:
    domain = Domain(dhp=AUTHENTIC)
    address = domain.address()
    assert domain.tunnel(address) is None and domain.kernels[DHP].tunnels == set()
    assert statuses(domain.bind(address)) == [146]
    assert statuses(domain.bind(address, 2, key=SecurityAssociation(256, b"wrong"))) == [146]
    assert domain.tunnel(address) is None
    assert statuses(domain.bind(address, 3, key=KEY)) == [0]
    assert domain.tunnel(address) == MOBILE


def test_an_update_binds_the_flow_and_is_confirmed_as_rfc_6275_says() -> None:
    domain = Domain()
    address = domain.address()
    (confirmation,) = domain.bind(address, 7, options=(VOICE,))
    assert confirmation == BindingAcknowledgement(0, 0, 7, 25, confirmation.options)
    (sent,) = [a for _, n, a in domain.log if n == DHP and is_acknowledgement(a)]
    assert sent == do.SendMessage(confirmation, DHP, MOBILE, route_to=address)
    row = table(domain)[str(address)]
    assert row["state"] == "bound" and row["care_of"] == str(MOBILE)
    assert row["flows"] == ["17/5060"]


def is_acknowledgement(action: object) -> bool:
    return isinstance(action, do.SendMessage) and isinstance(action.message, BindingAcknowledgement)


def test_the_octets_of_a_flow_in_an_update() -> None:
    domain = Domain()
    address = domain.address()
    domain.bind(address, options=(VOICE,))
    update = next(sent for sent in domain.sent if sent.octets[2] == 5)
    at = update.octets.index(bytes.fromhex("f204"))
    assert update.octets[at : at + 6].hex() == "f20413c41100"
    assert at % 2 == 0


def test_a_move_takes_all_flows_of_the_address_along() -> None:
    domain = Domain()
    address = domain.address()
    domain.bind(address, 1, options=(VOICE, WEB))
    assert statuses(domain.bind(address, 2, care_of=ELSEWHERE, options=(VOICE,))) == [0]
    assert domain.tunnel(address) == ELSEWHERE
    assert domain.kernels[DHP].tunnels == {ELSEWHERE}
    row = table(domain)[str(address)]
    assert row["care_of"] == str(ELSEWHERE) and row["flows"] == ["6/4711", "17/5060"]


def test_a_flow_is_removed_and_the_binding_stays() -> None:
    domain = Domain()
    address = domain.address()
    domain.bind(address, 1, options=(VOICE, WEB))
    assert statuses(domain.bind(address, 2, lifetime=0, options=(VOICE,))) == [0]
    assert domain.tunnel(address) == MOBILE
    assert table(domain)[str(address)]["flows"] == ["6/4711"]


def test_the_lifetime_zero_without_a_flow_ends_the_binding() -> None:
    domain = Domain()
    address = domain.address()
    domain.bind(address, 1, options=(VOICE,))
    assert statuses(domain.bind(address, 2, lifetime=0)) == [0]
    assert domain.tunnel(address) is None and table(domain) == {}
    assert domain.kernels[DHP].tunnels == set()
    assert domain.records("address_released")[-1]["address"] == str(address)
    assert statuses(domain.bind(address, 3)) == [133]  # given back for good


def test_nothing_is_remembered_of_addresses_that_were_given_back() -> None:
    domain = Domain(dhp={**AUTHENTIC, "request_rate": 100})
    for number in range(50):
        address = domain.address()
        domain.bind(address, number, key=KEY)
        domain.bind(address, number + 1, lifetime=0, key=KEY)
    proxy: Any = domain.cores[DHP]
    assert len(domain.records("address_released")) == 50
    assert proxy._registrar._freshness._accepted == {}
    assert len(proxy._leases) == 0 and proxy._leases._held == {}
    assert statuses(domain.bind(address, 99, key=KEY)) == [133]


def test_a_binding_that_is_not_renewed_ends() -> None:
    domain = Domain()
    address = domain.address()
    domain.bind(address, 1, lifetime=25)
    domain.run(97)
    assert domain.tunnel(address) == MOBILE
    domain.run(4)
    assert domain.tunnel(address) is None and table(domain) == {}


def test_the_load_counts_what_is_given_out() -> None:
    domain = Domain(dhp={"capacity": 4})
    loads = []
    for number in range(1, 6):
        address = domain.address(source=Address(MOBILE[:15] + bytes((number,))))
        domain.run(6)
        announced = [s.message for s in domain.sent if s.source == DHP and s.octets[0] == 163]
        loads.append((announced[-1].records[0].load, address == UNSPECIFIED))
    assert loads == [(64, False), (128, False), (192, False), (255, False), (255, True)]
    assert domain.records("request_refused")[-1]["why"] == "no address left"


def test_one_mobile_node_has_a_bounded_number_of_addresses() -> None:
    domain = Domain(dhp={"requests_per_mobile": 3, "request_rate": 100})
    held = []
    for sequence in range(3):
        held.append(domain.address())
        domain.bind(held[-1], sequence)
    assert domain.address() == UNSPECIFIED
    assert domain.address(source=ELSEWHERE) != UNSPECIFIED
    domain.bind(held[0], 9, lifetime=0)
    assert domain.address() != UNSPECIFIED


def test_addresses_count_where_the_mobile_node_is_now() -> None:
    domain = Domain(dhp={"requests_per_mobile": 1, "request_rate": 100})
    address = domain.address()
    domain.bind(address, 1)
    domain.bind(address, 2, care_of=ELSEWHERE)
    assert domain.address(source=ELSEWHERE) == UNSPECIFIED
    assert domain.address(source=MOBILE) != UNSPECIFIED


def test_a_request_from_within_the_pool_or_from_no_node_gets_nothing() -> None:
    domain = Domain()
    inside = Address(POOLS[0].network[:15] + b"\x09")
    assert domain.address(source=inside) == UNSPECIFIED
    assert domain.ask(DhoaRequest(), DHP, Address.parse("fe80::1")) == []
    assert domain.drops()[-1] == "request that cannot be answered"


def test_a_home_proxy_takes_only_home_registrations() -> None:
    domain = Domain()
    address = domain.address()
    for flags in (0x8000, 0xC200):
        update = BindingUpdate(1, flags, 25)
        domain.send(do.SendMessage(update, MOBILE, DHP, home_address=address))
        domain.run(1)
    assert "message not for a home proxy" in domain.drops()
    assert [r["status"] for r in domain.records("binding_refused")] == [152]
