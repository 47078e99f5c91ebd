"""Forged queries, answers and notifications on the wire, by scapy, from places inside the network.

After each attack packets still reach the mobile by the tunnel that was there before.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from spmip_scene import TOPOLOGY, Attacker, Scene
from staged_runs import Staged, staged

from agents.spmip.inquiries import ASK_AGAIN_BURST

pytestmark = pytest.mark.root
BOTH = pytest.mark.parametrize("protocol", ["spmip", "sdpmip"])
NO_QUERY, ELSEWHERE = "answer to no query", "query answer from elsewhere"
A_SECOND = 10  # queries about one address that notifications can cause
MANY = range(1, 301)


@BOTH
def test_forgeries_move_nothing(tmp_path: Path, protocol: str) -> None:
    def work(run: Staged) -> None:
        scene = Scene(run, protocol)
        outsider, insider = Attacker(scene, "evil"), Attacker(scene, "core")
        for attacker in (outsider, insider):
            _a_stranger(scene, attacker)
        _answers_that_nobody_asked_for(scene, insider)
        _notifications_in_the_name_of_the_respondent(scene, insider)
        _answers_to_another_query(scene, outsider, insider)

    staged(tmp_path, TOPOLOGY.format(protocol=protocol), work)


def _a_stranger(scene: Scene, attacker: Attacker) -> None:
    """A node that is no gateway, under its own address."""
    attacker.dropped(scene.respondent, "query from outside the domain", "query")
    attacker.dropped("mag1", NO_QUERY, "answer", sequences=MANY)
    attacker.dropped("mag1", "notification from elsewhere", "notification", sequences=MANY)
    scene.is_untouched()


def _answers_that_nobody_asked_for(scene: Scene, insider: Attacker) -> None:
    """A router on the path in the name of the one that may answer, when nothing was asked."""
    insider.dropped("mag1", NO_QUERY, "answer", source=scene.respondent, sequences=MANY)
    scene.is_untouched()


def _notifications_in_the_name_of_the_respondent(scene: Scene, insider: Attacker) -> None:
    """They make the gateway ask again, at a bounded rate, and learn what is the case."""
    run = scene.run
    before = len(run.events("mag1", "query_sent"))
    insider.send("notification", "mag1", source=scene.respondent, sequences=MANY)
    run.wait(lambda: len(run.events("mag1", "notified")) == len(MANY), "all notifications")
    run.wait(lambda: scene.state("mn1") == "located", "an answer")
    asked = run.events("mag1", "query_sent")[before:]
    took = asked[-1]["at"] - asked[0]["at"]
    assert 1 <= len(asked) <= A_SECOND * took + ASK_AGAIN_BURST
    scene.is_untouched()


def _answers_to_another_query(scene: Scene, outsider: Attacker, insider: Attacker) -> None:
    """A query is waiting, and its number is known; but the answer is not right all the same."""
    number = _waiting(scene)
    others = [each for each in MANY if each not in number]
    for attacker in (outsider, insider):
        attacker.dropped("mag1", ELSEWHERE, "answer", about="mn2", sequences=number)
    right = scene.respondent
    insider.dropped("mag1", NO_QUERY, "answer", source=right, about="mn2", sequences=others)
    insider.dropped("mag1", NO_QUERY, "answer", source=right, about="mn1", sequences=number)
    reason = "query answer without a gateway" if right == "lma" else ELSEWHERE
    forged = {"source": right, "about": "mn2", "care_of": "evil", "sequences": number}
    insider.dropped("mag1", reason, "answer", **forged)
    assert not scene.routes("mn2")
    scene.is_untouched()


def _waiting(scene: Scene) -> list[int]:
    """Have a query wait for its answer; return its sequence number."""
    run = scene.run
    if scene.respondent == "lma":
        run.stage.agents.kill("lma")
    asked = len(run.events("mag1", "query_sent"))
    words = ("ping", "-6", "-n", "-c", "1", "-W", "1", scene.address["mn2"])
    subprocess.run(run.command("cn", *words), capture_output=True)
    run.wait(lambda: len(run.events("mag1", "query_sent")) > asked, "a query")
    return [run.events("mag1", "query_sent")[-1]["sequence"]]


@BOTH
@pytest.mark.parametrize("authentication", [True, False])
def test_a_router_that_answers_for_another_is_stopped_by_authentication_alone(
    tmp_path: Path, protocol: str, authentication: bool
) -> None:
    def work(run: Staged) -> None:
        scene = Scene(run, protocol)
        insider = Attacker(scene, "core")
        source = "lma" if protocol == "spmip" else "mag3"
        forged = {"source": source, "about": "mn2", "care_of": "mag3", "sequences": _waiting(scene)}
        if authentication:
            insider.dropped("mag1", "query answer not authentic", "answer", **forged)
            assert not scene.routes("mn2")
        else:
            insider.send("answer", "mag1", **forged)
            run.wait(lambda: scene.state("mn2") == "located", "the forgery to be believed")
            assert f"[ {scene.address['mag3']} ]" in scene.routes("mn2")[0]

    key = f'protocols: {{{protocol}: {{authentication: {{spi: 1000, key: "{bytes(12).hex()}"}}}}}}'
    staged(tmp_path, TOPOLOGY.format(protocol=protocol) + (key if authentication else ""), work)
