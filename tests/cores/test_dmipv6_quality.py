"""When an access network does not serve a flow (draft-liu §5.2.1): rate, delay and loss."""

from __future__ import annotations

import pytest

from agents.dmipv6.flow import Flow, Open, Via
from agents.dmipv6.quality import Measurement, beyond, exceeds
from agents.dmipv6.selection import Requirements
from agents.dmipv6.services import Service
from agents.wire.address import Address

HOME = Address(bytes(16))


def flow(name: str, business: int, rate: float | None) -> Flow:
    service = Service(name, rate=rate, requirements=Requirements(business))
    return Flow(name, service, HOME, 17, 1, None, False, "", Open(Via.HOME, HOME))


FLOWS = [
    flow("backup", 4, 50e3),
    flow("other", 0, 10e3),
    flow("video", 2, 500e3),
    flow("call", 1, 64e3),
    flow("second call", 1, 64e3),
    flow("chat", 3, None),
]


@pytest.mark.parametrize(
    ("rate", "ended"),
    [
        (None, []),
        (1e6, []),
        (688e3, []),
        (687e3, ["other"]),
        (628e3, ["backup", "other"]),
        (200e3, ["video"]),
        (128e3, ["video", "backup", "other"]),
        (100e3, ["second call", "video", "backup"]),
        (10e3, ["call", "second call", "video", "backup"]),
        (0, ["call", "second call", "video", "backup", "other"]),
    ],
)
def test_urgent_flows_are_served_first(rate: float | None, ended: list[str]) -> None:
    assert [each.name for each in beyond(FLOWS, rate)] == ended


def test_a_flow_that_needs_nothing_always_fits() -> None:
    assert beyond([flow("chat", 3, None)], 0) == []


@pytest.mark.parametrize(
    ("lost", "sent", "share", "too_many"),
    [
        (0, 10, 0.0, False),
        (1, 10, 0.0, True),
        (1, 10, 0.05, False),  # 40 % by chance
        (2, 10, 0.05, False),  # 9 %
        (3, 10, 0.05, True),  # 1 %
        (10, 10, 1.0, False),
        (5, 10, 0.5, False),
        (9, 10, 0.5, True),
    ],
)
def test_losses_count_when_they_cannot_be_chance(
    lost: int, sent: int, share: float, too_many: bool
) -> None:
    assert exceeds(lost, sent, share) is too_many


def test_delay_is_half_of_the_median_round_trip() -> None:
    needs = Service("call", max_delay=0.1)
    assert Measurement([0.19, 0.19, 5.0], 3, 3).shortcoming(needs) == ""
    assert Measurement([0.21, 0.01, 0.21], 3, 3).shortcoming(needs) == "delay"
    assert Measurement([], 10, 0).shortcoming(needs) == ""


def test_an_agent_that_answers_no_echo_is_not_one_that_everything_is_lost_to() -> None:
    needs = Service("call", max_loss=0.05)
    assert Measurement([0.02], 10, 0).shortcoming(needs) == ""
    assert Measurement([0.02], 10, 6).shortcoming(needs) == "loss"
    assert Measurement([0.02], 10, 9).shortcoming(needs) == ""
