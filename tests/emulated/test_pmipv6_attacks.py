"""Spoofed, replayed and broken signalling on the wire, by scapy, from places inside the network.

After every attack the binding is where it was, and packets still reach the mobile through the
gateway that it is attached to.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

SCRIPT = Path(__file__).with_name("pmipv6_attacker.py")
KEYED = 'protocols: {pmipv6: {authentication: {spi: 1000, key: "00112233445566778899aabb"}}}\n'
UPDATE, ACKNOWLEDGEMENT = 5, 6

TOPOLOGY = """
name: attacked
protocol: pmipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  lma: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  core: {place: router, domain: edge}
  evil: {place: correspondent, domain: edge}
  mag1: {place: access-router, domain: edge}
  mag2: {place: access-router, domain: edge}
  mn1: {place: mobile, anchor: lma}
  mn2: {place: mobile, anchor: lma}
links:
  - {ends: [cn, lma]}
  - {ends: [lma, core]}
  - {ends: [core, mag1]}
  - {ends: [core, mag2]}
  - {ends: [core, evil]}
access:
  wlan1: {router: mag1}
  wlan2: {router: mag2}
"""


class Attacker:
    """The attacking program on one node."""

    def __init__(self, run: Staged, node: str) -> None:
        self.node = node
        self._process = subprocess.Popen(
            run.command(node, sys.executable, str(SCRIPT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._heard()

    def send(self, do: str, **order: Any) -> int:
        """Have an attack carried out; how many packets it was."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()
        sent: int = self._heard()["sent"]
        return sent

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        return heard


class Victim:
    """Mobile 1 on its access link, its binding, and what an attacker may know of it."""

    def __init__(self, run: Staged) -> None:
        self.run = run
        nodes = run.stage.network.nodes
        self.address = {name: node.address for name, node in nodes.items()}
        mobile, interface = nodes["mn1"].mobile, nodes["mn1"].interfaces[0]
        assert mobile is not None
        self.home = mobile.home_prefixes[interface.name][0]
        self.about = {
            "identifier": mobile.identifier,
            "mac": interface.mac,
            "technology": run.stage.network.agents["mag1"].config["access"][0]["technology"],
        }
        run.stage.mover.attach("mn1-eth0", "wlan1")
        run.stage.mover.attach("mn2-eth0", "wlan2")
        run.wait(self._reachable, "mn1 to be reached from cn")
        run.wait(self._other_has_a_way, "mn2 to have a router")

    def _other_has_a_way(self) -> bool:
        addresses = self.run.shown("mn2", "ip", "-6", "addr", "show", "scope", "global")
        usable = self.address["mn2"] in addresses and "tentative" not in addresses
        return usable and bool(self.run.shown("mn2", "ip", "-6", "route", "show", "default"))

    def spoofed(self, source: str, **more: Any) -> dict[str, Any]:
        """An update to the anchor about the victim."""
        return {"source": source, "destination": self.address["lma"], **self.about, **more}

    def route(self) -> str:
        """Where the anchor's kernel sends what is for the victim."""
        return self.run.shown("lma", "ip", "-6", "route", "show", self.home)

    def refusals(self, status: int) -> int:
        return len(self.run.events("lma", "binding_rejected", status=status))

    def dropped(self, node: str) -> int:
        counters = self.run.stage.agents.ask(node, "counters")
        return sum(count for name, count in counters.items() if name.startswith("dropped"))

    def is_untouched(self) -> None:
        """Assert that the binding, the route and the traffic are at the first gateway."""
        (route,) = self.route().splitlines()
        assert f"[ {self.address['mag1']} ]" in route
        assert self._reachable()
        accepted = self.run.events("lma", "binding_accepted", subject=self.about["identifier"])
        assert {each["care_of"] for each in accepted} == {self.address["mag1"]}

    def _reachable(self) -> bool:
        words = ("ping", "-6", "-n", "-c", "1", "-W", "1", self.address["mn1"])
        done = subprocess.run(self.run.command("cn", *words), capture_output=True)
        return done.returncode == 0


