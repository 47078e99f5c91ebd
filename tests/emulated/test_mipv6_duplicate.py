"""A home agent makes sure that a home address is free on the home link (RFC 6275 §10.3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from attack_scene import Scene
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

DUPLICATE = 134

TOPOLOGY = """
name: duplicate
protocol: mipv6
domains:
  home: {prefix: "2001:db8:1::/48"}
  edge: {prefix: "2001:db8:2::/48"}
nodes:
  ha: {place: anchor, domain: home}
  core: {place: router, domain: edge}
  ar1: {place: access-router, domain: edge}
  ar2: {place: access-router, domain: edge}
  mn1: {place: mobile}
  squatter: {place: mobile}
links:
  - {ends: [ha, core]}
  - {ends: [core, ar1]}
  - {ends: [core, ar2]}
access:
  home: {router: ha}
  wlan1: {router: ar1}
  wlan2: {router: ar2}
"""


def test_an_address_that_a_neighbour_has_is_refused_and_nothing_leaves_from_it(
    tmp_path: Path,
) -> None:
    def work(run: Staged) -> None:
        scene = Scene(run)
        home = scene.address["mn1"]
        run.stage.mover.attach("squatter-eth0", "home")
        taken = ("ip", "address", "add", f"{home}/128", "dev", "squatter-eth0", "nodad")
        run.shown("squatter", *taken)
        run.stage.mover.attach("mn1-eth0", "wlan1")
        run.wait(lambda: bool(run.events("mn1", "binding_rejected", status=DUPLICATE)), "a refusal")
        (refused, *_) = run.events("ha", "binding_refused", status=DUPLICATE)
        assert refused["home_address"] == home
        assert scene.bindings("ha") == [] and scene.tunnel("ha", home) == ""
        assert not scene.reaches("mn1", scene.address["ha"], home)

        run.shown("squatter", "ip", "address", "del", f"{home}/128", "dev", "squatter-eth0")
        scene.attach("mn1", "wlan2")
        assert scene.tunnel("ha", home) == scene.care_of("mn1")
        assert scene.reaches("mn1", scene.address["ha"], home)

        sent = scene.seen("mn1", "ipv6.src", display_filter=f"ipv6.src == {home}")
        places = [row["ipv6.src"] for row in sent]
        assert places and places == [[scene.care_of("mn1"), home]] * len(places), "in the tunnel"

    staged(tmp_path, TOPOLOGY, work)
