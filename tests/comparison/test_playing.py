"""Several protocols one after the other: none loses what others have found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from testbed.comparison.gathered import Gathered
from testbed.comparison.playing import FAILED, INTERRUPTED, Played, play_all
from testbed.comparison.stagger import staggered
from testbed.protocols import load
from testbed.topology.network import Network

NETWORK = load("comparison")


def plans(*protocols: str) -> list[list[Network]]:
    return [[replace(NETWORK, protocol=name, seed=seed) for seed in (1, 2)] for name in protocols]


def found(network: Network, folder: Path) -> Gathered:
    return Gathered({"protocol": network.protocol, "seed": network.seed}, network, folder)


def test_a_protocol_that_fails_does_not_lose_the_others(tmp_path: Path) -> None:
    told = []

    def play(network: Network, folder: Path) -> Played:
        if network.protocol == "b":
            raise ValueError("no such thing")
        return Played(0, found(network, folder))

    result = play_all(plans("a", "b", "c"), tmp_path, play, lambda *each: told.append(each[:2]))
    assert [(run.protocol, run.document["seed"]) for run in result.runs] == [
        *(("a", 1), ("a", 2)),
        *(("c", 1), ("c", 2)),
    ]
    assert result.troubles == ["b: failed: ValueError: no such thing"]
    assert FAILED in result.statuses
    assert told == [(1, 6), (2, 6), (3, 6), (5, 6), (6, 6)]


def test_an_interrupted_run_ends_all(tmp_path: Path) -> None:
    def play(network: Network, folder: Path) -> Played:
        interrupted = network.seed == 2
        return Played(INTERRUPTED if interrupted else 0, found(network, folder))

    result = play_all(plans("a", "b"), tmp_path, play, lambda *_: None)
    assert [run.document["seed"] for run in result.runs] == [1]
    assert "interrupted" in result.troubles[0]


def test_flows_begin_at_other_instants_with_another_seed_and_the_same_with_any_protocol() -> None:
    def starts(protocol: str, seed: int) -> dict[str, float]:
        network = staggered(load("comparison", protocol, seed=seed))
        return {step.target: step.at for step in network.timeline if step.kind == "start"}

    planned = {step.target: step.at for step in NETWORK.timeline if step.kind == "start"}
    first, other = starts("pmipv6", 1), starts("pmipv6", 2)
    assert starts("romip", 1) == first
    for name in ("ping", "voip", "peers"):
        interval = NETWORK.flows[name].interval
        assert interval is not None
        assert 0 <= first[name] - planned[name] < interval
        assert first[name] != other[name]
    assert first["download"] == pytest.approx(planned["download"])
