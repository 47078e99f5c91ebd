"""What an agent keeps beyond its end, whom it hears of, and how its Diameter messages travel."""

from __future__ import annotations

from pathlib import Path

import pytest
from host_world import attach, host, host_world, own, probe, puppet, tell, visit

from agents.core.actions import ForgetPeer, SendMessage, Store, WatchPeers
from agents.core.events import Event, MessageReceived, PeerHeard, Restored, Started
from agents.live import diameter_messages
from agents.wire.address import UNSPECIFIED, Address
from agents.wire.diameter import (
    AUTHORIZATION_REJECTED,
    REALM_NOT_SERVED,
    SUCCESS,
    AaAnswer,
    AaRequest,
)
from testbed.simulated import diameter
from testbed.simulated.world import World

TCP = 32
SERVER = Address.parse("2001:db8:a::1")
REQUEST = AaRequest(
    "ar1.away.test;1;2", "mn1@home", SERVER, "ar1.away.test", "away.test", "realm.test"
)
ANSWER = AaAnswer("ar1.away.test;1;2", SUCCESS, "mn1@home", "aaa.realm.test", "realm.test", SERVER)


def begun(world: World, node: str) -> list[Event]:
    """What the present core of ``node`` was told when it began."""
    return [each for each in puppet(world, node).heard if isinstance(each, Restored | Started)]


def restart(world: World, node: str) -> None:
    world.agents[node].kill()
    world.agents[node].start()


def test_what_is_stored_is_told_to_every_later_agent(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    assert begun(built, "cn") == [Started()]
    restart(built, "cn")
    assert begun(built, "cn") == [Started()]
    tell(built, "cn", Store({"users": {"a": ["x", 1]}}), Store({"users": {"b": ["y", 2]}}))
    for _ in range(2):
        restart(built, "cn")
        assert begun(built, "cn") == [Restored({"users": {"b": ["y", 2]}}), Started()]
    assert begun(built, "ar1") == [Started()]


def test_what_is_stored_is_a_copy(tmp_path: Path) -> None:
    built, state = host_world(tmp_path), {"users": ["a"]}
    tell(built, "cn", Store(state))
    state["users"].append("b")
    restart(built, "cn")
    assert begun(built, "cn")[0] == Restored({"users": ["a"]})


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        AaAnswer("s;1", SUCCESS, "müller@home", "aaa.x", "x", UNSPECIFIED),
        AaAnswer("s;11", AUTHORIZATION_REJECTED, "mn1@home", "aaa.x", "xyz"),
        AaAnswer("s;111", REALM_NOT_SERVED, "mn1@home", "aaa.x", "xy"),
    ],
)
def test_diameter_is_as_long_as_the_real_one(answer: AaAnswer) -> None:
    asked = diameter_messages.aa_request(REQUEST)
    assert diameter.length(REQUEST) == TCP + len(asked.as_bytes())
    octets = diameter_messages.aa_answer(answer, asked).as_bytes()
    assert diameter.length(answer) == TCP + len(octets)


@pytest.mark.parametrize("encode", [False, True])
def test_diameter_travels_between_the_agents(tmp_path: Path, encode: bool) -> None:
    built = host_world(tmp_path, encode=encode)
    router, server = own(built, "ar1"), own(built, "cn")
    tell(built, "ar1", SendMessage(REQUEST, router, server))
    built.clock.run(1.0)
    (heard,) = puppet(built, "cn").of(MessageReceived)
    assert (heard.message, heard.source, heard.destination) == (REQUEST, router, server)
    tell(built, "cn", SendMessage(ANSWER, server, router))
    built.clock.run(2.0)
    (heard,) = puppet(built, "ar1").of(MessageReceived)
    assert heard.message == ANSWER
    sent = [s for s in built.recorder.sightings if s.outgoing and s.node in ("ar1", "cn")]
    assert [s.length for s in sent] == [40 + diameter.length(each) for each in (REQUEST, ANSWER)]


@pytest.mark.parametrize("server", ["cn", "old"])
def test_a_host_without_a_server_says_nothing_of_mobility_headers(
    tmp_path: Path, server: str
) -> None:
    built = host_world(tmp_path)
    if server == "cn":
        built.agents["cn"].kill()
    tell(built, "ar1", SendMessage(REQUEST, own(built, "ar1"), own(built, server)))
    built.clock.run(1.0)
    assert sum(built.nodes[server].drops.values()) == 1
    assert puppet(built, "ar1").of(MessageReceived) == []


def test_peers_are_heard_that_come_through_no_tunnel_if_that_is_wanted(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, peer = visit(built), own(built, "cn")

    def send() -> list[PeerHeard]:
        host(built, "cn").send(probe(peer, address))
        built.clock.run(built.clock.now + 1.0)
        return puppet(built, "mn1").of(PeerHeard)

    tell(built, "mn1", WatchPeers(address))
    assert send() == []
    tell(built, "mn1", WatchPeers(address, tunnelled=False))
    assert send() == send() == [PeerHeard(address, peer)]
    tell(built, "mn1", ForgetPeer(address, peer))
    assert len(send()) == 2
    tell(built, "mn1", WatchPeers(address), ForgetPeer(address, peer))
    assert len(send()) == 2
    restart(built, "mn1")
    attach(built)
    assert not host(built, "mn1").watched_plainly
