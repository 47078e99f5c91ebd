"""Messages with home addresses in extension headers, and what hosts answer by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from host_world import host_world, own, puppet, tell, visit

from agents.core.actions import Listen, SendMessage
from agents.core.events import MessageReceived
from agents.wire import mobility
from agents.wire import packet as whole
from agents.wire.address import Address
from agents.wire.icmpv6 import EchoReply, EchoRequest, ParameterProblem
from agents.wire.messages import BindingAcknowledgement, BindingUpdate, HomeTestInit
from testbed.evidence.observed import Sighting
from testbed.simulated.packet import EXTENSION, HEADER, Homes, Packet
from testbed.simulated.world import World

UPDATE = BindingUpdate(1, 0xC000, 15)
LENGTH = HEADER + mobility.length(UPDATE)


def sent(world: World, kind: type) -> list[Sighting]:
    return [s for s in world.recorder.sightings if s.outgoing and isinstance(s.message, kind)]


@pytest.mark.parametrize("encode", [False, True])
def test_a_home_address_option_travels_and_is_told_apart(tmp_path: Path, encode: bool) -> None:
    built = host_world(tmp_path, encode=encode)
    address, home, anchor = visit(built), own(built, "mn1"), own(built, "ha")
    tell(built, "mn1", SendMessage(UPDATE, address, anchor, home_address=home))
    built.clock.run(0.1)
    (received,) = puppet(built, "ha").of(MessageReceived)
    assert (received.source, received.destination) == (address, anchor)
    assert (received.home_address, received.routed_to) == (home, None)
    assert received.message == UPDATE
    assert {s.length for s in sent(built, BindingUpdate)} == {LENGTH + EXTENSION}
    assert [s.node for s in sent(built, BindingUpdate)] == ["mn1", "ar1", "core"]
    if encode:
        assert mobility.checksum_ok(received.octets, home, anchor)
        assert not mobility.checksum_ok(received.octets, address, anchor)


@pytest.mark.parametrize("encode", [False, True])
def test_a_type_2_routing_header_leads_on_to_the_home_address(tmp_path: Path, encode: bool) -> None:
    built = host_world(tmp_path, encode=encode)
    address, home, anchor = visit(built), own(built, "mn1"), own(built, "ha")
    answer = BindingAcknowledgement(0, 0, 1, 15)
    tell(built, "ha", SendMessage(answer, anchor, address, route_to=home))
    built.clock.run(0.1)
    (received,) = puppet(built, "mn1").of(MessageReceived)
    assert (received.source, received.destination) == (anchor, address)
    assert (received.home_address, received.routed_to) == (None, home)
    length = HEADER + mobility.length(answer) + EXTENSION
    seen = sent(built, BindingAcknowledgement)
    assert [(s.node, s.length, s.tunnels) for s in seen] == [
        (node, length, ()) for node in ("ha", "core", "ar1")
    ]
    if encode:
        assert mobility.checksum_ok(received.octets, anchor, home)


def test_a_routing_header_to_an_address_of_another_is_not_taken(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address, anchor = visit(built), own(built, "ha")
    other = Address.parse("2001:db8:1:8000::bad")
    answer = BindingAcknowledgement(0, 0, 1, 15)
    tell(built, "ha", SendMessage(answer, anchor, address, route_to=other))
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(MessageReceived) == []
    assert built.nodes["mn1"].drops["routed_to_another"] == 1


def test_a_message_from_home_takes_the_tunnel(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    message = HomeTestInit(b"cookie!!")
    tell(built, "mn1", SendMessage(message, own(built, "mn1"), own(built, "cn")))
    built.clock.run(0.1)
    assert [(s.node, len(s.tunnels)) for s in sent(built, HomeTestInit)] == [
        ("mn1", 1),
        ("ar1", 1),
        ("core", 1),
        ("ha", 0),
        ("core", 0),
        ("gw", 0),
    ]
    (received,) = puppet(built, "cn").of(MessageReceived)
    assert received.source == own(built, "mn1")


def test_an_unmodified_host_does_not_know_the_mobility_header(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    visit(built)
    home, peer = own(built, "mn1"), own(built, "old")
    message = HomeTestInit(b"cookie!!")
    tell(built, "mn1", Listen(frozenset({4})), SendMessage(message, home, peer))
    built.clock.run(0.1)
    (received,) = puppet(built, "mn1").of(MessageReceived)
    problem = received.message
    assert isinstance(problem, ParameterProblem)
    assert (problem.code, problem.pointer, received.source) == (1, 6, peer)
    returned = whole.parse(problem.invoking)
    assert (returned.source, returned.destination, returned.payload) == (home, peer, message)


@pytest.mark.parametrize(
    ("homes", "code", "pointer", "octet"),
    [
        (lambda home: Homes(home, None), 2, HEADER + 6, 201),
        (lambda home: Homes(None, home), 0, HEADER + 2, 2),
        (lambda home: Homes(home, home), 0, HEADER + 2, 2),
    ],
)
def test_nor_does_it_know_the_extension_headers(
    tmp_path: Path, homes: Any, code: int, pointer: int, octet: int
) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    tell(built, "mn1", Listen(frozenset({4})))
    packet = Packet(address, own(built, "old"), 100, flow="probe")
    packet.carry(homes(own(built, "mn1")))
    built.nodes["mn1"].post(packet)
    built.clock.run(0.1)
    (received,) = puppet(built, "mn1").of(MessageReceived)
    assert (received.message.code, received.message.pointer) == (code, pointer)
    assert received.message.invoking[pointer] == octet
    assert len(received.message.invoking) == packet.length


def test_an_agent_that_died_leaves_its_host_without_knowledge_of_mobility(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    tell(built, "mn1", Listen(frozenset({4})))
    built.agents["cn"].kill()
    tell(built, "mn1", SendMessage(UPDATE, address, own(built, "cn")))
    tell(
        built, "mn1", SendMessage(UPDATE, address, own(built, "cn"), home_address=own(built, "mn1"))
    )
    built.clock.run(0.1)
    heard = puppet(built, "mn1").of(MessageReceived)
    assert [e.message.code for e in heard] == [1, 2]


@pytest.mark.parametrize("node", ["ha", "core", "ar1", "cn", "old"])
def test_every_node_answers_echo_requests(tmp_path: Path, node: str) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    request = EchoRequest(7, 3, b"when")
    tell(built, "mn1", SendMessage(request, address, own(built, node)))
    built.clock.run(0.1)
    assert puppet(built, "mn1").of(MessageReceived) == []
    tell(built, "mn1", Listen(frozenset({129})))
    tell(built, "mn1", SendMessage(request, address, own(built, node)))
    built.clock.run(0.2)
    (received,) = puppet(built, "mn1").of(MessageReceived)
    assert received.message == EchoReply(7, 3, b"when")
    assert received.source == own(built, node)


def test_errors_are_not_answered_and_come_seldom(tmp_path: Path) -> None:
    built = host_world(tmp_path)
    address = visit(built)
    tell(built, "mn1", Listen(frozenset({4})))
    for _ in range(20):
        tell(built, "mn1", SendMessage(UPDATE, address, own(built, "old")))
    built.clock.run(0.1)
    assert len(puppet(built, "mn1").of(MessageReceived)) == 6
    error = ParameterProblem(6, b"", code=1)
    tell(built, "cn", SendMessage(error, own(built, "cn"), own(built, "old")))
    built.clock.run(0.2)
    assert len(sent(built, ParameterProblem)) == 6 * len(("old", "gw", "core", "ar1")) + 2