def test_outsiders_move_nothing(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        victim, evil = Victim(run), Attacker(run, "evil")
        address = victim.address
        _no_gateway(victim, evil)
        _forged_gateway_from_a_host(victim, evil)
        _noise(victim, evil)
        _forged_acknowledgements(victim, evil)
        mobile = Attacker(run, "mn2")
        _no_gateway(victim, mobile)
        for gateway in (address["mag1"], address["mag2"]):
            _unheard(victim, mobile, "update", **victim.spoofed(gateway))
            _unheard(
                *(victim, mobile, "tunnelled"),
                outer_source=gateway,
                outer_destination=address["lma"],
                **victim.spoofed(gateway),
            )
            _unheard(
                *(victim, mobile, "tunnelled"),
                outer_source=address["mn2"],
                outer_destination=address["mag2"],
                **victim.spoofed(gateway),
            )
        _replayed(victim, Attacker(run, "core"))

    staged(tmp_path, TOPOLOGY, work)


def _no_gateway(victim: Victim, attacker: Attacker) -> None:
    """An update from a node's own address: refused with 154."""
    before = victim.refusals(154)
    attacker.send("update", **victim.spoofed(victim.address[attacker.node]))
    attacker.send("update", **victim.spoofed(victim.address[attacker.node], lifetime=0))
    victim.run.wait(lambda: victim.refusals(154) == before + 2, "two refusals")
    victim.is_untouched()


def _forged_gateway_from_a_host(victim: Victim, attacker: Attacker) -> None:
    """A host's router knows which sources its link has."""
    for gateway in ("mag1", "mag2", "lma"):
        _unheard(victim, attacker, "update", **victim.spoofed(victim.address[gateway]))


def _unheard(victim: Victim, attacker: Attacker, do: str, **order: Any) -> None:
    """What is sent now does not reach the anchor: what is sent after it does."""
    run = victim.run
    heard = len(run.events("lma", "message_received"))
    attacker.send(do, **order)
    refused = victim.refusals(154)
    attacker.send("update", **victim.spoofed(victim.address[attacker.node]))
    run.wait(lambda: victim.refusals(154) > refused, "what was sent last")
    assert len(run.events("lma", "message_received")) == heard + 1
    victim.is_untouched()


def _noise(victim: Victim, attacker: Attacker) -> None:
    """Octets that mean nothing are counted drops, at the anchor as at a gateway."""
    for node in ("lma", "mag1"):
        before = victim.dropped(node)
        count = attacker.send(
            "noise",
            source=victim.address[attacker.node],
            destination=victim.address[node],
            count=200,
            seed=7,
        )
        wanted = before + 0.9 * count
        victim.run.wait(lambda n=node, w=wanted: victim.dropped(n) > w, "drops")
    victim.is_untouched()


def _forged_acknowledgements(victim: Victim, attacker: Attacker) -> None:
    """Nobody is told that a binding has ended, or who serves it, by a stranger."""
    source = victim.address[attacker.node]
    received = len(victim.run.events("mag1", "message_received"))
    for status, lifetime in ((0, 0), (0, 15), (153, 0), (152, 0)):
        sent = attacker.send(
            "acknowledgement",
            source=source,
            destination=victim.address["mag1"],
            status=status,
            lifetime=lifetime,
            sequences=(0, 100),
            **victim.about,
        )
        received += sent
    victim.run.wait(
        lambda: len(victim.run.events("mag1", "message_received")) >= received, "all of them"
    )
    assert not victim.run.events("mag1", "binding_rejected")
    victim.is_untouched()


def _replayed(victim: Victim, insider: Attacker) -> None:
    """A router on the path sends once more what it has forwarded before."""
    run = victim.run
    capture = run.stage.folder.captures / "core.pcapng"
    old = 156, 157
    before = sum(victim.refusals(status) for status in old)
    run.wait(
        lambda: insider.send("replay", capture=str(capture), type=UPDATE) >= 2, "captured updates"
    )
    run.wait(lambda: sum(victim.refusals(s) for s in old) >= before + 2, "refusals of replays")
    acknowledged = len(run.events("mag1", "binding_acknowledged"))
    insider.send("replay", capture=str(capture), type=ACKNOWLEDGEMENT)
    victim.is_untouched()
    assert len(run.events("mag1", "binding_acknowledged")) == acknowledged


@pytest.mark.parametrize("authentication", [True, False])
def test_a_router_that_forges_a_gateway_is_stopped_by_authentication_alone(
    tmp_path: Path, authentication: bool
) -> None:
    def work(run: Staged) -> None:
        victim, insider = Victim(run), Attacker(run, "core")
        mag2 = victim.address["mag2"]
        insider.send("update", **victim.spoofed(mag2))
        if authentication:
            run.wait(lambda: victim.refusals(146) == 1, "a refusal")
            _replayed(victim, insider)
        else:
            run.wait(lambda: f"[ {mag2} ]" in victim.route(), "the route to follow the forgery")

    staged(tmp_path, TOPOLOGY + (KEYED if authentication else ""), work)
