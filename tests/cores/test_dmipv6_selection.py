"""Which home proxy is chosen, by what policy, and how requirements travel (draft-liu §5.1.4)."""

from __future__ import annotations

import pytest

from agents.core.configuration import ConfigurationError
from agents.dmipv6.selection import CRITERIA, RULES, Policy, Requirements, read_policy, read_rules
from agents.wire.address import Address
from agents.wire.dmipv6_messages import DhpRecord


def record(number: int, load: int, capability: int, distance: int, security: int) -> DhpRecord:
    return DhpRecord(Address(bytes(15) + bytes((number,))), load, capability, distance, security)


SAFE = record(1, 90, 10, 9, 200)
IDLE = record(2, 10, 20, 9, 100)
NEAR = record(3, 90, 30, 1, 100)
STRONG = record(4, 90, 250, 9, 100)
ALL = (SAFE, IDLE, NEAR, STRONG)


@pytest.mark.parametrize(
    ("criterion", "best"),
    [("security", SAFE), ("load", IDLE), ("distance", NEAR), ("capability", STRONG)],
)
def test_each_criterion_alone_chooses_the_best_by_it(criterion: str, best: DhpRecord) -> None:
    assert Policy((criterion,)).best_first(ALL, Requirements())[0] == best
    assert Policy(weights=((criterion, 2.0),)).best_first(ALL, Requirements())[0] == best


def test_equals_by_the_first_criterion_are_told_apart_by_the_next() -> None:
    order = Policy(("security", "distance", "load"))
    assert order.best_first(ALL, Requirements()) == [SAFE, NEAR, IDLE, STRONG]
    assert CRITERIA == ("security", "load", "distance", "capability")
    assert Policy().best_first(ALL, Requirements()) == [SAFE, IDLE, NEAR, STRONG]


def test_equals_by_everything_are_told_apart_by_address() -> None:
    twins = [record(number, 1, 1, 1, 1) for number in (9, 7, 8)]
    for policy in (Policy(), Policy(weights=(("load", 1.0),))):
        chosen = policy.best_first(twins, Requirements())
        assert [each.address[15] for each in chosen] == [7, 8, 9]


def test_weights_weigh_several_criteria_against_each_other() -> None:
    low_load = Policy(weights=(("load", 1.0), ("capability", 0.1)))
    power = Policy(weights=(("load", 0.1), ("capability", 1.0)))
    assert low_load.best_first(ALL, Requirements())[0] == IDLE
    assert power.best_first(ALL, Requirements())[0] == STRONG


@pytest.mark.parametrize(
    ("requirements", "left"),
    [
        (Requirements(security=101), [SAFE]),
        (Requirements(security=201), []),
        (Requirements(load=89), [IDLE]),
        (Requirements(load=10), [IDLE]),
        (Requirements(load=9), []),
        (Requirements(distance=1), [NEAR]),
        (Requirements(capability=250), [STRONG]),
        (Requirements(capability=30, distance=8), [NEAR]),
    ],
)
def test_who_does_not_meet_the_requirements_is_left_out(
    requirements: Requirements, left: list[DhpRecord]
) -> None:
    assert Policy().best_first(ALL, requirements) == left


@pytest.mark.parametrize("load", [0, 16, 17, 89, 254, 255])
@pytest.mark.parametrize("capability", [0, 1, 128, 255])
def test_a_query_asks_for_no_less_than_what_is_required(load: int, capability: int) -> None:
    required = Requirements(3, capability, load, 7, 5)
    asked = Requirements.asked(required.query())
    assert asked.load <= load and load - asked.load < 17
    assert asked.capability == capability
    assert (asked.business, asked.distance, asked.security) == (3, 7, 5)


def test_a_query_in_between_asks_for_the_next_capability() -> None:
    # 12 bits of a query against 8 of a record: sixteen steps are one.
    query = Requirements(capability=10).query()
    assert query.capability == 160
    for capability, met in ((160, 10), (161, 11), (176, 11), (4095, 256)):
        changed = type(query)(0, capability, 15, 255)
        assert Requirements.asked(changed).capability == met


@pytest.mark.parametrize(
    "value", [[], {}, ["speed"], ["load", "load"], {"load": 0}, {"load": True}, "load", 5, None]
)
def test_what_is_no_policy_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ConfigurationError, match=r"mn: 'policy' is .*: give a list") as caught:
        read_policy(value, "mn: 'policy'")
    assert "\n" not in str(caught.value)


def test_rules_can_be_replaced_one_by_one() -> None:
    rules = read_rules({"1": ["load"], 7: {"distance": 2}}, "server: 'rules'")
    assert rules[1] == Policy(("load",)) and rules[7] == Policy(weights=(("distance", 2.0),))
    assert rules[2] == RULES[2]
    for wrong in ({"voice": ["load"]}, {256: ["load"]}, ["load"]):
        with pytest.raises(ConfigurationError, match="server: 'rules'"):
            read_rules(wrong, "server: 'rules'")
