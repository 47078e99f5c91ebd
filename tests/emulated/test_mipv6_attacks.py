"""Spoofed, replayed and broken signalling of MIPv6 on the wire, and tunnels of strangers.

After each attack the home agent's kernel tunnels to where the mobile node is, and packets of a
host that knows nothing of mobility reach it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attack_scene import KEY, Attacker, Scene
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

NOBODY = "2001:db8:1:8000::77"  # of the home prefix
ELSEWHERE = "2001:db8:7::1"
NOT_HOME_SUBNET, NOT_HOME_AGENT, OUT_OF_WINDOW = 132, 133, 135  # RFC 6275 §6.1.8
ID_MISMATCH, AUTH_FAIL = 144, 146  # RFC 4285 §7
MINE, OTHERS, STRANGERS = 1000, 1001, 1002  # identifiers of echo requests

TOPOLOGY = """
name: attacked
protocol: mipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  ha: {place: anchor, domain: home}
  cn: {place: correspondent, domain: home}
  far: {place: correspondent, domain: home, role: none}
  core: {place: router, domain: edge}
  evil: {place: correspondent, domain: edge, role: none}
  ar1: {place: access-router, domain: edge}
  ar2: {place: access-router, domain: edge}
  mn1: {place: mobile}
  mn2: {place: mobile}
links:
  - {ends: [cn, ha]}
  - {ends: [far, ha]}
  - {ends: [ha, core]}
  - {ends: [core, ar1]}
  - {ends: [core, ar2]}
  - {ends: [core, evil]}
access:
  home: {router: ha}
  wlan1: {router: ar1}
  wlan2: {router: ar2}
