"""The page of flow binding is true: its files and tests exist, its figure is what happens."""

from __future__ import annotations

import re

from flowbinding_nodes import IF1, IF2, LTE, WLAN, A, B
from flowbinding_world import FlowWorld
from pmipv6_world import LMA
from protocol_pages import ROOT, missing_files, named_files, named_tests, unwritten_tests

from agents.flowbinding.guests import Stage
from agents.wire.names import message_name

PAGE = (ROOT / "docs/flowbinding.md").read_text()


def test_every_file_it_names_exists() -> None:
    assert len(named_files(PAGE)) > 20
    assert missing_files(PAGE, "agents/flowbinding/") == []


def test_every_test_it_names_exists() -> None:
    assert len(named_tests(PAGE)) > 30
    assert unwritten_tests(PAGE) - {"test_flowbinding_attacks"} == set()


def test_the_figure_has_every_message_in_order() -> None:
    policy = [{"service": "video", "prefer": [WLAN, LTE]}]
    world = FlowWorld(flows={"inquire": "always", "policy": policy})
    world.come(IF1, A)
    world.run(0.5)
    world.come(IF2, B)
    world.run(0.5)
    names = {A: "A", B: "B", LMA: "LMA"}
    happened = [
        (names.get(node, "MN"), message_name(action.message))
        for _, node, action in world.log
        if hasattr(action, "message") and hasattr(action, "destination")
    ]
    drawn = re.findall(r"^    (\w+)->>\w+: (\w+)", PAGE, re.MULTILINE)
    assert drawn == happened


def test_the_stages_are_those_of_the_code() -> None:
    drawn = set(re.findall(r"^    (\S+) --> (\S+):", PAGE, re.MULTILINE))
    assert {name for arrow in drawn for name in arrow} - {"[*]"} == {s.value for s in Stage}
