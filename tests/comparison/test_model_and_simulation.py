"""What the models expect is what the simulator finds, under every protocol that has a model."""

from __future__ import annotations

import pytest
from probed import INTERVAL, play, probed

from testbed.comparison.facts import Fact
from testbed.comparison.model.protocols import MODELS
from testbed.protocols.registry import PROTOCOLS

MOST = 0.1  # relative error
HANDOVERS = 4
# What a handover is said to have cost beyond what its procedure takes, as docs/model.md explains:
# messages at the end of the flows, about mobiles whose last handover it was.
AFTERWARDS = {"dmipv6": {"BindingUpdate", "BindingAcknowledgement"}, "romip": {"dDBU", "dDBA"}}

# Packets between two mobiles go by the home agents until their routes are optimized: when a flow
# begins and after each move, for as long as that takes; the model knows the time after that alone.
OPTIMIZING = {"mipv6", "dmipv6"}
MOST_DETOURS = 1.2

protocols = pytest.mark.parametrize("protocol", [each for each in PROTOCOLS if each in MODELS])


def differing(found: list[Fact], by_chance: float) -> list[tuple[str, str, float, float]]:
    """Return what is further from the model than a tenth, and than what chance may add."""
    return [
        (each.key.subject, each.key.direction, each.value or 0.0, each.model)
        for each in found
        if each.model is not None
        and abs((each.value or 0.0) - each.model) > max(MOST * each.model, by_chance)
    ]


def test_every_protocol_has_a_model() -> None:
    assert set(PROTOCOLS) <= set(MODELS)


@protocols
def test_latencies_are_as_expected(protocol: str) -> None:
    found = probed(protocol).about("handover", "latency")
    assert len([each for each in found if each.model is not None]) == HANDOVERS
    assert differing(found, INTERVAL) == []


@protocols
def test_silences_are_as_expected(protocol: str) -> None:
    found = probed(protocol).about("handover", "interruption")
    assert len([each for each in found if each.model is not None]) == len(found) >= 3 * HANDOVERS
    assert differing(found, INTERVAL) == []


@protocols
def test_as_many_packets_are_lost_as_expected(protocol: str) -> None:
    found = [each for each in probed(protocol).about("flow", "lost") if not each.key.direction]
    assert [each.key.subject for each in found if each.model is not None] == ["probe", "pair"]
    assert differing(found, 2.0 * HANDOVERS) == []


@protocols
def test_packets_travel_as_far_as_expected(protocol: str) -> None:
    found = probed(protocol).about("flow", "stretch")
    assert len([each for each in found if each.model is not None]) == 4
    further = differing(found, 0.0)
    if protocol not in OPTIMIZING:
        assert further == []
    for subject, _, value, model in further:
        assert subject == "pair"
        assert model < value < model * MOST_DETOURS


@protocols
def test_each_handover_takes_the_messages_that_are_expected(protocol: str) -> None:
    run = probed(protocol)
    extra = {
        each.key.subject
        for each in run.about("move", "messages")
        if each.value != pytest.approx(each.model)
    }
    assert extra <= AFTERWARDS.get(protocol, set())
    for metric in ("messages", "message octets", "message octets x links"):
        known = run.about("handover", metric)
        assert len(known) == HANDOVERS
        exact = [each for each in known if each.value == each.model]
        assert len(exact) >= (2 if extra else HANDOVERS), known


def test_what_is_sent_at_the_end_of_flows_is_no_part_of_a_handover() -> None:
    """The difference that the test above lets pass is there, and is as large as is explained."""
    found = {each.key.subject: each for each in probed("romip").about("move", "messages")}
    for message in AFTERWARDS["romip"]:
        more = (found[message].value or 0.0) - (found[message].model or 0.0)
        assert 0 < more * HANDOVERS <= 6


@pytest.mark.parametrize(
    ("topology", "protocol"),
    [
        *(("pmipv6", "pmipv6"), ("mipv6", "mipv6"), ("mipv6-ro", "mipv6"), ("spmip", "spmip")),
        *(("sdpmip", "sdpmip"), ("dmipv6", "dmipv6"), ("romip", "romip")),
    ],
)
def test_handovers_of_each_protocols_own_topology_are_as_expected(
    topology: str, protocol: str
) -> None:
    run = play(topology, protocol)
    for metric in ("latency", "interruption"):
        both = [
            (each.value or 0.0, each.model)
            for each in run.about("handover", metric)
            if each.model is not None
        ]
        assert both
        measured, expected = (sum(each) for each in zip(*both, strict=True))
        assert measured == pytest.approx(expected, rel=MOST)
