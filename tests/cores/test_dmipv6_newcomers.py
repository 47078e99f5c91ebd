"""A home proxy that comes up late learns of the others, and they of it (draft-liu §4.3.1)."""

from __future__ import annotations

from dmipv6_domain import ANYCAST, DHPS, Domain

from agents.wire.dmipv6_messages import DhpDiscoveryAcknowledgement, DhpDiscoveryQuery


def proxies(domain: Domain) -> list[list[object]]:
    answers = domain.ask(DhpDiscoveryQuery(), ANYCAST)
    return [
        [record.address for record in answer.records]
        for answer in answers
        if isinstance(answer, DhpDiscoveryAcknowledgement)
    ]


def test_one_that_comes_up_late_hears_of_the_others_before_they_announce_again() -> None:
    domain = Domain()
    domain.kill(DHPS[0])
    domain.run(16)  # what the other one knew of it is stale
    domain.restart(DHPS[0])
    before = len(domain.sent)
    domain.run(0.5)
    told = [(sent.source, sent.destination) for sent in domain.sent[before:]]
    assert told.count((DHPS[1], DHPS[0])) == 1
    assert proxies(domain) == [list(DHPS)]


def test_those_who_know_each_other_tell_no_more_than_at_intervals() -> None:
    domain = Domain()
    domain.run(30)
    between = [sent for sent in domain.sent if {sent.source, sent.destination} == set(DHPS)]
    initial, regular, answers = 4, 6, 1
    assert len(between) <= 2 * (initial + regular + answers)
