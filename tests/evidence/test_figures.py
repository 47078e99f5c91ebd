"""Every figure of the documents is what its protocol does."""

from __future__ import annotations

import pytest
from figure_runs import compared, fitting, healthy, recorded, said, with_discovery

from testbed.evidence import figures
from testbed.evidence.figures.annotation import annotate, comparisons
from testbed.evidence.signalling import Signalling
from testbed.protocols import load
from testbed.simulated.run import simulate

SHOWN = [
    ("pmipv6", "rfc5213-fig2", 0),
    ("pmipv6", "rfc5213-fig3", 0),
    ("pmipv6", "rfc5213-fig3", 1),
    ("spmip", "rfc5213-fig3", 0),
    ("spmip", "jikim-fig1", 0),
    ("sdpmip", "jikim-fig2", 0),
    ("romip", "ma-fig1", 0),
    ("romip", "ma-fig1", 1),
    ("romip", "ma-fig1", 2),
    ("mipv6", "rfc6275-registration", 0),
    ("mipv6", "rfc6275-registration", 1),
    ("mipv6", "rfc6275-returning-home", 0),
    ("mipv6-ro", "rfc6275-registration", 2),
    ("mipv6-ro", "rfc6275-return-routability", 0),
    ("mipv6-ro", "rfc6275-correspondent", 0),
    ("mipv6-ro", "rfc6275-correspondent", 2),
    ("dmipv6", "liu-fig10a", 0),
    ("dmipv6", "liu-handoff", 0),
]


@pytest.mark.parametrize(("topology", "figure", "index"), SHOWN)
def test_a_healthy_protocol_is_its_figure(topology: str, figure: str, index: int) -> None:
    comparison = compared(healthy(topology), figure, index)
    assert said(comparison) == []
    assert comparison.matches
    needed = {step.number for step in comparison.figure.steps if not step.optional}
    assert needed <= set(comparison.steps)


def test_roles_are_played_by_the_nodes_of_the_handover() -> None:
    recording = healthy("romip")
    assert dict(compared(recording, "ma-fig1", 2).roles) == {
        "user A": "a",
        "A_MAAR2": "amaar2",
        "B_MAAR2": "bmaar2",
        "A_MAAR3": "amaar3",
        "AAA": "aaa",
    }


def test_each_correspondent_is_told_in_steps_of_its_own() -> None:
    comparison = compared(healthy("romip"), "ma-fig1", 2)
    assert [list(each) for each in comparison.repeats] == [["7", "8"]]
    told = {comparison.steps["7"].receiver, comparison.repeats[0]["7"].receiver}
    assert told == {"bmaar1", "bmaar2"}


def test_a_group_is_asked_member_by_member() -> None:
    comparison = compared(healthy("sdpmip"), "jikim-fig2")
    asked = {comparison.steps["3"].receiver, comparison.steps["3'"].receiver}
    asked |= {each["3'"].receiver for each in comparison.repeats}
    assert asked == {"mag2", "mag3", "mag4"}


def test_data_steps_are_one_packet_in_its_layers() -> None:
    comparison = compared(healthy("spmip"), "jikim-fig1")
    packet = [comparison.steps[number] for number in ("4", "7", "8")]
    assert len({rung.identity for rung in packet}) == 1
    assert [rung.depth for rung in packet] == [0, 1, 0]
    ways = [(rung.sender, rung.receiver) for rung in packet]
    assert ways == [("cn", "mag1"), ("mag1", "mag2"), ("mag2", "mn1")]


@pytest.mark.parametrize(
    ("way", "upgraded", "figure", "asked"),
    [
        ("multicast", False, "liu-fig10a", "dhp11"),
        ("server-active", False, "liu-fig10b", "ms1"),
        ("server-passive", False, "liu-fig10b", "ms1"),
        ("correspondent", True, "liu-fig10b", "cn1"),
    ],
)
def test_home_proxies_are_found_in_each_way_as_drawn(tmp_path, way, upgraded, figure, asked):
    network = load(str(with_discovery(tmp_path, way, upgraded)))
    comparison = compared(recorded(network, simulate(network)), figure)
    assert said(comparison) == []
    assert comparison.steps["1"].receiver == asked
    if way == "multicast":
        assert {comparison.roles["DHP1"], comparison.roles["DHP2"]} == {"dhp11", "dhp12"}


def test_a_way_that_is_not_the_figures_is_missing_its_query() -> None:
    assert said(compared(healthy("dmipv6"), "liu-fig10b")) == [("missing", "1"), ("missing", "2")]


def test_several_mobiles_at_once_are_told_apart() -> None:
    recording = healthy("comparison")
    together = [move for move in fitting(recording, "rfc5213-fig3") if 9.9 < move.at < 10.1]
    assert {move.node for move in together} == {"mn1", "mn2"}
    figure = figures.named("rfc5213-fig3")
    for move in together:
        comparison = figures.compare(figure, recording, move)
        assert said(comparison) == []
        assert {rung.mobile for rung in comparison.steps.values()} == {move.node}


def test_forty_mobiles_are_compared_in_no_time() -> None:
    recording = healthy("pmipv6-many")
    found = list(comparisons(figures.of("pmipv6"), recording))
    assert len(found) > 200
    assert [said(each) for each in found if not each.matches] == []


def test_messages_are_annotated_wherever_they_were_seen() -> None:
    network = load("spmip")
    run = simulate(network)
    signalling = Signalling(network)
    for sighting in run.sightings:
        if sighting.message is not None and not sighting.flow:
            signalling.see(sighting)
    signals = signalling.settle()
    told = figures.annotate(network, signals, sorted(run.events, key=lambda event: event.at))
    query = "jikim-fig1 step 5: PBQ, MAG of CN -> LMA"
    places = [signals[index] for index, texts in told.items() if query in texts]
    assert {signal.name for signal in places} == {"ProxyBindingQuery"}
    assert {signal.sighting.node for signal in places} == {"mag1", "core1", "lma"}
    assert annotate((), network, signals, []) == {}


def test_every_figure_of_the_documents_is_there_and_whole() -> None:
    names = [figure.name for figure in figures.ALL]
    assert len(set(names)) == len(names)
    assert {"jikim-fig1", "jikim-fig2", "liu-fig10a", "liu-fig10b", "ma-fig1", "xia-fig1"} <= set(
        names
    )
    for figure in figures.ALL:
        numbers = [step.number for step in figure.steps]
        roles = {role.name for role in figure.roles}
        assert len(set(numbers)) == len(numbers)
        for index, step in enumerate(figure.steps):
            assert {step.sender, step.receiver} <= roles
            assert set(step.after or ()) <= set(numbers[:index])
            assert step.names or step.kind == "data"
        assert {role.lane for role in figure.roles} <= {"", *roles}
        assert set(figure.repeats) <= {step.group for step in figure.steps}
