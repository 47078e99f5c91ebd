"""Attacks on flow binding, on the wire (xia §9): what moves nothing, and what cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from flowbinding_forgeries import (
    TCP,
    Session,
    captured,
    datagram,
    flow,
    notification,
    rejection,
    sent,
    tunnelled,
    update,
)
from flowbinding_scene import CALL, DOWNLOAD, LTE, VIDEO, WLAN, Scene, Sender, Talk, stand

from agents.flowbinding.alternatives import Alternative, indicator
from agents.wire.address import Address

pytestmark = pytest.mark.root

KEY = '{spi: 1000, key: "00112233445566778899aabb"}'
BOUND = {"video": "mag2", "download": "mag2", "call": "mag1"}
NOBODY = "2001:db8:66::1"
UPDATE, GENERIC = 5, 250
LTE_NUMBER, WLAN_NUMBER = 8, 4
OTHER_PORT = 9999
OLD = ("notification seen before", "notification out of its time")


def session(scene: Scene, mobile: str, interface: str) -> Session:
    """What who serves an interface knows of it."""
    known = scene.run.stage.network.nodes[mobile]
    (mac,) = [each.mac for each in known.interfaces if each.name == f"{mobile}-{interface}"]
    assert known.mobile is not None
    prefix = known.mobile.home_prefixes[f"{mobile}-{interface}"][0]
    technology = LTE_NUMBER if interface == LTE else WLAN_NUMBER
    return Session(f"{mobile}@home", prefix, mac, technology)


class Victim:
    """Mobile 1 with a video bound to Wi-Fi; mobile 2 is at the third gateway."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.address = scene, scene.address
        self.sip, self.tip = scene.home("mn1", LTE), scene.home("mn1", WLAN)
        scene.come("mn1", LTE)
        scene.come("mn1", WLAN)
        scene.come("mn2", LTE)
        scene.come("mn2", WLAN, "hall")
        scene.bound(BOUND)
        self.call, self.video = scene.talk("mn1", CALL), scene.talk("mn1", VIDEO)
        scene.run.wait(lambda: len(scene.upwards()) == 1, "the video to move upwards")
        self.up = scene.upwards()

    def is_untouched(self) -> None:
        """Assert that flows are where they were, and that no packet was lost."""
        assert self.scene.flows("lma") == BOUND
        assert self.scene.upwards() == self.up
        for home, gateway in ((self.sip, "mag1"), (self.tip, "mag2")):
            assert self.scene.registered("mn1", home) == self.address[gateway]
        self.scene.goes_on(self.call, self.video, more=10)

    def ends_whole(self, *talks: Talk) -> None:
        for talk in talks or (self.call, self.video):
            end = talk.end()
            assert (end["errors"], end["lost"]) == ([], [])

    def dropped(
        self, node: str, reasons: str | tuple[str, ...], sender: Sender, packets: Sequence[bytes]
    ) -> None:
        """Send, and wait until ``node`` has dropped them all for one of ``reasons``."""
        reasons = (reasons,) if isinstance(reasons, str) else reasons
        names = [f"dropped: {each}" for each in reasons]

        def count() -> int:
            return sum(self.scene.counted(node, name) for name in names)

        wanted = count() + sender.send(packets)
        self.scene.run.wait(lambda: count() >= wanted, f"{reasons} at {node}")


