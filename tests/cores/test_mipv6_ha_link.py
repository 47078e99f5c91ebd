"""The home agent on its home link: it checks home addresses, defends them and advertises itself."""

from __future__ import annotations

from typing import Any

import pytest
from mipv6_bench import COA, COA2, HA, HOA, A, Bench, changes, only, sent
from mipv6_home import FLAGS, LINK, LINK_LAYER, ON_LINK, ROUTER, linked, update

from agents.core import actions as do
from agents.core.events import LinkUp
from agents.wire import packet
from agents.wire.address import UNSPECIFIED
from agents.wire.messages import BindingAcknowledgement, BindingRefreshRequest
from agents.wire.ndisc import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
    TargetLinkLayerAddress,
)
from agents.wire.numbers import BindingUpdateFlag, Status
from agents.wire.packet import Packet

ALL_NODES = A("ff02::1")
GROUP = A("ff02::1:ff00:100")
OTHER = bytes.fromhex("020000000066")
LINK_LOCAL = A("fe80::100")


def claim(target: Any = HOA) -> Packet:
    """Somebody on the home link has the address and says so."""
    advertisement = NeighborAdvertisement(target, 0x20000000, (TargetLinkLayerAddress(OTHER),))
    return Packet(target, ALL_NODES, advertisement, hop_limit=255)


def attempt(target: Any = HOA) -> Packet:
    """Somebody on the home link is about to take the address."""
    return Packet(UNSPECIFIED, GROUP, NeighborSolicitation(target), hop_limit=255)


def replies(actions: list[Any]) -> list[tuple[int, int]]:
    return [(p.payload.status, p.payload.sequence) for p in sent(actions, BindingAcknowledgement)]


def test_the_first_binding_waits_until_nobody_has_claimed_the_address() -> None:
    bench = Bench("ha", linked())
    actions = bench.take(update(1))
    probe = only(actions, NeighborSolicitation)
    assert (probe.source, probe.destination) == (UNSPECIFIED, GROUP)
    assert probe.payload == NeighborSolicitation(HOA)
    assert actions[0].interface == LINK
    assert replies(bench.run(0.99)) == []
    assert replies(bench.run(0.02)) == [(0, 1)]
    assert bench.kernel.tunnel_of(HOA) == COA
    assert bench.rows()[0]["remaining"] == pytest.approx(239.99)


def test_a_retransmitted_update_does_not_begin_the_probe_anew() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    bench.run(0.5)
    assert bench.take(update(2, care_of=COA2)) == []
    assert replies(bench.run(0.51)) == [(0, 2)]
    assert bench.kernel.tunnel_of(HOA) == COA2


@pytest.mark.parametrize("heard", [claim(), attempt()])
def test_an_address_that_somebody_has_is_refused(heard: Packet) -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    bench.run(0.3)
    actions = bench.take(heard, LINK)
    assert replies(actions) == [(Status.DUPLICATE_ADDRESS_DETECTION_FAILED, 1)]
    assert changes(actions) == [] and bench.rows() == []
    assert replies(bench.run(5)) == []


def test_after_a_refusal_the_address_is_probed_again() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    bench.take(claim(), LINK)
    assert len(sent(bench.take(update(2)), NeighborSolicitation)) == 1
    assert replies(bench.run(1)) == [(0, 2)]


@pytest.mark.parametrize(
    ("heard", "interface"),
    [
        (claim(), "ha-eth0"),
        (claim(A("2001:db8:1::101")), LINK),
        (Packet(A("fe80::9"), GROUP, NeighborSolicitation(HOA), hop_limit=255), LINK),
    ],
)
def test_what_is_no_claim_to_the_address_changes_nothing(heard: Packet, interface: str) -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    assert bench.take(heard, interface) == []
    assert replies(bench.run(1)) == [(0, 1)]


def test_its_own_solicitation_is_no_claim() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    assert bench.take(attempt(), LINK, LINK_LAYER) == []
    assert replies(bench.run(1)) == [(0, 1)]


def test_a_deregistration_meanwhile_leaves_nothing_behind() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    assert replies(bench.take(update(2, 0))) == [(Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE, 2)]
    assert replies(bench.run(2)) == []
    assert len(sent(bench.take(update(3)), NeighborSolicitation)) == 1


def test_it_stands_in_for_a_node_that_is_away() -> None:
    bench = Bench("ha", linked(detection="off"))
    actions = bench.take(update(1))
    advertisement = only(actions, NeighborAdvertisement)
    assert (advertisement.source, advertisement.destination) == (ON_LINK, ALL_NODES)
    # Neither a router nor solicited, but overriding: R 0, S 0, O 1 (RFC 6275 §10.4.1).
    assert packet.emit(advertisement)[44:] == (
        bytes.fromhex("20000000") + HOA + bytes.fromhex("0201") + LINK_LAYER
    )
    assert bench.kernel.proxied == {(LINK, HOA)}
    assert changes(bench.take(update(2, care_of=COA2)))[:1] == [do.AddTunnel(HA, COA2)]
    assert bench.kernel.proxied == {(LINK, HOA)}


@pytest.mark.parametrize("way", ["returned", "expired"])
def test_it_leaves_the_address_to_its_owner_again(way: str) -> None:
    bench = Bench("ha", linked(detection="off"))
    bench.take(update(1))
    if way == "returned":
        bench.take(update(2, 0))
    else:
        bench.run(241)
    assert bench.kernel.proxied == set() and bench.kernel.routes == {}


