"""The page of DMIPv6 is true: its files and tests exist, its messages and states are the code's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from dmipv6_flows import A, B
from dmipv6_nodes import ADDRESS
from dmipv6_world import World
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests

from agents.dmipv6.flow import Ended, Flow, Open, Opening, Step
from agents.dmipv6.selection import RULES
from agents.wire import dmipv6_messages, icmpv6
from agents.wire.address import UNSPECIFIED
from agents.wire.dmipv6_messages import DhpRecord

PAGE = (ROOT / "docs/dmipv6.md").read_text()
RECORD = DhpRecord(UNSPECIFIED, 0, 0, 0)


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 25
    assert missing_files(PAGE, "agents/dmipv6/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 50
    assert unwritten_tests(PAGE) == set()


def test_the_list_of_messages_is_that_of_the_codec() -> None:
    listed = re.findall(r"^\| (\d+) \| `(\w+)` \| (\d+)( \+ 20n)? \|", PAGE, re.MULTILINE)
    assert len(listed) == len(dmipv6_messages.DMIPV6_MESSAGES)
    for number, name, octets, records in listed:
        kind = getattr(dmipv6_messages, name)
        assert int(number) == kind.LAYOUT.number
        sizes = [len(icmpv6.emit_unsummed(made)) for made in examples(kind, bool(records))]
        assert sizes == [int(octets) + 20 * n for n in range(len(sizes))]


def examples(kind: Any, records: bool) -> list[Any]:
    """Messages of a kind: with no, one and two records, where it has some."""
    if records:
        return [kind((RECORD,) * n) for n in range(3)]
    if kind is dmipv6_messages.ServerDhpRequirements:
        return [kind(0, 0, 15, 255)]
    return [kind(UNSPECIFIED) if kind is dmipv6_messages.DhoaResponse else kind()]


def test_the_rules_are_those_of_the_server() -> None:
    rows = re.findall(r"^\| (\d) \w+ \| ([a-z, ]+) \|$", PAGE, re.MULTILINE)
    assert {int(number): tuple(order.split(", ")) for number, order in rows} == {
        number: policy.order for number, policy in RULES.items()
    }


# --- states -------------------------------------------------------------------------------------

Arrow = tuple[str, str]
_STEPS = {
    Step.ADDRESS: "Address",
    Step.FINDING: "Finding",
    Step.APPLYING: "Applying",
    Step.BINDING: "Binding",
    Step.HOME: "Home",
}


def name_of(state: Any) -> str:
    return _STEPS[state.step] if isinstance(state, Opening) else type(state).__name__


class Observer:
    """Notes every step of every flow from one event of the mobile node to the next."""

    def __init__(self, world: World, arrows: set[Arrow]) -> None:
        self._world, self._arrows = world, arrows
        self._known: dict[Flow, str] = {}
        perform = world._perform

        def observing(name: str, actions: Any) -> None:
            if name == "mn":
                self._look()
            perform(name, actions)

        world._perform = observing  # type: ignore[method-assign]

    def _look(self) -> None:
        core: Any = self._world.nodes["mn"].core
        now = {flow: name_of(flow.state) for flow in core._flows}
        for flow in self._known.keys() | now.keys():
            step = (self._known.get(flow, "[*]"), now.get(flow, "[*]"))
            if step[0] != step[1]:
                self._arrows.add(step)
        self._known = now


def begin(world: World, flow: str = "f", to: Any = A, wait: float = 7, **more: Any) -> None:
    world.open(flow, to, wait=wait, **more)


def successful(world: World) -> None:
    world.ready()
    begin(world)
    world.close("f")
    world.run(3)


def without_link(world: World) -> None:
    begin(world)
    begin(world, "g", B, service="web")


def waiting_for_a_link(world: World) -> None:
    for flow, service in (("f", "mobile"), ("g", "web")):
        begin(world, flow, wait=0, service=service)
    world.attach("wlan1")
    world.run(7)


def home_agent_dead(world: World) -> None:
    world.kill("ha")
    world.attach("wlan1")
    world.run(1)
    begin(world, to=ADDRESS["elsewhere"])
    world.kill("a1", "a2")
    begin(world, "g", wait=30)
    begin(world, "late", to=ADDRESS["elsewhere"], wait=0)
    world.close("late")


def home_agent_dead_and_no_link(world: World) -> None:
    world.kill("ha")
    begin(world, wait=0)
    world.run(30)


def home_agent_dead_and_no_such_name(world: World) -> None:
    world.kill("ha")
    world.nodes["mn"].config["domains"][0]["zone"] = "nowhere.test"
    world.restart("mn")
    world.attach("wlan1")
    world.run(1)
    begin(world)


def too_many_wait_for_a_link(world: World) -> None:
    world.nodes["mn"].config["flow_burst"] = 1
    world.restart("mn")
    begin(world, wait=0)
    begin(world, "g", wait=0)
    world.attach("wlan1")
    world.run(7)


def nobody_answers(world: World) -> None:
    world.ready().kill("a1", "a2")
    begin(world)


def nothing_is_given(world: World) -> None:
    world.ready()
    world.fate = lambda number, message: () if type(message).__name__ == "DhoaResponse" else (0.0,)
    begin(world)


def nothing_is_bound(world: World) -> None:
    world.ready()
    world.fate = lambda number, message: (
        () if type(message).__name__ == "BindingAcknowledgement" else (0.0,)
    )
    begin(world)


def servers_are_remembered(world: World) -> None:
    world.ready()
    begin(world)
    begin(world, "g", to=A, wait=3)


def closed_early(world: World) -> None:
    world.ready()
    for number, wait in enumerate((0.005, 0.03, 0.05)):
        world.run(70)
        begin(world, f"f{number}", to=(A, B)[number % 2], wait=wait)
        world.close(f"f{number}")
    world.run(70)
    for number, wait in enumerate((0.015, 0.035, 0.055, 0.07)):
        begin(world, f"g{number}", wait=wait)
        world.close(f"g{number}")
        world.run(70)


def refused(world: World) -> None:
    world.ready()
    begin(world, service="web")
    world.attach("wlan2")
    world.run(20)


DRIVES: list[Callable[[World], None]] = [
    successful,
    without_link,
    waiting_for_a_link,
    home_agent_dead,
    home_agent_dead_and_no_link,
    home_agent_dead_and_no_such_name,
    too_many_wait_for_a_link,
    nobody_answers,
    nothing_is_given,
    nothing_is_bound,
    servers_are_remembered,
    closed_early,
    refused,
]


@pytest.fixture(scope="module")
def arrows() -> set[Arrow]:
    seen: set[Arrow] = set()
    for drive in DRIVES:
        world = World()
        Observer(world, seen)
        drive(world)
    return seen


def test_the_diagram_has_every_transition_and_no_other(arrows: set[Arrow]) -> None:
    drawn = set(re.findall(r"^    (\S+) --> (\S+):", PAGE, re.MULTILINE))
    assert drawn == arrows
    assert {Open.__name__, Ended.__name__} <= {end for arrow in drawn for end in arrow}
