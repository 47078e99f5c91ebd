"""The page of the protocol is true: its files and tests exist, its diagrams are what happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from mipv6_histories import HISTORIES
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests

from agents.core.actions import Action
from agents.mipv6.home_asking import HomeAsking
from agents.mipv6.home_registration import HomeRegistration
from agents.mipv6.homes import Home
from agents.mipv6.optimized_peers import Peer
from agents.mipv6.peer_steps import PeerSteps

PAGE = (ROOT / "docs/mipv6.md").read_text()
CODE = ROOT / "agents/mipv6"
Transitions = set[tuple[str, str]]


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 40
    assert missing_files(PAGE, "agents/mipv6/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 90
    assert unwritten_tests(PAGE) == set()


def test_every_file_of_the_protocol_is_small() -> None:
    assert {f.name for f in CODE.glob("*.py") if len(f.read_text().splitlines()) > 300} == set()


def test_the_diagrams_have_every_transition_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    homes, peers = watched(monkeypatch)
    for history in HISTORIES:
        history()
    of_home, of_peer = PAGE.split("```mermaid\nstateDiagram-v2")[1:3]
    assert homes == drawn(of_home)
    assert peers == drawn(of_peer)


def drawn(diagram: str) -> Transitions:
    arrows = diagram.split("```")[0]
    return set(re.findall(r"^ *(\S+) --> ([^\s:]+)", arrows, re.MULTILINE))


def watched(monkeypatch: pytest.MonkeyPatch) -> tuple[Transitions, Transitions]:
    """Write down the transitions of homes and of correspondents from now on."""
    homes: Transitions = set()
    peers: Transitions = set()
    begun: list[Any] = []  # kept, so that no two have the same identity
    enter_home, end = HomeAsking.enter, HomeRegistration._end
    enter_peer, forget = PeerSteps.enter, PeerSteps.forget

    def before(entry: Any) -> str:
        if any(entry is each for each in begun):
            return type(entry.state).__name__
        begun.append(entry)
        return "[*]"

    def watch_home(self: HomeAsking, home: Home, state: Any) -> None:
        homes.add((before(home), type(state).__name__))
        enter_home(self, home, state)

    def watch_end(self: HomeRegistration, home: Home, now: float) -> list[Action]:
        homes.add((before(home), "[*]"))
        return end(self, home, now)

    def watch_peer(self: PeerSteps, peer: Peer, state: Any) -> None:
        peers.add((before(peer), type(state).__name__))
        enter_peer(self, peer, state)

    def watch_forget(self: PeerSteps, peer: Peer) -> list[Action]:
        peers.add((before(peer), "[*]"))
        return forget(self, peer)

    monkeypatch.setattr(HomeAsking, "enter", watch_home)
    monkeypatch.setattr(HomeRegistration, "_end", watch_end)
    monkeypatch.setattr(PeerSteps, "enter", watch_peer)
    monkeypatch.setattr(PeerSteps, "forget", watch_forget)
    return homes, peers
