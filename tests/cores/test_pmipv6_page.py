"""The page of the protocol is true: its files and tests exist, its diagram is what happens."""

from __future__ import annotations

import re

import pytest
from pmipv6_gateway import Gateway
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests

from agents.core.events import Command
from agents.pmipv6.binding_update_list import BindingUpdateList, State, Visit
from agents.wire.address import ALL_ZERO

PAGE = (ROOT / "docs/pmipv6.md").read_text()
REJECTED = {"prefixes": (ALL_ZERO,)}


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 20
    assert missing_files(PAGE, "agents/pmipv6/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 30
    assert unwritten_tests(PAGE) == set()


def test_the_diagram_has_every_transition_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, str]] = set()
    enter, remove = BindingUpdateList.enter, BindingUpdateList.remove

    def watch_enter(self: BindingUpdateList, visit: Visit, state: State) -> None:
        seen.add((state_name(visit), type(state).__name__))
        enter(self, visit, state)

    def watch_remove(self: BindingUpdateList, visit: Visit) -> None:
        seen.add((state_name(visit), "[*]"))
        remove(self, visit)

    monkeypatch.setattr(BindingUpdateList, "enter", watch_enter)
    monkeypatch.setattr(BindingUpdateList, "remove", watch_remove)
    for history in (unanswered, refused, renewed, ended, moved, returned):
        history(Gateway(router_lifetime=60))
    diagram = PAGE.split("```mermaid\nstateDiagram-v2")[1].split("```")[0]
    drawn = set(re.findall(r"^ *(\S+) --> ([^\s:]+)", diagram, re.MULTILINE))
    assert seen == drawn


def state_name(visit: Visit) -> str:
    return "[*]" if visit.state is None else type(visit.state).__name__


def unanswered(gateway: Gateway) -> None:
    gateway.link_up()
    gateway.wait(5)
    gateway.answer(157, **REJECTED)
    gateway.link_down()
    gateway.wait(5)


def refused(gateway: Gateway) -> None:
    gateway.serve(status=130, **REJECTED)
    gateway.wait(40)
    gateway.answer(152, **REJECTED)
    gateway.give(Command("permit", {"node": "mn1@example.com"}))
    gateway.answer(129, **REJECTED)
    gateway.link_up()
    gateway.answer(129, **REJECTED)
    gateway.link_down()


def renewed(gateway: Gateway) -> None:
    gateway.serve()
    gateway.wait(241)
    gateway.answer()
    gateway.link_up()
    gateway.answer(157)
    gateway.answer(155)
    gateway.answer()
    gateway.link_up()
    gateway.answer(129)


def ended(gateway: Gateway) -> None:
    gateway.serve()
    gateway.wait(301)
    gateway.answer()
    gateway.link_up()
    gateway.link_down()
    gateway.answer(lifetime=0)


def moved(gateway: Gateway) -> None:
    gateway.serve()
    gateway.link_up(interface="eth9")


def returned(gateway: Gateway) -> None:
    gateway.serve()
    gateway.link_down()
    gateway.link_up()