protocols: {mipv6: {home_detection: false, lifetime: 40s
"""


def topology(options: str = "") -> str:
    return f"{TOPOLOGY.rstrip()}{options}}}}}\n"


class Victim(Scene):
    """Mobile node 1, and what an attacker may know of it."""

    def __init__(self, run: Staged) -> None:
        super().__init__(run)
        self.home, self.agent = self.address["mn1"], self.address["ha"]
        self.place = self.attach("mn1", "wlan1")
        run.wait(lambda: self.reaches("far", self.home), "mn1 to be reached")

    def refused(self, status: int) -> int:
        return len(self.run.events("ha", "binding_refused", status=status))

    def spoof(self, attacker: Attacker, **more: Any) -> int:
        """Send an update of the victim's home address to its home agent."""
        about = {"destination": self.agent, "home": self.home, "sequence": self.sequence() + 1}
        return attacker.send("update", **{**about, **more})

    def sequence(self) -> int:
        """The number of the last update, which who is on the path can read."""
        sent = self.run.events("mn1", "binding_sent", agent=self.agent)
        return int(sent[-1]["sequence"])

    def is_untouched(self) -> None:
        """Assert that the kernel's tunnel and the traffic are where the mobile node is."""
        assert self.tunnel("ha", self.home) == self.place
        assert self.reaches("far", self.home)
        accepted = self.run.events("ha", "binding_accepted", home_address=self.home)
        assert accepted[-1]["care_of"] == self.place


def test_with_a_key_outsiders_and_routers_on_the_path_move_nothing(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        evil, insider = Attacker(run, "evil"), Attacker(run, "core")
        victim = Victim(run)
        for attacker in (evil, insider):
            _not_authentic(victim, attacker)
        _forged_answers(victim, insider)
        _noise(victim, insider)
        _replayed(victim, insider)

    staged(tmp_path, topology(KEY), work)


def _not_authentic(victim: Victim, attacker: Attacker) -> None:
    """No authenticator or a wrong one: 146, whether to move, to delete or for nobody's address."""
    before, kinds = victim.refused(AUTH_FAIL), 0
    for forged in (False, True):
        victim.spoof(attacker, forged=forged)
        victim.spoof(attacker, forged=forged, care_of=victim.address["evil"])
        victim.spoof(attacker, forged=forged, lifetime=0)
        victim.spoof(attacker, forged=forged, home=NOBODY)
        kinds += 4
    victim.run.wait(lambda: victim.refused(AUTH_FAIL) == before + kinds, "refusals")
    assert victim.tunnel("ha", NOBODY) == ""
    victim.is_untouched()


def _forged_answers(victim: Victim, insider: Attacker) -> None:
    """What says to be of the home agent, or of a correspondent, and is not."""
    run, last = victim.run, victim.sequence()
    of_agent = {"source": victim.agent, "destination": victim.place, "route_to": victim.home}
    of_peer = {"source": victim.address["cn"], "destination": victim.place}
    before = victim.counted("mn1", "dropped")
    updates = len(run.events("mn1", "binding_sent"))
    about = {"sequences": (last - 20, last + 20), **of_agent}
    sent = sum(
        insider.send("acknowledgement", status=status, lifetime=lifetime, **about)
        for status, lifetime in ((0, 0), (0, 15), (133, 0), (OUT_OF_WINDOW, 0), (AUTH_FAIL, 0))
    )
    sent += insider.send("test", kind="home", **{**of_peer, "destination": victim.home})
    sent += insider.send("test", kind="care-of", **of_peer)
    sent += insider.send("error", status=1, home_address=victim.home, **of_peer)
    sent += insider.send("error", status=2, home_address="::", **of_peer)
    run.wait(lambda: victim.counted("mn1", "dropped") >= before + sent, "drops")
    assert len(run.events("mn1", "binding_sent")) == updates
    victim.is_untouched()
    sent = insider.send("refresh", count=50, **of_agent)
    heard = {"message": "BindingRefreshRequest"}
    run.wait(
        lambda: len(run.events("mn1", "message_received", **heard)) == sent, "requests to refresh"
    )
    assert len(run.events("mn1", "binding_sent")) - updates <= 4  # RFC 6275 §11.8
    victim.is_untouched()


def _noise(victim: Victim, attacker: Attacker) -> None:
    """Octets that mean nothing are counted drops at every agent, which all live on."""
    for node in ("ha", "cn", "ar1", "mn1"):
        to = victim.place if node == "mn1" else victim.address[node]
        before = victim.counted(node, "dropped")
        count = attacker.send("noise", destination=to, count=200, seed=7)
        victim.run.wait(
            lambda n=node, least=before + 0.9 * count: victim.counted(n, "dropped") > least,
            f"drops at {node}",
        )
    victim.is_untouched()


def _replayed(victim: Victim, insider: Attacker) -> None:
    """Old updates from a capture: after a renewal, a move, and after the binding was deleted."""
    run, places = victim.run, [victim.place]

    def again() -> None:
        before = victim.refused(ID_MISMATCH)
        sent = 0

        def replay() -> bool:
            nonlocal sent
            order = {"capture": victim.capture("core"), "to": victim.agent, "senders": places[-1:]}
            sent = insider.send("replay", **order)
            return sent > 0

        run.wait(replay, "captured updates")
        run.wait(lambda: victim.refused(ID_MISMATCH) >= before + sent, "refusals")

    again()
    victim.is_untouched()
    victim.place = victim.attach("mn1", "wlan2")
    again()
    victim.is_untouched()
    places.append(victim.place)
    victim.attach("mn1", "home")
    run.wait(lambda: victim.tunnel("ha", victim.home) == "", "the tunnel to be gone")
    again()
    assert victim.tunnel("ha", victim.home) == ""
    run.wait(lambda: victim.reaches("far", victim.home), "mn1 to be reached at home")


def test_without_a_key_who_can_read_the_number_moves_a_binding_until_its_node_is_heard(
    tmp_path: Path,
) -> None:
    """Why RFC 6275 §5.1 asks for IPsec: a plain update proves nothing but its number."""

    def work(run: Staged) -> None:
        evil, insider = Attacker(run, "evil"), Attacker(run, "core")
        victim = Victim(run)
        _nobody(victim, evil)
        _old(victim, insider)
        victim.spoof(insider, care_of=evil.address)
        run.wait(
            lambda: victim.tunnel("ha", victim.home) == evil.address, "the forgery to be believed"
        )
        assert not victim.reaches("far", victim.home)
        victim.place = victim.attach("mn1", "wlan2")
        run.wait(lambda: victim.reaches("far", victim.home), "mn1 to be reached again")
        victim.is_untouched()

    staged(tmp_path, topology(), work)


def _nobody(victim: Victim, attacker: Attacker) -> None:
    """An address outside of the home prefix, or one that no mobile node has, gets no route."""
    for home, status in ((ELSEWHERE, NOT_HOME_SUBNET), (NOBODY, NOT_HOME_AGENT)):
        victim.spoof(attacker, home=home)
        victim.run.wait(lambda s=status: victim.refused(s) == 1, f"status {status}")
        assert victim.tunnel("ha", home) == ""
    victim.is_untouched()


def _old(victim: Victim, attacker: Attacker) -> None:
    """A number that was used is refused, and the last one is told."""
    for back in (0, 1, 1000):
        victim.spoof(attacker, sequence=victim.sequence() - back & 0xFFFF, lifetime=0)
    victim.run.wait(lambda: victim.refused(OUT_OF_WINDOW) == 3, "refusals")
    victim.is_untouched()


def test_tunnels_let_in_their_mobile_node_from_its_home_address_alone(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        evil, mobile = Attacker(run, "evil"), Attacker(run, "mn2")
        victim = Victim(run)
        place = victim.attach("mn2", "wlan2")
        far, other = victim.address["far"], victim.address["mn2"]

        def tunnelled(attacker: Attacker, ends: list[str], source: str, identifier: int) -> None:
            about = {"source": source, "destination": far, "identifier": identifier}
            attacker.send("echo", count=3, outer=ends, **about)

        for source in (victim.home, other, victim.address["cn"]):
            tunnelled(evil, [evil.address, victim.agent], source, STRANGERS)
        for source in (victim.home, victim.address["cn"], place):
            tunnelled(mobile, [place, victim.agent], source, OTHERS)
        to_mobile = {"source": far, "destination": victim.home, "identifier": STRANGERS}
        evil.send("echo", outer=[evil.address, victim.place], **to_mobile)
        tunnelled(mobile, [place, victim.agent], other, MINE)
        victim.is_untouched()

        wanted = f"icmpv6.echo.identifier in {{{MINE}, {OTHERS}, {STRANGERS}}}"
        fields = ("icmpv6.type", "icmpv6.echo.identifier")
        seen = {
            node: [
                (row["icmpv6.type"][0], int(row["icmpv6.echo.identifier"][0], 0))
                for row in victim.seen(node, *fields, display_filter=wanted)
            ]
            for node in ("ha", "mn1", "far", "evil")
        }
        assert {("128", STRANGERS), ("128", OTHERS)} <= set(seen["ha"])  # they did get there
        assert set(seen["mn1"]) == {("128", STRANGERS)}
        assert set(seen["evil"]) == {("128", STRANGERS)}
        assert set(seen["far"]) == {("128", MINE), ("129", MINE)}

    staged(tmp_path, topology(KEY), work)
