"""Forged and replayed messages between MAARs on the wire, and agents that are killed.

After each attack the lists and routes are what they were, and packets reach both ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from romip_scene import MAARS, Scene, stand

pytestmark = pytest.mark.root

SCRIPT = Path(__file__).with_name("romip_attacker.py")
KEY = {"spi": 1000, "key": "00112233445566778899aabb"}
NOT_A_MAAR, FORGED = "message of no MAAR of the domain", "message not authentic"


class Victims(Scene):
    """A at A_MAAR2 and B at B_MAAR2, in a session that began at A_MAAR1 and B_MAAR1."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.run)
        self.a, self.b = self.attach("a", "awlan1"), self.attach("b", "bwlan1")
        self.run.wait(lambda: self.reaches("a", self.a, self.b), "the first packets")
        self.attach("a", "awlan2")
        self.attach("b", "bwlan2")
        self.run.wait(self.meet, "the lists of both")
        self.before = self.everything()

    def meet(self) -> bool:
        """Whether both MAARs have the other end's, and packets come through."""
        ways = self.tunnel("amaar2", self.b), self.tunnel("bmaar2", self.a)
        right = ways == (self.address["bmaar2"], self.address["amaar2"])
        return right and self.reaches("a", self.a, self.b)

    def tunnel(self, maar: str, home: str) -> str:
        return dict(self.routes(maar)).get(home, "")

    def everything(self) -> list[Any]:
        keys = ("node", "list", "address", "leads_to")
        lists = [[[r[k] for k in keys] for n in "ab" for r in self.lists(m, n)] for m in MAARS]
        return [lists, [self.routes(maar) for maar in MAARS]]

    def are_untouched(self) -> None:
        self.run.stage.loop.run_for(0.2)
        assert self.everything() == self.before
        assert self.reaches("a", self.a, self.b, count=3)

    def dropped(self, maar: str, reason: str) -> int:
        return int(self.run.stage.agents.ask(maar, "counters").get(f"dropped: {reason}", 0))


class Attacker:
    """The attacking program on a router on the path."""

    def __init__(self, victims: Victims, node: str) -> None:
        self._victims = victims
        self.address = victims.address[node]
        self._process = subprocess.Popen(
            victims.run.command(node, sys.executable, str(SCRIPT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard()

    def send(self, do: str, to: str, source: str = "", **order: Any) -> int:
        """Send what ``do`` names; how many packets it was."""
        known, victims = self._victims.address, self._victims
        about = {"identifier": "a@home", "home": victims.a, "peer": victims.b, "sequences": [1, 2]}
        ends = {"source": known.get(source, self.address), "destination": known[to]}
        assert self._process.stdin is not None
        said = {"do": do, "maar": known["amaar3"], **ends, **about, **order}
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()
        return int(self._heard()["sent"])

    def dropped(self, do: str, to: str, reason: str, **order: Any) -> None:
        """Send, and wait until the agent has dropped all of it for ``reason``."""
        before = self._victims.dropped(to, reason)
        wanted = before + self.send(do, to, **order)
        assert wanted > before
        self._victims.run.wait(lambda: self._victims.dropped(to, reason) >= wanted, reason)

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        return heard


def test_strangers_and_proxies_move_nothing(tmp_path: Path) -> None:
    """Without a key: who is no MAAR is not heard, and a PBU is none of theirs."""

    def work(scene: Scene) -> None:
        victims = Victims(scene)
        attacker = Attacker(victims, "core1")
        attacker.dropped("sdbu", "amaar2", NOT_A_MAAR)
        attacker.dropped("ddbu", "bmaar2", NOT_A_MAAR)
        attacker.dropped("ddbu", "bmaar2", NOT_A_MAAR, maar=attacker.address, lifetime=0)
        attacker.dropped("pbu", "amaar2", "binding message of a proxy", source="amaar3")
        attacker.dropped("pbu", "amaar2", "binding message of a proxy", lifetime=0)
        victims.are_untouched()

    stand(tmp_path, work)


def test_with_a_key_nothing_forged_or_replayed_is_heard(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        victims = Victims(scene)
        attacker = Attacker(victims, "core1")
        for lifetime in (15, 0):
            attacker.dropped("sdbu", "amaar2", FORGED, source="amaar3", lifetime=lifetime)
            attacker.dropped("ddbu", "bmaar2", FORGED, source="amaar3", lifetime=lifetime)
        victims.are_untouched()
        capture = str(victims.run.stage.folder.captures / "core1.pcapng")
        before = victims.dropped("bmaar2", "sequence number of an earlier update")

        def replayed() -> bool:
            attacker.send("replay", "amaar1", source="amaar2", capture=capture)
            attacker.send("replay", "amaar2", source="bmaar2", capture=capture)
            again = victims.dropped("amaar2", "sequence number of an earlier update")
            return again > before

        victims.run.wait(replayed, "updates that were captured to be refused")
        victims.are_untouched()
        victims.attach("a", "awlan3")
        victims.run.wait(lambda: victims.reaches("a", victims.a, victims.b), "the next handover")

    stand(tmp_path, work, authentication=KEY)


def test_without_a_key_who_is_on_the_path_can_divert(tmp_path: Path) -> None:
    """Why the option of RFC 4285 is there: a plain dDBU proves nothing but its source."""

    def work(scene: Scene) -> None:
        victims = Victims(scene)
        Attacker(victims, "core1").send("ddbu", "bmaar2", source="amaar3")
        elsewhere = victims.address["amaar3"]
        victims.run.wait(lambda: victims.tunnel("bmaar2", victims.a) == elsewhere, "the forgery")

    stand(tmp_path, work)


def test_who_the_aaa_server_does_not_know_gets_no_address(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        scene.run.stage.mover.attach("b-wlan0", "bwlan1")
        answers = lambda: scene.run.events("aaa", "query_answered", result=5030)  # noqa: E731
        scene.run.wait(lambda: bool(answers()), "the refusal")
        assert scene.attach("a", "awlan1")
        assert scene.assigned("bmaar1", "b") == ""
        assert scene.sources("bmaar1") == set()

    stand(tmp_path, work, strangers=["b"])


def test_killed_agents_come_back(tmp_path: Path) -> None:
    """The AAA server knows where each node was; a MAAR learns again who is there."""

    def work(scene: Scene) -> None:
        victims = Victims(scene)
        agents = victims.run.stage.agents
        known = agents.ask("aaa", "bindings")
        _restart(victims, "aaa")
        assert agents.ask("aaa", "bindings") == known
        victims.attach("a", "awlan3")
        answers = victims.run.events("aaa", "query_answered", subject="a@home")
        assert answers[-1]["previous"] == victims.address["amaar2"]
        victims.run.wait(lambda: victims.reaches("a", victims.a, victims.b), "the handover")
        _restart(victims, "bmaar2")
        victims.run.wait(lambda: victims.reaches("a", victims.a, victims.b), "B to be served again")
        victims.kernels_follow_the_lists()

    stand(tmp_path, work)


def _restart(scene: Scene, node: str) -> None:
    holders = {name: each.holder for name, each in scene.run.stage.testbed.nodes.items()}
    agents, recall = scene.run.stage.agents, scene.run.stage.mover.recall
    agents.kill(node)
    agents.launch([node], holders, recall)
    scene.run.wait(lambda: agents.runs(node), f"the agent of {node}")