def test_forgeries_without_a_key(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        victim = Victim(scene)
        _gateway_of_others(victim)
        _forged_notifications(victim)
        _forged_rejections(victim)
        _wrong_inner_sources(victim)
        victim.is_untouched()
        _what_nobody_can_tell(victim)
        victim.ends_whole()

    stand(tmp_path, work)


def _gateway_of_others(victim: Victim) -> None:
    """A gateway offloads flows of a node that it does not serve, to itself and to a victim."""
    scene, mag3 = victim.scene, victim.scene.sender("mag3")
    ends = victim.address["mag3"], victim.address["lma"]
    flows = [flow(victim.sip, CALL, each) for each in (1, 2, 3)]
    own, others = session(scene, "mn2", WLAN), session(scene, "mn1", LTE)
    mag1 = victim.address["mag1"], LTE_NUMBER
    for binding in (others, own):  # taken in this order
        mag3.send([sent(update(binding, flows, mag1), *ends)])
    refused = lambda: scene.run.events("lma", "flow_refused", reason="not served here")  # noqa: E731
    scene.run.wait(lambda: len(refused()) >= len(flows), "refusals of flows")
    victim.is_untouched()


def _forged_notifications(victim: Victim) -> None:
    """Of strangers; or in the anchor's name, of an interface that is none: the anchor refuses."""
    scene, own = victim.scene, session(victim.scene, "mn1", LTE)
    nowhere = indicator(Alternative(Address.parse(victim.address["mag3"]), WLAN_NUMBER))
    for extra in ((), (nowhere,)):
        packets = [sent(notification(own, *extra), victim.address["cn"], victim.address["mag1"])]
        victim.dropped("mag1", "notification from elsewhere", scene.sender("cn"), packets)
    ends = victim.address["lma"], victim.address["mag1"]
    before = len(scene.run.events("lma", "flow_refused", reason="target"))
    scene.sender("core").send([sent(notification(own, nowhere), *ends)])
    refused = lambda: scene.run.events("lma", "flow_refused", reason="target")  # noqa: E731
    scene.run.wait(lambda: len(refused()) > before, "the anchor to refuse")
    victim.is_untouched()


def _forged_rejections(victim: Victim) -> None:
    """ICMPv6 errors that are not of the anchor, or not of what this node has sent."""
    scene, cn, sip, tip = victim.scene, victim.address["cn"], victim.sip, victim.tip
    real = datagram(sip, cn, victim.call.port, CALL)
    lma, mag2 = victim.address["lma"], victim.address["mag2"]
    elsewhere = "rejection from elsewhere"
    victim.dropped("mn1", elsewhere, scene.sender("cn"), [rejection(real, cn, tip)])
    other = scene.home("mn2", LTE)
    victim.dropped("mn1", elsewhere, scene.sender("mn2"), [rejection(real, other, tip)])
    made_up = [
        datagram(NOBODY, cn, victim.call.port, CALL),
        datagram(sip, NOBODY, 40000, DOWNLOAD, protocol=TCP),
        real[:39],
        b"\x45" + real[1:],
        b"",
    ]
    packets = [tunnelled(rejection(each, lma, tip), (lma, mag2)) for each in made_up]
    victim.dropped("mn1", "rejection of what was not sent here", scene.sender("core"), packets)
    _in_the_anchors_name(victim, rejection(real, lma, tip))
    victim.is_untouched()


def _in_the_anchors_name(victim: Victim, forged: bytes) -> None:
    """Another mobile behind a gateway: that lets nothing pass but what is of its prefix."""
    scene = victim.scene
    before = scene.counted("mn1", "dropped")
    scene.sender("mn2").send([forged] * 5)
    own = scene.home("mn2", LTE), victim.tip
    marker = [rejection(b"marker", *own)]
    victim.dropped("mn1", "rejection from elsewhere", scene.sender("mn2"), marker)
    assert scene.counted("mn1", "dropped") == before + len(marker)


def _wrong_inner_sources(victim: Victim) -> None:
    """What a tunnel inside of a tunnel may hold is what its node's interfaces have sent."""
    scene, lma, cn = victim.scene, victim.address["lma"], victim.address["cn"]
    mag1, mag2 = victim.address["mag1"], victim.address["mag2"]
    other = scene.home("mn2", LTE)
    inner = [datagram(source, cn, 1, OTHER_PORT) for source in (NOBODY, cn, other)]
    forged = [tunnelled(each, (mag2, lma), (victim.tip, lma)) for each in inner]
    victims = datagram(victim.sip, cn, 1, OTHER_PORT)
    forged.append(tunnelled(victims, (mag1, lma), (other, lma)))
    victim.dropped("lma", "inner source", scene.sender("core"), forged)
    by_node = [tunnelled(victims, (other, lma))]
    victim.dropped("lma", "inner source", scene.sender("mn2"), by_node)


def _what_nobody_can_tell(victim: Victim) -> None:
    """In the anchor's name from inside the domain: one flow leaves elsewhere, and loses nothing."""
    scene, lma, mag2 = victim.scene, victim.address["lma"], victim.address["mag2"]
    real = datagram(victim.sip, victim.address["cn"], victim.call.port, CALL)
    forged = tunnelled(rejection(real, lma, victim.tip), (lma, mag2))
    scene.sender("core").send([forged])
    scene.run.wait(lambda: len(scene.upwards()) == 2, "the call to be believed to have moved")
    assert set(scene.upwards().values()) == {WLAN}
    scene.goes_on(victim.call, victim.video)
    assert scene.flows("lma") == BOUND
    seen = scene.seen("cn", "frame.number", display_filter=f"udp.dstport == {OTHER_PORT}")
    assert seen == []


def test_with_a_key_nothing_forged_or_replayed_is_heard(tmp_path: Path) -> None:
    def work(scene: Scene) -> None:
        victim, core = Victim(scene), scene.sender("core")
        _replayed(victim, core)
        own, lma = session(scene, "mn1", LTE), victim.address["lma"]
        nowhere = indicator(Alternative(Address.parse(victim.address["mag3"]), WLAN_NUMBER))
        for extra in ((), (nowhere,)):
            packets = [sent(notification(own, *extra), lma, victim.address["mag1"])]
            victim.dropped("mag1", "notification not authentic", core, packets)
        flows = [flow(victim.tip, VIDEO, 1)]
        for gateway in ("mag1", "mag2"):
            forged = update(own, flows, (victim.address["mag3"], WLAN_NUMBER), ahead=0.1)
            refused = len(_refusals(scene))
            core.send([sent(forged, victim.address[gateway], lma)])
            scene.run.wait(lambda n=refused: len(_refusals(scene)) > n, "the refusal")
        victim.is_untouched()
        victim.ends_whole()

    stand(tmp_path, work, authentication=KEY)


def _refusals(scene: Scene) -> list[dict[str, Any]]:
    return scene.run.events("lma", "binding_rejected")


def _replayed(victim: Victim, core: Sender) -> None:
    """What a router on the path has heard, again: updates, notifications, answers."""
    scene = victim.scene
    updates, signaling = (_heard(victim, kind) for kind in (UPDATE, GENERIC))
    before = len(_refusals(scene))
    core.send(updates)
    scene.run.wait(lambda: len(_refusals(scene)) >= before + len(updates), "refusals")
    to = {node: Address.parse(victim.address[node]) for node in ("mag1", "mag2", "lma")}
    for node in ("mag1", "mag2"):
        requests = [each for each in signaling if each[24:40] == to[node]]
        victim.dropped(node, OLD, core, requests)
    answers = [each for each in signaling if each[24:40] == to["lma"]]
    victim.dropped("lma", "answer to no notification", core, answers)
    victim.is_untouched()


def _heard(victim: Victim, kind: int) -> list[bytes]:
    """The messages of mobile 1's session that the router between has captured so far."""
    found: list[bytes] = []

    def some() -> bool:
        of_node = [each for each in _frames(victim.scene, "core") if b"mn1@home" in each]
        found[:] = dict.fromkeys(captured(of_node, kind))
        return len(found) >= 2

    victim.scene.run.wait(some, "messages in the capture")
    return found


def _frames(scene: Scene, node: str) -> list[bytes]:
    """The packets that a capture which goes on has so far."""
    from scapy.utils import RawPcapNgReader

    found = []
    try:
        for octets, _ in RawPcapNgReader(scene.capture(node)):
            found.append(octets[14:])
    except EOFError:
        pass
    return found


def test_a_flood_of_requests_is_bounded_and_others_are_served(tmp_path: Path) -> None:
    most, flood, each = 16, 300, 8

    def work(scene: Scene) -> None:
        scene.come("mn1", LTE)
        scene.come("mn2", LTE)
        scene.come("mn2", WLAN, "hall")
        call = scene.talk("mn1", CALL)
        scene.goes_on(call)
        before, memory = scene.steered("lma"), scene.memory("lma")
        _flood(scene, flood, each)
        scene.come("mn1", WLAN)
        scene.bound(BOUND)
        limited = lambda: scene.run.events("lma", "flow_refused", reason="limit")  # noqa: E731
        scene.run.wait(lambda: len(limited()) > flood * each / 2, "refusals")
        bound = [row for row in scene.bindings("lma") if row.get("service") == "video"]
        assert 0 < len([row for row in bound if row["node"] == "mn2@home"]) <= most
        assert scene.steered("lma") <= before + 2 * most + 10
        assert scene.memory("lma") < memory + 20e6
        end = call.end()
        assert (end["errors"], end["lost"]) == ([], [])
        for mobile in ("mn1", "mn2"):
            for interface in (WLAN, LTE):
                scene.leave(mobile, interface)
        scene.is_bare()

    options = {"max_flows": str(most), "max_requests": "50", "timestamp_validity_window": "60s"}
    stand(tmp_path, work, **options)


def _flood(scene: Scene, count: int, each: int) -> None:
    """One gateway asks for all it can think of, to be at the gateway of a victim."""
    tip, own = scene.home("mn2", WLAN), session(scene, "mn2", WLAN)
    target = scene.address["mag1"], LTE_NUMBER
    ends = scene.address["mag3"], scene.address["lma"]
    packets = [
        sent(
            update(
                own,
                [flow(tip, VIDEO, 1 + number * each + one) for one in range(each)],
                target,
                sequence=number,
                ahead=number * 1e-3,
            ),
            *ends,
        )
        for number in range(count)
    ]
    scene.sender("mag3").send(packets)
