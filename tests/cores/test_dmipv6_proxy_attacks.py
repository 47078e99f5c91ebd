"""What a home proxy bears: forgeries, replays and floods (draft-liu §6)."""

from __future__ import annotations

import pytest
from dmipv6_domain import (
    AUTHENTIC,
    DHP,
    ELSEWHERE,
    KEY,
    MOBILE,
    STRANGER,
    VOICE,
    Domain,
    statuses,
    table,
)
from pmipv6_world import Sent

from agents.core import actions as do
from agents.core.events import MessageReceived
from agents.core.security import SecurityAssociation
from agents.wire import mobility
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.dmipv6_messages import DhoaRequest, DhoaResponse
from agents.wire.options import MobileNodeIdentifier


def test_a_spoofed_update_moves_nothing() -> None:
    domain = Domain(dhp=AUTHENTIC)
    address = domain.address()
    domain.bind(address, 1, key=KEY)
    for sequence, key in ((2, None), (3, SecurityAssociation(256, b"guessed")), (4, None)):
        answers = domain.bind(address, sequence, care_of=STRANGER, key=key)
        assert statuses(answers) == [146]
    domain.bind(address, 5, care_of=STRANGER, lifetime=0)
    assert domain.tunnel(address) == MOBILE


def test_a_replayed_update_moves_nothing() -> None:
    domain = Domain(dhp=AUTHENTIC)
    address = domain.address()
    domain.bind(address, 1, key=KEY)
    domain.bind(address, 2, care_of=ELSEWHERE, key=KEY)
    updates = [sent for sent in domain.sent if sent.octets[2] == 5 and sent.destination == DHP]
    for old in updates:
        replay(domain, old, address)
    assert domain.tunnel(address) == ELSEWHERE
    domain.bind(address, 3, care_of=ELSEWHERE, lifetime=0, key=KEY)
    for old in updates:
        replay(domain, old, address)
    assert domain.tunnel(address) is None and table(domain) == {}


def replay(domain: Domain, old: Sent, home: Address) -> None:
    event = MessageReceived(
        mobility.parse(old.octets), old.source, DHP, octets=old.octets, home_address=home
    )
    domain._perform(DHP, domain.cores[DHP].handle(event, domain.now))


def test_another_node_with_the_key_cannot_take_an_address() -> None:
    domain = Domain(dhp=AUTHENTIC)
    address = domain.address()
    own, other = (
        MobileNodeIdentifier(1, name) for name in (b"mn1@example.com", b"mn2@example.com")
    )
    assert statuses(domain.bind(address, 1, key=KEY, options=(own,))) == [0]
    for options in ((other,), ()):
        answers = domain.bind(address, 2, care_of=STRANGER, key=KEY, options=options)
        assert statuses(answers) == [129]
        answers = domain.bind(address, 2, lifetime=0, key=KEY, options=options)
        assert statuses(answers) == [129]
    assert domain.tunnel(address) == MOBILE
    assert statuses(domain.bind(address, 3, care_of=ELSEWHERE, key=KEY, options=(own,))) == [0]


def test_without_a_key_another_cannot_bind_first() -> None:
    domain = Domain()
    address = domain.address()
    assert statuses(domain.bind(address, 1, care_of=STRANGER)) == [129]
    assert domain.tunnel(address) == MOBILE
    assert statuses(domain.bind(address, 1)) == [0]


@pytest.mark.parametrize("config", [{}, AUTHENTIC])
def test_a_flood_of_requests_is_bounded_and_disturbs_no_binding(config: dict[str, object]) -> None:
    domain = Domain(dhp=config)
    key = KEY if config else None
    address = domain.address()
    domain.bind(address, 1, key=key)
    for number in range(2000):
        source = Address(STRANGER[:14] + number.to_bytes(2, "big"))
        domain.at(
            number / 2000, lambda s=source: domain.send(do.SendMessage(DhoaRequest(), s, DHP))
        )
    for number in range(500):
        domain.at(number / 500, lambda: domain.send(do.SendMessage(DhoaRequest(), STRANGER, DHP)))
    domain.run(2)
    assert len(table(domain)) <= 1 + 300  # total_burst and one second's total_rate
    answered = [s for s in domain.sent if isinstance(s.message, DhoaResponse)]
    assert len(answered) <= 1 + 300 + 100 + 50 * 2
    assert domain.tunnel(address) == MOBILE
    assert statuses(domain.bind(address, 2, care_of=ELSEWHERE, key=key)) == [0]
    domain.run(61)
    assert list(table(domain)) == [str(address)]
    assert domain.kernels[DHP].tunnels == {ELSEWHERE}


def test_one_senders_flood_leaves_the_others_their_addresses() -> None:
    domain = Domain()
    for number in range(1000):
        domain.at(number / 1000, lambda: domain.send(do.SendMessage(DhoaRequest(), STRANGER, DHP)))
    domain.run(0.5)
    assert domain.address() != UNSPECIFIED
    assert [row["care_of"] for row in domain.rows(DHP)].count(str(STRANGER)) == 1


def test_no_message_but_to_the_mobile_node_itself_has_its_care_of_address() -> None:
    domain = Domain(dhp=AUTHENTIC)
    address = domain.address()
    domain.bind(address, 1, key=KEY, options=(VOICE,))
    domain.bind(address, 2, key=KEY, care_of=ELSEWHERE)
    domain.run(30)
    own = [s for s in domain.sent if s.source == DHP and s.destination not in (MOBILE, ELSEWHERE)]
    assert own and not any(MOBILE in s.octets or ELSEWHERE in s.octets for s in own)
