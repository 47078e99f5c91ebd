"""The page of both schemes is true: its files and tests exist, its diagram is what happens."""

from __future__ import annotations

import re

import pytest
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests
from spmip_world import (
    CORRESPONDENT,
    LMA,
    A,
    B,
    C,
    DataWorld,
    address,
    home,
)

from agents.spmip import messages
from agents.spmip.locations import Locations, State
from agents.wire.address import Address, Prefix
from agents.wire.draft_flags import QueryFlags
from agents.wire.messages import BindingAcknowledgement
from agents.wire.options import HomeNetworkPrefix, MobileNodeIdentifier
from agents.wire.signaling_messages import UpdateNotification

PAGE = (ROOT / "docs/spmip.md").read_text()
NODE = address(1)
Arrow = tuple[str, str]


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 12
    assert missing_files(PAGE, "agents/spmip/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 20
    assert unwritten_tests(PAGE) == set()


@pytest.fixture
def arrows(monkeypatch: pytest.MonkeyPatch) -> set[Arrow]:
    """Every step of node 1's address at gateway A from state to state."""
    seen: set[Arrow] = set()
    enter, forget = Locations.enter, Locations.forget

    def entering(self: Locations, address: Address, state: State) -> Address | None:
        seen.add((_name(self.of(address)), type(state).__name__))
        with monkeypatch.context() as inside:
            inside.setattr(Locations, "forget", forget)
            return enter(self, address, state)

    def forgetting(self: Locations, address: Address) -> None:
        if self.of(address) is not None:
            seen.add((_name(self.of(address)), "[*]"))
        forget(self, address)

    monkeypatch.setattr(Locations, "enter", entering)
    monkeypatch.setattr(Locations, "forget", forgetting)
    return seen


def test_the_diagram_has_every_transition_and_no_other(arrows: set[Arrow]) -> None:
    for drive in DRIVES:
        drive(Drive())
    drawn = set(re.findall(r"^    (\S+) --> (\S+):", PAGE, re.MULTILINE))
    assert drawn == arrows


def _name(state: State | None) -> str:
    return "[*]" if state is None else type(state).__name__


class Drive:
    """A gateway whose anchor answers only when it is told to."""

    def __init__(self, lifetime: int = 400) -> None:
        self.cut = False
        self.world = DataWorld("spmip", fate=self._fate, mag={"lifetime": lifetime})
        self.world.settle((1, B))

    def _fate(self, number: int, message: object) -> tuple[float, ...]:
        mute = isinstance(message, BindingAcknowledgement) and message.flags & 1
        return () if self.cut and mute else (0.0,)

    def packet(self) -> Drive:
        self.world.send(CORRESPONDENT, NODE, A)
        self.world.run(0.1)
        return self

    def notified(self) -> Drive:
        options = (MobileNodeIdentifier(1, b"mn1@example.com"), HomeNetworkPrefix(home(1)))
        self.world.forge(A, UpdateNotification(1, 1, 0, options), LMA, A)
        return self

    def silent(self) -> Drive:
        self.cut = True
        return self

    def wait(self, seconds: float) -> Drive:
        self.world.run(seconds)
        return self

    def refused(self) -> Drive:
        self._answer(messages.refused, 153)
        return self

    def told(self, care_of: Address) -> Drive:
        self._answer(messages.found, care_of, 75)
        return self

    def _answer(self, make: object, *arguments: object) -> None:
        assert callable(make)
        question = self.world.queries()[-1].message
        self.world.forge(A, make(question, *arguments, QueryFlags()), LMA, A)

    def state(self) -> str:
        return str(self.world.known(A).get(str(NODE), {}).get("state", ""))

    def routed(self) -> Address | None:
        route = self.world.kernel(A).routes.get((Prefix(NODE, 128), None))
        return None if route is None else route.tunnel


def confirmed(drive: Drive) -> None:
    drive.packet().notified()
    assert (drive.state(), drive.routed()) == ("confirming", B)
    drive.wait(0.1)
    assert (drive.state(), drive.routed()) == ("located", B)


def confirmed_elsewhere(drive: Drive) -> None:
    drive.packet().silent().notified().wait(0.1).told(C)
    assert (drive.state(), drive.routed()) == ("located", C)


def answered_when_notified(drive: Drive) -> None:
    drive.silent().packet().notified().notified().told(B)
    assert (drive.state(), drive.routed()) == ("confirming", B)
    drive.told(C)
    assert (drive.state(), drive.routed()) == ("confirming", C)
    drive.wait(0.1).told(B)
    assert (drive.state(), drive.routed()) == ("located", B)


def left_in_doubt(drive: Drive) -> None:
    drive.packet().silent().notified().wait(7.2)
    assert (drive.state(), drive.routed()) == ("located", B)


def refused_when_confirming(drive: Drive) -> None:
    drive.packet().silent().notified().wait(0.1).refused()
    assert (drive.state(), drive.routed()) == ("absent", None)


def named_itself(drive: Drive) -> None:
    drive.packet().silent().notified().wait(0.1).told(A)
    assert (drive.state(), drive.routed()) == ("", None)


def expired() -> None:
    drive = Drive(lifetime=8).packet()
    assert drive.routed() == B
    drive.wait(8)
    assert (drive.state(), drive.routed()) == ("", None)


def expired_in_doubt(drive: Drive) -> None:
    drive.packet().silent().wait(60).notified()
    assert drive.state() == "confirming"
    drive.world.run(float(drive.world.known(A)[str(NODE)]["remaining"]) - 3)
    drive.notified().wait(3.5)
    assert (drive.state(), drive.routed()) == ("querying", None)


def attached_in_each_state(drive: Drive) -> None:
    for prepare, state in (
        (Drive.packet, "located"),
        (lambda d: d.packet().silent().notified(), "confirming"),
        (lambda d: d.silent().packet(), "querying"),
        (lambda d: d.silent().packet().refused(), "absent"),
    ):
        drive = Drive()
        prepare(drive)
        assert drive.state() == state
        drive.world.come(1, A)
        drive.wait(1)
        assert (drive.state(), drive.routed()) == ("", None)


def absent_until_notified(drive: Drive) -> None:
    drive.silent().packet().refused().notified()
    assert drive.state() == ""


def absent_for_a_while(drive: Drive) -> None:
    drive.silent().packet().wait(7.2)
    assert drive.state() == "absent"
    drive.wait(5)
    assert drive.state() == ""


DRIVES = [
    confirmed,
    confirmed_elsewhere,
    answered_when_notified,
    left_in_doubt,
    refused_when_confirming,
    named_itself,
    lambda drive: expired(),
    expired_in_doubt,
    attached_in_each_state,
    absent_until_notified,
    absent_for_a_while,
]
