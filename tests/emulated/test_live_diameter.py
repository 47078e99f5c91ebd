"""Diameter between a MAAR's agent and the AAA server's: exchanges, refusals, lost connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from diameter_lab import CORES, HOST, USER, aaa, ask, host_of, maar, send_question
from live_lab import CORE, LMA, MAG, Lab, lab_on, wait_for

from agents.live import diameter_base as base
from agents.live.diameter_base import Identity
from agents.live.diameter_messages import (
    ORIGIN_HOST,
    RESULT_CODE,
    aa_request,
    avp,
    find,
    number,
    parse,
    text,
)
from agents.wire.address import Address
from agents.wire.diameter import PORT, AaRequest

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), CORES) as made:
        yield made


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    yield network
    network.stop_agents()
    for state in network.folder.glob("*.state"):
        state.unlink()


def serve(lab: Lab, **options: object) -> int:
    wanted = lab.specification("lma", protocol="puppet", role="aaa", config=aaa(**options))
    answer = lab.ask_parent({"start": wanted})
    assert answer.get("started") == "lma", answer
    return int(answer["pid"])


def attach(lab: Lab, node: str, **options: object) -> None:
    opened = (
        len(lab.events(node, "diameter_open")) if (lab.folder / f"{node}.jsonl").exists() else 0
    )
    lab.start(node, "asker", maar(node, **options))
    lab.wait_event(node, "diameter_open", opened + 1)


def test_the_server_tells_where_the_user_was_before(lab: Lab) -> None:
    serve(lab)
    attach(lab, "mag")
    attach(lab, "core")
    first = ask(lab, "mag", "s;1")
    assert (first["result"], first["previous"], first["user"]) == (2001, "::", USER)
    assert (first["from"], first["to"], first["by"]) == (LMA, MAG, HOST)
    second = ask(lab, "core", "s;2")
    assert (second["result"], second["previous"]) == (2001, MAG)
    third = ask(lab, "mag", "s;3")
    assert (third["result"], third["previous"]) == (2001, CORE)
    assert [row["previous"] for row in lab.events("lma", "query_answered")] == ["::", MAG, CORE]
    seen = lab.events("lma", "message_received")
    assert [(row["message"], row["source"]) for row in seen[:2]] == [
        ("AA-Request", MAG),
        ("AA-Request", CORE),
    ]


def test_what_cannot_be_answered_says_why(lab: Lab) -> None:
    serve(lab)
    attach(lab, "mag")
    assert ask(lab, "mag", "s;1", realm="elsewhere.example")["result"] == 3003
    assert ask(lab, "mag", "s;2", user="stranger@home.example")["result"] == 5030
    assert ask(lab, "mag", "s;3", maar=CORE)["result"] == 5003, "the MAAR of another host"
    assert ask(lab, "mag", "s;4")["previous"] == "::", "nothing was stored"


def test_a_peer_speaks_for_itself_alone(lab: Lab) -> None:
    serve(lab)
    attach(lab, "mag")
    assert ask(lab, "mag", "s;1", maar=CORE, origin_host=host_of("core"))["result"] == 5003
    assert lab.events("lma", "query_answered") == []
    assert lab.ask("lma", "counters")["dropped: diameter"] == 1


def test_who_is_not_known_is_refused(lab: Lab) -> None:
    serve(lab)
    connection = call(lab, "cn")
    connection.sendall(greeting("cn.home.example", "2001:db8:c::2"))
    refused = receive(connection)
    assert (number(refused, RESULT_CODE), refused.header.is_error) == (base.UNKNOWN_PEER, True)
    assert connection.recv(1) == b""
    impostor = call(lab, "cn")
    impostor.sendall(greeting(host_of("mag"), MAG))
    assert number(receive(impostor), RESULT_CODE) == base.UNKNOWN_PEER


def test_nothing_is_heard_before_capabilities_are_exchanged(lab: Lab) -> None:
    serve(lab)
    connection = call(lab, "mag", MAG)
    connection.sendall(spelled("s;1"))
    assert connection.recv(1) == b""
    assert lab.events("lma", "query_answered") == []


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("01000004"), bytes.fromhex("01ffffff") + bytes(20)],
)
def test_what_is_no_diameter_ends_its_connection_alone(lab: Lab, octets: bytes) -> None:
    serve(lab)
    attach(lab, "core")
    connection = open_as(lab, "mag", MAG)
    connection.sendall(octets)
    assert connection.recv(1) == b""
    assert ask(lab, "core", "s;1")["result"] == 2001


@pytest.mark.parametrize("left_out", [1, 263, 264, 283, 486])
def test_a_request_that_lacks_what_is_needed_is_told_so(lab: Lab, left_out: int) -> None:
    serve(lab)
    connection = open_as(lab, "mag", MAG)
    message = parse(spelled("s;1"))
    message.avps = [each for each in message.avps if each.code != left_out]
    connection.sendall(message.as_bytes())
    answer = receive(connection)
    assert number(answer, RESULT_CODE) == 5005
    (failed,) = find(answer, 279)
    assert [each.code for each in failed.value] == [left_out]


def test_other_requests_and_unknown_avps_are_refused_by_their_codes(lab: Lab) -> None:
    serve(lab)
    connection = open_as(lab, "mag", MAG)
    strange = parse(spelled("s;1"))
    strange.avps.append(avp(450, 1))
    other_command, other_application = parse(spelled("s;2")), parse(spelled("s;3"))
    other_command.header.command_code = 275
    other_application.header.application_id = 4
    results = []
    for message in (strange, other_command, other_application):
        connection.sendall(message.as_bytes())
        results.append(number(receive(connection), RESULT_CODE))
    assert results == [5001, base.COMMAND_UNSUPPORTED, base.APPLICATION_UNSUPPORTED]


def test_peers_ask_each_other_for_signs_of_life(lab: Lab) -> None:
    serve(lab)
    connection = open_as(lab, "mag", MAG)
    asked = receive(connection)
    assert (asked.header.command_code, asked.header.is_request) == (base.WATCHDOG, True)
    assert text(asked, ORIGIN_HOST) == HOST
    connection.sendall(base.answer_base(identity(host_of("mag"), MAG), asked).as_bytes())
    again = receive(connection)
    assert again.header.command_code == base.WATCHDOG
    mine = base.ask_watchdog(identity(host_of("mag"), MAG))
    mine.header.hop_by_hop_identifier = 77
    connection.sendall(mine.as_bytes())
    answer = receive(connection)
    assert (answer.header.hop_by_hop_identifier, number(answer, RESULT_CODE)) == (77, 2001)


def test_a_silent_peer_is_given_up(lab: Lab) -> None:
    serve(lab)
    connection = open_as(lab, "mag", MAG)
    while octets := connection.recv(4096):
        assert parse(octets).header.command_code == base.WATCHDOG
    assert lab.wait_event("lma", "diameter_closed")["why"] == "the peer is silent"


def test_a_peer_that_parts_gets_its_answer(lab: Lab) -> None:
    serve(lab)
    connection = open_as(lab, "mag", MAG)
    connection.sendall(base.ask_disconnect(identity(host_of("mag"), MAG), 2).as_bytes())
    answer = receive(connection)
    assert (answer.header.command_code, number(answer, RESULT_CODE)) == (base.DISCONNECT, 2001)
    assert connection.recv(1) == b""


def test_an_agent_that_is_asked_to_end_parts_from_its_peers(lab: Lab) -> None:
    pid = serve(lab)
    attach(lab, "mag")
    lab.run("", "kill", "-TERM", str(pid))
    assert lab.wait_event("mag", "diameter_closed")["why"] == "the peer has parted"
    news = lab.told()
    assert (news["died"], news["status"]) == ("lma", 0)


def test_a_crash_of_the_server_loses_no_question_and_no_knowledge(lab: Lab) -> None:
    pid = serve(lab)
    attach(lab, "mag")
    attach(lab, "core")
    assert ask(lab, "mag", "s;1")["previous"] == "::"
    lab.run("", "kill", "-KILL", str(pid))
    assert lab.told()["died"] == "lma"
    lab.wait_event("core", "diameter_closed")
    send_question(lab, "core", "s;2")
    wait_for(lambda: lab.events("core", "message_sent"))
    assert lab.events("core", "answered") == []
    serve(lab)
    answer = lab.wait_event("core", "answered")
    assert (answer["result"], answer["previous"]) == (2001, MAG)


def test_a_question_that_is_repeated_is_answered_as_the_first_time(lab: Lab) -> None:
    serve(lab)
    attach(lab, "mag")
    attach(lab, "core")
    ask(lab, "mag", "s;1")
    assert [ask(lab, "core", "s;2")["previous"] for _ in range(2)] == [MAG, MAG]


def test_a_question_nobody_hears_is_given_up_in_time(lab: Lab) -> None:
    lab.start("mag", "asker", maar("mag", patience=0.5))
    answer = ask(lab, "mag", "s;1")
    assert (answer["result"], answer["by"]) == (base.UNDELIVERABLE, host_of("mag"))
    assert lab.ask("mag", "counters")["diameter requests given up"] == 1


def identity(host: str, address: str) -> Identity:
    return Identity(host, "home.example", Address.parse(address), 1)


def greeting(host: str, address: str) -> bytes:
    octets: bytes = base.ask_capabilities(identity(host, address)).as_bytes()
    return octets


def spelled(session: str) -> bytes:
    asked = AaRequest(
        session, USER, Address.parse(MAG), host_of("mag"), "home.example", "home.example"
    )
    octets: bytes = aa_request(asked).as_bytes()
    return octets


def call(lab: Lab, node: str, source: str = "") -> socket.socket:
    connection = lab.socket(node, socket.AF_INET6, socket.SOCK_STREAM)
    connection.settimeout(10)
    if source:
        connection.bind((source, 0))
    connection.connect((LMA, PORT))
    return connection


def open_as(lab: Lab, node: str, address: str) -> socket.socket:
    connection = call(lab, node, address)
    connection.sendall(greeting(host_of(node), address))
    assert number(receive(connection), RESULT_CODE) == 2001
    return connection


def receive(connection: socket.socket) -> object:
    header = connection.recv(20, socket.MSG_WAITALL)
    length = int.from_bytes(header[1:4], "big")
    return parse(header + connection.recv(length - 20, socket.MSG_WAITALL))
