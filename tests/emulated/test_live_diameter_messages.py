"""The octets of AA-Requests and AA-Answers, and what is read in bad ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.live import diameter_base as base
from agents.live.diameter_base import Identity
from agents.live.diameter_messages import (
    DiameterError,
    aa_answer,
    aa_request,
    again,
    avp,
    find,
    parse,
    read_aa_answer,
    read_aa_request,
)
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import (
    AUTHORIZATION_REJECTED,
    REALM_NOT_SERVED,
    SUCCESS,
    AaAnswer,
    AaRequest,
)

SESSION = "maar3.example.com;1700000000;1"
REQUEST = bytes.fromhex(
    "010000fcc000010900000001000000110000002200000107400000266d616172332e6578616d706c652e636f6d"
    "3b313730303030303030303b310000000001024000000c0000000100000108400000196d616172332e6578616d"
    "706c652e636f6d00000000000128400000136578616d706c652e636f6d000000011b400000136578616d706c65"
    "2e636f6d00000001124000000c0000000200000001400000176d6e31406578616d706c652e636f6d00000001fa"
    "000000176d6e31406578616d706c652e636f6d000000007c000000100000010000000000000001e64000002400"
    "00014e4000001a000220010db800a3000000000000000000010000"
)
ANSWER = bytes.fromhex(
    "010000c84000010900000001000000110000002200000107400000266d616172332e6578616d706c652e636f6d"
    "3b313730303030303030303b310000000001024000000c00000001000001124000000c000000020000010c4000"
    "000c000007d100000108400000176161612e6578616d706c652e636f6d0000000128400000136578616d706c65"
    "2e636f6d0000000001400000176d6e31406578616d706c652e636f6d00000001e6400000240000014e4000001a"
    "000220010db800a2000000000000000000010000"
)
ASKED = AaRequest(
    session=SESSION,
    user="mn1@example.com",
    maar=Address.parse("2001:db8:a3::1"),
    origin_host="maar3.example.com",
    origin_realm="example.com",
    destination_realm="example.com",
)
ANSWERED = AaAnswer(
    SESSION,
    SUCCESS,
    "mn1@example.com",
    "aaa.example.com",
    "example.com",
    Address.parse("2001:db8:a2::1"),
)


def test_the_octets_are_those_of_rfc_6733_and_what_they_say_comes_back() -> None:
    made = aa_request(ASKED)
    made.header.hop_by_hop_identifier, made.header.end_to_end_identifier = 17, 34
    assert made.as_bytes() == REQUEST
    assert read_aa_request(parse(REQUEST)) == ASKED
    assert aa_answer(ANSWERED, parse(REQUEST)).as_bytes() == ANSWER
    assert read_aa_answer(parse(ANSWER)) == ANSWERED


def test_a_first_attachment_is_answered_with_the_zero_address() -> None:
    first = AaAnswer(SESSION, SUCCESS, "mn1@example.com", "aaa.example.com", "example.com")
    octets = aa_answer(first, parse(REQUEST)).as_bytes()
    assert octets.endswith(bytes.fromhex("0000014e4000001a0002") + bytes(18))
    assert read_aa_answer(parse(octets)).previous == UNSPECIFIED


@pytest.mark.parametrize(
    ("result", "error_bit"), [(REALM_NOT_SERVED, True), (AUTHORIZATION_REJECTED, False)]
)
def test_a_refusal_names_no_maar_and_protocol_errors_have_their_bit(
    result: int, error_bit: bool
) -> None:
    refusal = AaAnswer(SESSION, result, "mn1@example.com", "aaa.example.com", "example.com")
    message = parse(aa_answer(refusal, parse(REQUEST)).as_bytes())
    assert message.header.is_error is error_bit
    assert find(message, 486) == []
    assert read_aa_answer(message) == refusal


def test_what_proxies_want_back_comes_back() -> None:
    asked = parse(REQUEST)
    asked.avps.append(avp(284, [avp(280, b"proxy.example"), avp(33, b"state")]))
    message = parse(aa_answer(ANSWERED, parse(asked.as_bytes())).as_bytes())
    assert [each.as_bytes() for each in find(message, 284)] == [asked.avps[-1].as_bytes()]


def test_a_repeated_request_has_its_bit_and_is_the_same_otherwise() -> None:
    repeated = again(parse(REQUEST)).as_bytes()
    assert repeated == REQUEST[:4] + bytes([0xD0]) + REQUEST[5:]


@pytest.mark.parametrize(
    ("old", "new", "result", "code"),
    [
        ("0000014e4000001a0002", "0000014e4000001a0001", 5004, 334),
        ("000001e640000024", "000001e640000008", 5014, 0),
        ("0000014e4000001a", "0000014f4000001a", 5005, 334),
        ("0000000140000017", "0000000140000117", 5014, 0),
        ("000001fa00000017", "000001fb40000017", 5001, 507),
        ("000001fa00000017", "000001fac0000017", 5001, 506),
        ("6d6e3140", "fffeff40", 5004, 1),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(old: str, new: str, result: int, code: int) -> None:
    octets = bytes.fromhex(REQUEST.hex().replace(old, new, 1))
    assert octets != REQUEST
    with pytest.raises(DiameterError) as raised:
        read_aa_request(parse(octets))
    if result != 5014:
        assert (raised.value.result, raised.value.code) == (result, code)


def test_a_known_avp_may_be_mandatory() -> None:
    strict = REQUEST.hex().replace("000001fa00000017", "000001fa40000017")
    assert read_aa_request(parse(bytes.fromhex(strict))) == ASKED


def test_a_vendors_avp_of_the_same_code_offers_no_application() -> None:
    octets = REQUEST.hex().replace("000001024000000c", "00000102c000000c")
    assert not base.shares_application(parse(bytes.fromhex(octets)))


@given(st.data())
@settings(deadline=None)
def test_whatever_comes_is_read_or_refused(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.sampled_from([REQUEST, ANSWER])))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(20, len(octets) - 1))] = data.draw(st.integers(0, 255))
    for read in (read_aa_request, read_aa_answer, base.shares_application):
        try:
            read(parse(bytes(octets)))
        except DiameterError as error:
            assert 3000 < error.result < 6000


@pytest.mark.parametrize("code", [258, 259])
@pytest.mark.parametrize("inside", [False, True])
def test_a_relay_shares_all_applications(code: int, inside: bool) -> None:
    identity = Identity("relay.example", "example", UNSPECIFIED, 1)
    message = base.ask_capabilities(identity)
    message.avps = [each for each in message.avps if each.code != 258]
    assert not base.shares_application(parse(message.as_bytes()))
    offered = avp(code, 0xFFFFFFFF)
    message.avps.append(avp(260, [avp(266, 10415), offered]) if inside else offered)
    assert base.shares_application(parse(message.as_bytes()))
