"""Links: which way each is made, how it is spelled for the kernel, what the delay line does."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import replace
from itertools import pairwise
from random import Random
from time import monotonic_ns

import pytest

from testbed.emulated import kernel, rtnetlink, sandbox
from testbed.emulated.links import choice, disciplines
from testbed.emulated.links.choice import FRAMING, QUEUE, Way
from testbed.emulated.links.direction import SECOND, Direction
from testbed.emulated.links.lines import DelayLines
from testbed.emulated.links.tap import open_tap
from testbed.topology.network import Link, LinkSettings, Network, Step

DELAYED = LinkSettings(delay=0.01)
LIMITED = LinkSettings(rate=1e6)
EVERYTHING = frozenset({Way.NETEM, Way.TBF})


def network(settings: LinkSettings, *changes: LinkSettings) -> Network:
    steps = [Step(1.0, "change", target="a-b", settings=each) for each in changes]
    return Network(
        name="links",
        protocol="none",
        seed=1,
        duration=1.0,
        nodes={},
        links={"a-b": Link("a-b", ("a-eth0", "b-eth0"), settings)},
        accesses={},
        flows={},
        timeline=tuple(steps),
        expectations=(),
        agents={},
    )


@pytest.mark.parametrize(
    ("settings", "offered", "forced", "way"),
    [
        (LinkSettings(), EVERYTHING, None, Way.PLAIN),
        (LinkSettings(), EVERYTHING, Way.DELAY_LINE, Way.PLAIN),
        (DELAYED, EVERYTHING, None, Way.NETEM),
        (LIMITED, EVERYTHING, None, Way.NETEM),
        (DELAYED, frozenset({Way.TBF}), None, Way.DELAY_LINE),
        (LIMITED, frozenset({Way.TBF}), None, Way.TBF),
        (LIMITED, frozenset(), None, Way.DELAY_LINE),
        (DELAYED, EVERYTHING, Way.DELAY_LINE, Way.DELAY_LINE),
    ],
)
def test_a_link_is_made_the_way_the_kernel_offers_or_the_user_forces(
    settings: LinkSettings, offered: frozenset[Way], forced: Way | None, way: Way
) -> None:
    assert choice.choose(network(settings), offered, forced) == {"a-b": way}


def test_a_link_is_made_for_all_that_the_timeline_will_ask_of_it() -> None:
    changed = network(LIMITED, replace(LIMITED, delay=0.02))
    assert choice.choose(changed, frozenset({Way.TBF})) == {"a-b": Way.DELAY_LINE}
    assert choice.segments(choice.wants(changed)["a-b"]) == 1
    assert choice.segments([LinkSettings(), DELAYED]) is None


def test_netem_keeps_the_order_that_jitter_would_break() -> None:
    jittery = LinkSettings(delay=0.01, jitter=0.002, loss=0.015)
    assert disciplines.netem(jittery) == (
        "netem limit 100000 delay 10000.000us 2000.000us loss 1.5000000% rate 100gbit"
    )


def test_netem_holds_the_queue_and_what_is_on_the_way() -> None:
    settings = LinkSettings(delay=0.1, rate=12.112e6)
    on_the_way = 100  # full frames of 1514 octets in 0.1 s
    assert f"limit {QUEUE + on_the_way} " in disciplines.netem(settings)
    assert "rate 12112000bit" in disciplines.netem(settings)


def test_tbf_takes_a_burst_that_outlasts_a_tick() -> None:
    assert disciplines.tbf(LIMITED) == "tbf rate 1000000bit burst 1514 limit 151400"
    assert "burst 50000 " in disciplines.tbf(replace(LIMITED, rate=100e6))


def direction(settings: LinkSettings) -> Direction:
    return Direction(-1, settings, Random(7))


def test_a_delay_alone_moves_each_frame_by_it() -> None:
    assert direction(DELAYED).release_at(5, 1000) == 5 + SECOND // 100


def test_a_rate_serialises_frames_and_drops_what_the_queue_does_not_hold() -> None:
    limited = direction(LIMITED)
    frame = 1500 + FRAMING
    times = [limited.release_at(0, frame) for _ in range(QUEUE + 50)]
    passed = [each for each in times if each is not None]
    assert len(passed) == QUEUE + 1  # the queue, and the one being sent
    assert passed[0] == frame * 8 * 1000
    assert all(late - early == frame * 8 * 1000 for early, late in pairwise(passed))
    assert limited.dropped == 49


def test_jitter_spreads_delays_and_overtakes_nothing() -> None:
    jittery = direction(LinkSettings(delay=0.01, jitter=0.005))
    gap = SECOND // 10  # so far apart that no frame waits for the one before
    delays = [(jittery.release_at(n * gap, 100) or 0) - n * gap for n in range(500)]
    assert min(delays) >= 0.005 * SECOND
    assert max(delays) <= 0.015 * SECOND
    assert max(delays) - min(delays) > 0.009 * SECOND
    dense = [jittery.release_at(10**12 + n, 100) or 0 for n in range(500)]
    assert dense == sorted(dense)


def test_loss_is_by_chance_from_the_seed() -> None:
    lossy = LinkSettings(loss=0.25)
    kept = [direction(lossy).release_at(0, 100) for _ in range(2)]
    assert kept[0] == kept[1]
    many = direction(lossy)
    lost = sum(many.release_at(n, 100) is None for n in range(10_000))
    assert 2200 < lost < 2800
    assert many.lost == lost


def test_a_change_treats_later_frames_and_keeps_the_order() -> None:
    link = direction(LinkSettings(delay=0.5))
    first = link.release_at(0, 100)
    link.change(LinkSettings())
    assert link.release_at(1, 100) == first


@pytest.mark.root
def test_the_delay_line_delays_loses_and_changes_frames_between_taps() -> None:
    assert sandbox.enter(_delayed) == 0


def _delayed() -> int:
    """Carry frames between two TAP devices of the sandbox; return 0 if all is as it should be."""
    lines = DelayLines(seed=3)
    ends = [open_tap(name, index, bundled=False) for index, name in ((11, "near"), (12, "far"))]
    requests = rtnetlink.Socket()
    for index, name in ((11, "near"), (12, "far")):
        kernel.write_setting(f"net/ipv6/conf/{name}/disable_ipv6", 1)
        requests.send([rtnetlink.set_address(index, None, 1500, name)])
    lines.add("line", ends, LinkSettings(delay=0.2))
    sender, receiver = _packet_socket("near"), _packet_socket("far")
    frame = bytes(12) + b"\x88\xb5" + b"delayed".ljust(80, b".")
    assert _cross(sender, receiver, frame) >= 0.2 * SECOND
    lines.change("line", LinkSettings(delay=0.001))
    assert 0.001 * SECOND <= _cross(sender, receiver, frame) < 0.2 * SECOND
    lines.change("line", LinkSettings(loss=1.0))
    sender.send(frame)
    for _ in range(1000):
        if lines.counters()["line"]["lost"] == [1, 0]:
            return 0
    return 1


def _packet_socket(interface: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
    opened.bind((interface, 0x88B5))
    opened.settimeout(10)
    return opened


def _cross(sender: socket.socket, receiver: socket.socket, frame: bytes) -> int:
    begun = monotonic_ns()
    sender.send(frame)
    assert receiver.recv(2048)[: len(frame)] == frame
    return monotonic_ns() - begun


@pytest.mark.root
def test_netlink_names_the_request_that_the_kernel_refused() -> None:
    def refused() -> int:
        requests = rtnetlink.Socket()
        good = rtnetlink.set_up(1, True, "lo")
        bad = rtnetlink.route(1, "2001:db8::/64", "fe80::1", "lo of nobody")
        with pytest.raises(rtnetlink.NetlinkError, match="route 2001:db8::/64 on lo of nobody"):
            requests.send([good, bad, good])
        requests.send([good])  # the socket is still in step
        return 0

    assert sandbox.enter(refused) == 0


@pytest.mark.root
def test_thousands_of_routes_are_set_in_bulk() -> None:
    def work() -> int:
        requests = rtnetlink.Socket()
        requests.send([rtnetlink.set_up(1, True, "lo")])
        routes = [rtnetlink.route(1, f"2001:db8:{n:x}::/48", None, "lo") for n in range(3000)]
        requests.send(routes)
        shown = subprocess.run(
            ["ip", "-6", "route", "show", "proto", "static"], capture_output=True, check=True
        )
        return 0 if shown.stdout.count(b"\n") == 3000 else os.EX_DATAERR

    assert sandbox.enter(work) == 0
