"""Moves: what is lost, what is kept, and what the mobile and the routers notice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from simulated_world import MakeWorld

from agents.core.actions import Action, SendMessage
from agents.core.events import Event, LinkDown, LinkUp
from agents.wire.ndisc import NeighborSolicitation, RouterAdvertisement, RouterSolicitation
from testbed.evidence.observed import Sighting
from testbed.simulated.world import World

FLOWS = """
flows:
  call: {kind: udp, from: cn, to: mn1, direction: both, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: call}
  - {at: 1.995, move: mn1, to: wlan2, gap: 100ms}
  - {at: 3, stop: call}
"""


def of_message(built: World, kind: type, node: str = "mn1") -> list[Sighting]:
    return [s for s in built.recorder.sightings if isinstance(s.message, kind) and s.node == node]


def events(built: World, *names: str) -> list[tuple[float, str, dict[str, Any]]]:
    return [
        (event.at, event.event, dict(event.details))
        for event in built.recorder.events
        if event.event in names
    ]


def arrivals(sightings: Iterable[Sighting], node: str) -> list[float]:
    return [s.at for s in sightings if s.flow == "call" and s.node == node and not s.outgoing]


def test_the_runner_s_events_of_a_move(world: MakeWorld) -> None:
    built = world(FLOWS)
    built.clock.run(3.0)
    mobile = {"subject": "mn1", "interface": "mn1-eth0"}
    assert events(built, "move", "link_down", "link_up")[1:] == [
        (1.995, "move", {**mobile, "from": "wlan1", "to": "wlan2"}),
        (1.995, "link_down", {**mobile, "access": "wlan1"}),
        (pytest.approx(2.095), "link_up", {**mobile, "access": "wlan2"}),
    ]


def test_the_routers_agents_are_told_of_links(world: MakeWorld) -> None:
    built = world(FLOWS)
    told: list[tuple[str, Event, float]] = []
    for name in ("mag1", "mag2"):
        core: Any = built.agents[name].core
        handle = core.handle

        def record(event: Event, now: float, name: str = name, handle: Any = handle) -> Any:
            told.append((name, event, now))
            return handle(event, now)

        core.handle = record
    built.clock.run(3.0)
    mac = bytes.fromhex(built.network.nodes["mn1"].interfaces[0].mac.replace(":", ""))
    links = [each for each in told if isinstance(each[1], LinkUp | LinkDown)]
    assert links == [
        ("mag1", LinkUp("mag1-eth1", mac), 0.0),
        ("mag1", LinkDown("mag1-eth1", mac), 1.995),
        ("mag2", LinkUp("mag2-eth1", mac), pytest.approx(2.095)),
    ]


def test_downward_packets_are_lost_while_away_and_come_after_the_binding(world: MakeWorld) -> None:
    built = world(FLOWS)
    built.clock.run(4.0)
    times = arrivals(built.recorder.sightings, "mn1")
    silence = max(pairwise(times), key=lambda pair: pair[1] - pair[0])
    assert silence[0] < 1.995
    # The update reaches the anchor 10 ms after link-up; what it then sends takes 12 ms.
    assert 2.095 + 0.022 <= silence[1] <= 2.095 + 0.022 + 0.01
    assert built.nodes["mag1"].drops["no_route"] > 0


def test_upward_packets_wait_for_the_router_to_be_known_as_linux_has_it(world: MakeWorld) -> None:
    built = world(FLOWS)
    built.clock.run(4.0)
    out = [
        s.at
        for s in built.recorder.sightings
        if s.flow == "call" and s.node == "mn1" and s.outgoing and 1.995 <= s.at <= 2.2
    ]
    advertised = 2.095 + 0.002
    assert out[0] == pytest.approx(advertised)
    assert sum(at == out[0] for at in out) == 10  # one for each 10 ms of the gap
    numbers = [
        s.identity
        for s in built.recorder.sightings
        if s.flow == "call" and not s.downward and s.node == "cn"
    ]
    lost = set(range(201)) - set(numbers)
    assert lost == {99} or not lost  # only what was on the air when the link went


def test_without_an_advertisement_the_router_is_asked_for_after_a_second(world: MakeWorld) -> None:
    built = world(FLOWS)
    gateway: Any = built.agents["mag2"].core
    handle = gateway.handle

    def is_advertisement(action: Action) -> bool:
        return isinstance(action, SendMessage) and bool(action.interface)

    def mute(event: Event, now: float) -> Any:
        return [each for each in handle(event, now) if not is_advertisement(each)]

    gateway.handle = mute
    built.clock.run(4.0)
    asked = [s.at for s in of_message(built, NeighborSolicitation) if s.outgoing and s.at > 1.5]
    first = 2.0  # the first packet after the link has gone starts the exchange, unheard
    assert asked == [pytest.approx(first + 1.0)]
    out = [
        s.at
        for s in built.recorder.sightings
        if s.flow == "call" and s.outgoing and not s.downward and s.node == "mn1"
    ]
    assert min(at for at in out if at > 2.0) == pytest.approx(first + 1.0 + 2 * 0.002)


def test_what_is_on_the_air_when_the_link_goes_is_lost(world: MakeWorld) -> None:
    built = world(FLOWS.replace("1.995", "1.9915"))
    built.clock.run(4.0)
    assert built.nodes["mn1"].drops["link_down"] == 1  # sent at 1.990
    assert built.nodes["mag1"].drops["link_down"] == 1  # passed on at 1.991


def test_a_mobile_keeps_its_address_and_asks_for_nothing_again(world: MakeWorld) -> None:
    built = world(FLOWS)
    built.clock.run(4.0)
    late = [s for s in built.recorder.sightings if s.node == "mn1" and s.outgoing and s.at > 1.9]
    assert {type(s.message) for s in late} == {type(None)}
    assert len(of_message(built, RouterAdvertisement)) == 2


def test_a_mobile_that_solicits_does_so_whenever_its_link_comes_up(world: MakeWorld) -> None:
    built = world('hosts: {solicit: true, dad: "off"}\n' + FLOWS)
    built.clock.run(4.0)
    sent = [s.at for s in of_message(built, RouterSolicitation) if s.outgoing]
    assert sent == [0.0, pytest.approx(2.095)]


@pytest.mark.parametrize(
    ("dad", "earliest", "latest"),
    [("off", 0.0, 0.1), ("optimistic", 0.0, 0.1), ("standard", 1.0, 2.1)],
)
def test_duplicate_address_detection_delays_the_first_use_of_an_address(
    world: MakeWorld, dad: str, earliest: float, latest: float
) -> None:
    built = world(f'hosts: {{dad: "{dad}"}}\n' + FLOWS.replace("at: 1, start", "at: 0, start"))
    built.clock.run(4.0)
    first = min(arrivals(built.recorder.sightings, "cn"))
    assert earliest <= first <= latest
    probes = [
        s for s in of_message(built, NeighborSolicitation) if s.outgoing and not any(s.source)
    ]
    assert len(probes) == (0 if dad == "off" else 2)  # link-local and home address


def test_a_move_that_overtakes_others_cancels_their_arrivals(world: MakeWorld) -> None:
    built = world("timeline:\n  - {at: 0, attach: mn1, to: wlan1}\n")
    port: Any = built.ports["mn1-eth0"]
    for at, access, gap in ((1.0, "wlan2", 0.5), (1.1, "wlan1", 0.1), (1.3, "wlan2", 0.4)):
        built.clock.run(at)
        built.mobility.move(port, access, gap)
    built.clock.run(3.0)
    ups = [(at, details["access"]) for at, _, details in events(built, "link_up")]
    assert ups == [(0.0, "wlan1"), (pytest.approx(1.2), "wlan1"), (pytest.approx(1.7), "wlan2")]


def test_a_detached_mobile_hears_nothing_until_it_is_attached(world: MakeWorld) -> None:
    built = world(
        """
flows:
  call: {kind: udp, from: cn, to: mn1, interval: 10ms}
timeline:
  - {at: 0, attach: mn1, to: wlan1}
  - {at: 1, start: call}
  - {at: 2, detach: mn1}
  - {at: 3, attach: mn1, to: wlan2}
  - {at: 4, stop: call}
"""
    )
    built.clock.run(5.0)
    times = arrivals(built.recorder.sightings, "mn1")
    assert not [at for at in times if 2.0 < at < 3.0]
    assert min(at for at in times if at > 2.0) == pytest.approx(3.022, abs=0.011)
