"""Figure 1 of draft-xia-netext-flow-binding-00, by each carrier, layout and way to decide."""

from __future__ import annotations

from pathlib import Path

import pytest
from figure_runs import broken, compared, recorded, said, silent

from testbed.protocols import load
from testbed.simulated.run import simulate

pytest.importorskip("agents.flowbinding", reason="the protocol is not part of this version")

FILE = Path(__file__).parents[2] / "topologies" / "flow-binding" / "topology.yaml"
LOCAL = {"1", "2", "2'", "3", "4", "4a", "4b", "4c", "5", "5'", "6", "9", "10", "11"}


def compare(folder: Path, *settings: tuple[str, str]):
    text = FILE.read_text(encoding="utf-8")
    for default, chosen in settings:
        assert default in text
        text = text.replace(default, chosen)
    (folder / "topology.yaml").write_text(text, encoding="utf-8")
    network = load(str(folder / "topology.yaml"))
    return compared(recorded(network, simulate(network)), "xia-fig1")


@pytest.mark.parametrize(
    "settings",
    [
        (),
        (("carrier: generic", "carrier: rfc7077"),),
        (("layout: early", "layout: rfc6089"),),
    ],
)
def test_flows_go_to_the_interface_that_has_come(tmp_path, settings):
    comparison = compare(tmp_path, *settings)
    assert said(comparison) == []
    assert set(comparison.steps) >= LOCAL
    assert (comparison.roles["SMAG"], comparison.roles["TMAG"]) == ("mag1", "mag2")
    assert [comparison.steps[number].depth for number in ("10", "11")] == [2, 1]


def test_the_target_may_be_asked_first(tmp_path):
    comparison = compare(tmp_path, ("inquire: unknown", "inquire: always"))
    assert said(comparison) == []
    assert set(comparison.steps) >= LOCAL | {"7", "8"}


def shared(answer: str) -> tuple[str, str]:
    inquire = "inquire: unknown"
    return (inquire, inquire.replace("unknown", answer) + "\n    shared_address: true\n    #")


def test_where_interfaces_share_an_address_one_header_is_enough(tmp_path):
    comparison = compare(tmp_path, shared("unknown"))
    assert said(comparison) == []
    assert [comparison.steps[number].depth for number in ("10", "11")] == [1, 0]
    assert "§7" in next(step.note for step in comparison.figure.steps if step.number == "10")


REST = "      - {service: rest, prefer: [wlan, 3gpp]}\n"
OVERLAPPING = (  # calls are UDP too, and so are bound to the interface that they are on
    ("      p2p: {rate", "      rest: {protocol: udp}\n      p2p: {rate"),
    ("      - {service: p2p", f"{REST}      - {{service: p2p"),
)


@pytest.mark.parametrize("variant", [("inquire: unknown", "inquire: always"), shared("always")])
def test_an_answer_belongs_to_its_own_update_when_one_names_the_own_interface(tmp_path, variant):
    comparison = compare(tmp_path, variant, *OVERLAPPING)
    assert said(comparison) == []
    update, answer = (comparison.steps[number].message for number in ("6", "9"))
    assert update.sequence == answer.sequence
    assert any("6" in each for each in comparison.repeats)


@pytest.mark.parametrize(
    ("role", "name", "missing"),
    [
        ("lma", "GenericSignalingRequest", ["5", "5'", "6", "9", "10", "11"]),
        ("mag", "GenericSignalingAcknowledgement", ["5'"]),
    ],
)
def test_who_is_silent_is_missed(monkeypatch, role, name, missing):
    recording = broken(monkeypatch, "flow-binding", [("flowbinding", role)], silent(name))
    kinds = said(compared(recording, "xia-fig1"))
    assert [step for kind, step in kinds if kind == "missing"][: len(missing)] == missing
