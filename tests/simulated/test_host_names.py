"""Names that agents ask for: the packets, their delay, and what comes where nobody answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_world import host_world, own, puppet, tell, visit

from agents.core.actions import Resolve
from agents.core.events import Resolved
from agents.wire.address import Address
from testbed.simulated.packet import HEADER

NAME = "dhp-anycast.net.example"
FOUND = ("2001:db8:3::a", "2001:db8:3::b")
NAMES = {"old": {NAME: FOUND}}
ADDRESSES = tuple(map(Address.parse, FOUND))
LOSSY = """
timeline:
  - {at: 0.5s, change: core-gw, loss: 1.0}
  - {at: 1.5s, change: core-gw, loss: 0}
"""
QUESTION = HEADER + 8 + 12 + len(NAME) + 2 + 4 + 11


@pytest.mark.parametrize("encode", [False, True])
def test_a_name_is_asked_for_and_answered_by_packets(tmp_path: Path, encode: bool) -> None:
    built = host_world(tmp_path, names=NAMES, encode=encode)
    address, server = visit(built), own(built, "old")
    tell(built, "mn1", Resolve(NAME, server, address))
    built.clock.run(1.0)
    assert puppet(built, "mn1").of(Resolved) == [Resolved(NAME, ADDRESSES)]
    seen = [s for s in built.recorder.sightings if s.node == "mn1" and s.message is None]
    assert [(s.outgoing, s.length, s.source, s.destination) for s in seen] == [
        (True, QUESTION, address, server),
        (False, QUESTION + 2 * 28, server, address),
    ]
    came_at = puppet(built, "mn1").at[-1]
    assert came_at - seen[0].at == pytest.approx(2 * 0.010, abs=0.001)
    assert built.nodes["old"].drops == {}


@pytest.mark.parametrize(
    ("asked", "addresses"),
    [(NAME.upper() + ".", ADDRESSES), ("other.net.example", ())],
)
def test_names_are_alike_in_any_case_and_others_have_no_address(
    tmp_path: Path, asked: str, addresses: tuple[Address, ...]
) -> None:
    built = host_world(tmp_path, names=NAMES)
    tell(built, "mn1", Resolve(asked, own(built, "old"), visit(built)))
    built.clock.run(1.0)
    assert puppet(built, "mn1").of(Resolved) == [Resolved(asked, addresses)]


@pytest.mark.parametrize("server", ["cn", "nobody"])
def test_where_nobody_answers_it_is_over_after_three_seconds(tmp_path: Path, server: str) -> None:
    built = host_world(tmp_path, names=NAMES)
    target = Address.parse("2001:db8:3:1::99") if server == "nobody" else own(built, server)
    tell(built, "mn1", Resolve(NAME, target, visit(built)))
    built.clock.run(10.0)
    mobile = puppet(built, "mn1")
    assert mobile.heard[-1] == Resolved(NAME, (), answered=False)
    assert mobile.at[-1] == 3.0
    asked = [s.at for s in built.recorder.sightings if s.node == "ar1" and s.length == QUESTION]
    assert [round(at) for at in asked[::2]] == [0, 1, 2]


def test_a_lost_question_is_asked_again(tmp_path: Path) -> None:
    built = host_world(tmp_path, LOSSY, names=NAMES)
    address = visit(built)
    built.clock.run(0.9)
    tell(built, "mn1", Resolve(NAME, own(built, "old"), address))
    built.clock.run(5.0)
    mobile = puppet(built, "mn1")
    assert mobile.of(Resolved) == [Resolved(NAME, ADDRESSES)]
    assert mobile.at[-1] == pytest.approx(0.9 + 1.0 + 2 * 0.010, abs=0.001)


def test_an_agent_that_died_meanwhile_is_not_told_and_nor_is_the_next(tmp_path: Path) -> None:
    built = host_world(tmp_path, names=NAMES)
    tell(built, "mn1", Resolve(NAME, own(built, "old"), visit(built)))
    built.agents["mn1"].kill()
    built.agents["mn1"].start()
    built.clock.run(5.0)
    assert puppet(built, "mn1").of(Resolved) == []
