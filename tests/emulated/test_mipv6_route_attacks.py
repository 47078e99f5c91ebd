"""Attacks on route optimization: updates, tests and data that a correspondent must not believe."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack_scene import Attacker, Scene
from staged_runs import Staged, staged
from test_mipv6_attacks import NOBODY, STRANGERS, topology

pytestmark = pytest.mark.root

EXPIRED_NONCES, OUT_OF_WINDOW = 138, 135  # RFC 6275 §6.1.8
UNKNOWN_BINDING = 1  # RFC 6275 §6.1.9
ERRORS_AT_ONCE, ERRORS_PER_SECOND = 20, 10
OTHERS = 1003
MEBIBYTE = 1 << 20
UNASSIGNED = "2001:db8:1:9000::"  # what is sent there ends at the home agent's router


class Optimized(Scene):
    """Mobile node 1, which exchanges packets with the correspondent on the direct path."""

    def __init__(self, run: Staged) -> None:
        super().__init__(run)
        self.home, self.peer = self.address["mn1"], self.address["cn"]
        self.place = self.attach("mn1", "wlan1")
        run.wait(lambda: self.reaches("cn", self.home), "mn1 to be reached")
        run.wait(lambda: self.bound_to() == self.place, "the binding at the correspondent")
        self.is_untouched()

    def bound_to(self) -> str:
        """The care-of address that the correspondent has for the mobile node."""
        rows = [row for row in self.bindings("cn") if row["home_address"] == self.home]
        return str(rows[0]["care_of"]) if rows else ""

    def sequence(self) -> int:
        sent = self.run.events("mn1", "binding_sent", peer=self.peer)
        return int(sent[-1]["sequence"])

    def refused(self, status: int) -> int:
        return len(self.run.events("cn", "binding_refused", status=status))

    def is_untouched(self) -> None:
        """Assert that data of the correspondent go to where the mobile node is, directly."""
        assert self.bound_to() == self.place
        before = self.counted("mn1", "packets received optimized")
        assert self.reaches("cn", self.home)
        assert self.counted("mn1", "packets received optimized") > before


def test_updates_without_the_tokens_of_both_addresses_move_nothing(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        evil, insider = Attacker(run, "evil"), Attacker(run, "core")
        scene = Optimized(run)
        _replayed(scene, insider, OUT_OF_WINDOW)
        _unproved(scene, evil)
        _proved_for_another(scene, evil)
        _replayed(scene, insider, EXPIRED_NONCES)
        answered = "mip6.mhtype == 6 && mip6.ba.status < 128"
        found = scene.seen("cn", "ipv6.dst", display_filter=answered)
        assert {each for row in found for each in row["ipv6.dst"]} == {scene.place}

    staged(tmp_path, topology(", nonce_interval: 500ms"), work)


def _unproved(scene: Optimized, evil: Attacker) -> None:
    """No proof at all: silence."""
    before = scene.counted("cn", "dropped")
    about = {"destination": scene.peer, "home": scene.home, "flags": "A"}
    sent = sum(
        evil.send("update", sequence=scene.sequence() + 1, lifetime=lifetime, **about)
        for lifetime in (15, 0)
    )
    scene.run.wait(lambda: scene.counted("cn", "dropped") >= before + sent, "drops")
    scene.is_untouched()


def _proved_for_another(scene: Optimized, evil: Attacker) -> None:
    """Who has proved its own two addresses has not proved that of another."""
    own, capture = evil.address, scene.capture("evil")
    before = scene.counted("cn", "dropped: wrong authenticator")
    for kind in ("home", "care-of"):
        evil.send("test_init", kind=kind, destination=scene.peer)
    tokens = {"capture": capture, "home_test": own, "care_of_test": own}
    about = {"destination": scene.peer, "home": scene.home, "sequence": scene.sequence() + 1}
    scene.run.wait(lambda: evil.send("stolen", **tokens, **about) == 1, "tokens")
    scene.run.wait(
        lambda: scene.counted("cn", "dropped: wrong authenticator") > before, "its refusal"
    )
    scene.is_untouched()


def _replayed(scene: Optimized, insider: Attacker, status: int) -> None:
    """A proof is of no use twice, and of none at all once the nonces are old."""
    order = {"capture": scene.capture("core"), "to": scene.peer, "senders": [scene.place]}

    def refused() -> bool:
        return insider.send("replay", **order) > 0 and scene.refused(status) > 0

    scene.run.wait(refused, f"status {status}")
    scene.is_untouched()


def test_who_reads_both_paths_can_move_a_route_until_its_node_moves(tmp_path: Path) -> None:
    """What RFC 6275 §5.2.5 leaves open where the tunnel to the home agent has no ESP."""

    def work(run: Staged) -> None:
        insider, scene = Attacker(run, "core"), Optimized(run)
        own = insider.address
        insider.send("test_init", kind="home", destination=scene.peer, source=scene.home)
        insider.send("test_init", kind="care-of", destination=scene.peer)
        tokens = {"home_test": scene.home, "care_of_test": own, "capture": scene.capture("core")}
        about = {"destination": scene.peer, "home": scene.home}
        number = scene.sequence() + 1 & 0xFFFF
        run.wait(
            lambda: insider.send("stolen", sequence=number, **tokens, **about) == 1, "the tokens"
        )
        run.wait(lambda: scene.bound_to() == own, "the forgery to be believed")
        assert not scene.reaches("cn", scene.home)
        assert scene.reaches("far", scene.home)  # the home agent is another matter
        scene.place = scene.attach("mn1", "wlan2")
        run.wait(lambda: scene.bound_to() == scene.place, "the mobile node's own word")
        scene.is_untouched()

    staged(tmp_path, topology(), work)


def test_home_addresses_in_data_are_believed_of_their_binding_alone(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        evil, insider = Attacker(run, "evil"), Attacker(run, "core")
        scene = Optimized(run)
        for home in (scene.home, NOBODY, scene.address["mn2"]):
            about = {"destination": scene.peer, "home": home, "identifier": STRANGERS}
            sent = evil.send("echo", count=60, **about)
        for route_to in (scene.address["far"], scene.address["mn2"], scene.place, scene.peer):
            about = {"destination": scene.place, "route_to": route_to, "identifier": OTHERS}
            insider.send("echo", count=3, **about)
        run.wait(lambda: scene.counted("cn", "messages sent") > ERRORS_AT_ONCE, "errors")
        scene.is_untouched()
        _answered_by_few_errors(scene, evil.address, 3 * sent)
        _taken_by_nobody(scene, f"icmpv6.echo.identifier == {OTHERS}")

    staged(tmp_path, topology(), work)


def _answered_by_few_errors(scene: Optimized, attacker: str, sent: int) -> None:
    """The packets have arrived, and all that came of them are Binding Errors, not too many."""
    strange, error = f"icmpv6.echo.identifier == {STRANGERS}", "mip6.mhtype == 7 && !icmpv6"
    fields = ("frame.time_epoch", "ipv6.src", "ipv6.dst", "icmpv6.type", "mip6.be.status")
    found = scene.seen("cn", *fields, display_filter=f"({strange}) || ({error})")
    assert [row["icmpv6.type"] for row in found if row["icmpv6.type"]] == [["128"]] * sent
    errors = [row for row in found if not row["icmpv6.type"]]
    times = [float(row["frame.time_epoch"][0]) for row in errors]
    most = ERRORS_AT_ONCE + ERRORS_PER_SECOND * (times[-1] - times[0]) + 1
    assert ERRORS_AT_ONCE <= len(errors) <= most
    ends = {(*row["ipv6.src"], *row["ipv6.dst"], *row["mip6.be.status"]) for row in errors}
    assert ends == {(scene.peer, attacker, str(UNKNOWN_BINDING))}


def _taken_by_nobody(scene: Optimized, of_attacker: str) -> None:
    """The mobile node has them, and nothing comes of it: no answer, and nobody else has them."""
    arrived = scene.seen("mn1", "icmpv6.type", display_filter=of_attacker)
    assert [row["icmpv6.type"] for row in arrived] == [["128"]] * 12
    for node in ("far", "cn", "mn2"):
        assert scene.seen(node, "frame.number", display_filter=of_attacker) == []


def test_a_flood_of_tests_is_answered_without_memory_and_moves_go_on(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        insider, scene = Attacker(run, "core"), Optimized(run)
        many = {"destination": scene.peer, "sources": UNASSIGNED}
        insider.send("test_init", kind="home", count=500, **many)
        run.wait(lambda: scene.counted("cn", "messages sent") > 500, "answers")
        before = scene.memory("cn")
        for kind in ("home", "care-of"):
            insider.begin("test_init", kind=kind, count=2500, **many)
            scene.place = scene.attach("mn1", "wlan2" if kind == "home" else "wlan1")
            run.wait(lambda: scene.bound_to() == scene.place, "the binding of the new place")
            insider.finish()
        scene.is_untouched()
        assert [row["home_address"] for row in scene.bindings("cn")] == [scene.home]
        assert scene.memory("cn") - before < 2 * MEBIBYTE

    staged(tmp_path, topology(), work)