def test_a_new_binding_after_the_old_one_is_checked_again() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    bench.run(1)
    bench.take(update(2, 0))
    assert len(sent(bench.take(update(3)), NeighborSolicitation)) == 1


def test_a_refresh_is_not_checked() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1))
    bench.run(1)
    assert replies(bench.take(update(2))) == [(0, 2)]


def test_another_that_claims_a_defended_address_is_contradicted() -> None:
    bench = Bench("ha", linked(detection="off"))
    bench.take(update(1))
    assert only(bench.take(claim(), LINK), NeighborAdvertisement).payload.target == HOA
    answered = [bool(sent(bench.take(claim(), LINK))) for _ in range(100)]
    assert answered.count(True) < 20
    assert bench.kernel.tunnel_of(HOA) == COA


def test_with_the_link_local_flag_both_addresses_are_checked_and_defended() -> None:
    both = FLAGS | BindingUpdateFlag.LINK_LOCAL
    bench = Bench("ha", linked())
    probes = sent(bench.take(update(1, flags=both)), NeighborSolicitation)
    assert [probe.payload.target for probe in probes] == [HOA, LINK_LOCAL]
    assert replies(bench.run(1)) == [(0, 1)]
    assert bench.kernel.proxied == {(LINK, HOA), (LINK, LINK_LOCAL)}
    bench.take(update(2, 0, flags=both))
    assert bench.kernel.proxied == set()


def test_a_link_local_address_that_somebody_has_is_refused_too() -> None:
    bench = Bench("ha", linked())
    bench.take(update(1, flags=FLAGS | BindingUpdateFlag.LINK_LOCAL))
    actions = bench.take(claim(LINK_LOCAL), LINK)
    assert replies(actions) == [(Status.DUPLICATE_ADDRESS_DETECTION_FAILED, 1)]
    assert replies(bench.run(3)) == []


class TestOptimistic:
    """With optimistic detection the binding comes first."""

    def test_the_binding_stands_at_once(self) -> None:
        bench = Bench("ha", linked(detection="optimistic"))
        actions = bench.take(update(1))
        assert replies(actions) == [(0, 1)]
        assert len(sent(actions, NeighborSolicitation)) == 1
        assert changes(bench.run(5)) == []

    def test_a_claim_in_time_takes_it_back_and_lets_its_node_know(self) -> None:
        bench = Bench("ha", linked(detection="optimistic"))
        bench.take(update(1))
        actions = bench.take(claim(), LINK)
        request = only(actions, BindingRefreshRequest)
        assert (request.source, request.destination) == (HA, HOA)
        assert isinstance(actions[0], do.SendMessage), "while the tunnel still leads to its node"
        assert bench.kernel.routes == {} and bench.kernel.proxied == set()
        refused = bench.take(update(2))
        assert replies(refused) == [(Status.DUPLICATE_ADDRESS_DETECTION_FAILED, 2)]

    def test_a_claim_later_is_contradicted(self) -> None:
        bench = Bench("ha", linked(detection="optimistic"))
        bench.take(update(1))
        bench.run(1.1)
        assert only(bench.take(claim(), LINK), NeighborAdvertisement).payload.target == HOA
        assert bench.kernel.tunnel_of(HOA) == COA


def test_on_a_virtual_home_link_there_is_nobody_to_ask() -> None:
    bench = Bench("ha", {**linked(), "home_link": None, "links": []})
    assert replies(bench.take(update(1))) == [(0, 1)]
    assert bench.kernel.proxied == set()
    assert bench.take(claim(), LINK) == []


def test_it_advertises_itself_as_a_home_agent_with_its_address() -> None:
    bench = Bench("ha", linked(preference=10, mtu=1400))
    advertisement = only([action for _, action in bench.log], RouterAdvertisement)
    assert (advertisement.source, advertisement.destination) == (ROUTER, ALL_NODES)
    # H; the prefix with L, A and R is the router's address; at most 3 s apart; preference 10.
    assert packet.emit(advertisement)[44:] == bytes.fromhex(
        "40200708 00000000 00000000"
        "0101 020000000001"
        "0501 0000 00000578"
        "0304 40e0 00278d00 00093a80 00000000 20010db8000100000000000000000002"
        "0701 0000 00000bb8"
        "0801 0000 000a 0708"
    )
    assert sent(bench.run(3.1), RouterAdvertisement)


def test_it_answers_solicitations_and_greets_new_nodes() -> None:
    bench = Bench("ha", linked())
    asked = Packet(A("fe80::9"), A("ff02::2"), RouterSolicitation(), hop_limit=255)
    assert only(bench.take(asked, LINK, OTHER), RouterAdvertisement).destination == A("fe80::9")
    assert bench.give(LinkUp(LINK, OTHER))[0].link_layer_destination == OTHER


def test_on_other_links_it_is_a_router_and_no_home_agent() -> None:
    other = {
        "interface": "ha-eth2",
        "prefix": "2001:db8:4::/64",
        "address": "2001:db8:4::1",
        "link_layer": "02:00:00:00:00:02",
    }
    bench = Bench("ha", {**linked(), "links": [*linked()["links"], other]})
    flags = {
        action.interface: action.message.flags
        for _, action in bench.log
        if isinstance(action, do.SendMessage)
    }
    assert flags == {LINK: 0x20, "ha-eth2": 0}
