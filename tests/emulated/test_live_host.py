"""What a host's agent is told of its own links, by whom it is asked, and what names it resolves."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import pytest
from live_lab import CN, MAG, PUPPET, Lab, wait_for

pytestmark = [pytest.mark.root, pytest.mark.stock]
INTERFACES = {"interfaces": [{"interface": "mn-mag", "link_layer": "02:00:00:00:00:05"}]}
NAME, ADDRESSES = "dhp-anycast.cn.example", ("2001:db8:c::77", "2001:db8:c::78")
ALIAS = "anycast.cn.example"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("lab"), PUPPET)
    yield made
    made.close()


@pytest.fixture
def lab(network: Lab) -> Iterator[Lab]:
    network.start("mn", "puppet", INTERFACES)
    network.start("mag", "puppet", {})
    yield network
    network.run("mag", "ip", "link", "set", "mag-mn", "up")
    network.stop_agents()


def carrier(lab: Lab) -> list[tuple[str, str]]:
    rows = lab.events("mn")
    return [(r["event"], r["interface"]) for r in rows if r["event"].startswith("Carrier")]


def set_link(lab: Lab, state: str) -> None:
    lab.run("mag", "ip", "link", "set", "mag-mn", state)


def test_a_link_that_is_there_at_the_start_is_told_of_once(lab: Lab) -> None:
    assert carrier(lab) == [("CarrierUp", "mn-mag")]
    names = [row["event"] for row in lab.events("mn")]
    assert names.index("came_up") < names.index("CarrierUp")


def test_a_link_that_is_not_there_at_the_start_is_told_of_when_it_comes(lab: Lab) -> None:
    assert lab.ask_parent({"stop": "mag"}) == {"stopped": "mag"}
    set_link(lab, "down")
    lab.start("mag", "puppet", {"interfaces": [{"interface": "mag-mn"}, {"interface": "mag-core"}]})
    rows = [row["interface"] for row in lab.events("mag", "CarrierUp")]
    assert rows == ["mag-core"]
    set_link(lab, "up")
    assert lab.wait_event("mag", "CarrierUp", 2)["interface"] == "mag-mn"


def test_every_loss_and_return_is_told_of_in_order(lab: Lab) -> None:
    for count in (1, 2):
        set_link(lab, "down")
        lab.wait_event("mn", "CarrierDown", count)
        set_link(lab, "up")
        lab.wait_event("mn", "CarrierUp", count + 1)
    up, down = ("CarrierUp", "mn-mag"), ("CarrierDown", "mn-mag")
    assert carrier(lab) == [up, *[down, up] * 2]


def test_a_loss_that_the_kernel_tells_of_after_the_return_is_told_of(lab: Lab) -> None:
    for _ in range(5):
        lab.run("mag", "sh", "-c", "ip link set mag-mn down; ip link set mag-mn up")
    wait_for(lambda: len(carrier(lab)) > 1)
    up, down = ("CarrierUp", "mn-mag"), ("CarrierDown", "mn-mag")
    seen = carrier(lab)
    assert seen in [[up, *[down, up] * count] for count in range(1, 6)]


def test_other_changes_of_an_interface_are_none_of_its_link(lab: Lab) -> None:
    for mtu in ("1400", "1500"):
        lab.run("mn", "ip", "link", "set", "mn-mag", "mtu", mtu)
    lab.tell("mn", {"event": "link_quality", "interface": "mn-mag", "rate": None})
    lab.wait_event("mn", "LinkQuality")
    assert carrier(lab) == [("CarrierUp", "mn-mag")]


def test_other_interfaces_are_not_told_of(lab: Lab) -> None:
    lab.run("mn", "ip", "link", "set", "lo", "down")
    lab.run("mn", "ip", "link", "set", "lo", "up")
    set_link(lab, "down")
    lab.wait_event("mn", "CarrierDown")
    assert {interface for _, interface in carrier(lab)} == {"mn-mag"}


def test_an_interface_that_does_not_exist_is_named_at_the_start(lab: Lab) -> None:
    wanted = {"interfaces": [{"interface": "wlan9"}]}
    asked = lab.specification("lma", protocol="puppet", role="puppet", config=wanted)
    assert "wlan9" in lab.ask_parent({"start": asked})["error"]


def test_the_quality_of_a_link_comes_from_who_drives_it(lab: Lab) -> None:
    for rate in (2e6, None):
        lab.tell("mn", {"event": "link_quality", "interface": "mn-mag", "rate": rate})
    rows = [lab.wait_event("mn", "LinkQuality", count) for count in (1, 2)]
    assert [(row["interface"], row["rate"]) for row in rows] == [("mn-mag", 2e6), ("mn-mag", None)]


class Asker:
    """Another program that asks an agent, with a socket of its own."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(lab.folder / name))
        self._socket.settimeout(5)

    def tell(self, **request: object) -> None:
        self._socket.sendto(json.dumps(request).encode(), str(self._lab.folder / "mn.sock"))

    def hear(self) -> object:
        return json.loads(self._socket.recv(65535))


def test_a_command_is_answered_to_who_gave_it(lab: Lab) -> None:
    one, other = Asker(lab, "one.sock"), Asker(lab, "other.sock")
    one.tell(command="promise", token="p1")
    other.tell(command="echo", arguments={"flow": "f", "port": 5}, token="e1")
    assert other.hear() == {"reply": "e1", "details": {"flow": "f", "port": 5}}
    other.tell(command="keep", arguments={"source": MAG})
    assert one.hear() == {"reply": "p1", "details": {"source": MAG}}


def test_an_asker_that_cannot_be_reached_or_has_gone_is_counted(lab: Lab) -> None:
    nameless = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    request = {"command": "echo", "token": "n1"}
    nameless.sendto(json.dumps(request).encode(), str(lab.folder / "mn.sock"))
    gone = Asker(lab, "gone.sock")
    (lab.folder / "gone.sock").unlink()
    gone.tell(command="echo", token="g1")
    wait_for(lambda: lab.ask("mn", "counters").get("control requests refused") == 2)


Answer = Callable[[dns.message.Message, int], list[dns.message.Message]]


class Server:
    """A name server that says what a test wants; it counts the questions."""

    def __init__(self, lab: Lab, answer: Answer) -> None:
        self._socket = lab.socket("cn", socket.AF_INET6, socket.SOCK_DGRAM)
        self._socket.bind((CN, 53))
        self._socket.settimeout(0.05)
        self._answer = answer
        self.questions: list[tuple[str, int, int]] = []
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._open:
            try:
                octets, sender = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            query = dns.message.from_wire(octets)
            self.questions.append((sender[0], sender[1], query.id))
            for each in self._answer(query, len(self.questions)):
                self._socket.sendto(each.to_wire(), sender)

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()


def answer(query: dns.message.Message, *addresses: str) -> dns.message.Message:
    made = dns.message.make_response(query)
    for address in addresses:
        made.answer += dns.message.from_text(f"id 1\n;ANSWER\n{NAME}. 60 IN AAAA {address}").answer
    return made


def resolve(lab: Lab, name: str = NAME) -> dict[str, object]:
    count = len(lab.events("mag", "Resolved")) + 1
    lab.perform("mag", {"Resolve": {"name": name, "server": CN, "source": MAG}})
    return lab.wait_event("mag", "Resolved", count)


def asked_at(lab: Lab, server: Server) -> dict[str, object]:
    try:
        return resolve(lab)
    finally:
        server.close()


def test_a_real_name_server_is_asked(lab: Lab) -> None:
    records = [f"--host-record={NAME},{address}" for address in ADDRESSES]
    words = [
        "dnsmasq",
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--conf-file=/dev/null",
    ]
    words += [f"--cname={ALIAS},{NAME}", "--local=/cn.example/", f"--listen-address={CN}"]
    words += ["--bind-interfaces", f"--pid-file={lab.folder}/names.pid", "--user=root"]
    server = subprocess.Popen(lab.command("cn", *words, *records))
    try:
        wait_for(lambda: ":53" in lab.run("cn", "ss", "-6lun"))
        for name in (NAME, ALIAS):
            row = resolve(lab, name)
            assert (row["name"], row["answered"]) == (name, True)
            assert set(row["addresses"]) == set(ADDRESSES)
        row = resolve(lab, "nothing.cn.example")
        assert (row["addresses"], row["answered"]) == ([], True)
    finally:
        lab.run("cn", "kill", (lab.folder / "names.pid").read_text().strip())
        server.wait()


def test_a_lost_question_is_asked_again(lab: Lab) -> None:
    server = Server(lab, lambda query, count: [answer(query, CN)] if count == 2 else [])
    row = asked_at(lab, server)
    assert (row["addresses"], row["answered"]) == ([CN], True)
    assert len(server.questions) == 2
    assert {address for address, _, _ in server.questions} == {MAG}


def test_nobody_answers_within_three_seconds(lab: Lab) -> None:
    server = Server(lab, lambda query, count: [])
    row = asked_at(lab, server)
    assert (row["addresses"], row["answered"]) == ([], False)
    began = lab.events("mag", "performed")[-1]["at"]
    assert 2.9 <= float(str(row["at"])) - began <= 4
    assert len(server.questions) == 3


def test_a_server_that_fails_has_not_answered(lab: Lab) -> None:
    def failing(query: dns.message.Message, count: int) -> list[dns.message.Message]:
        made = answer(query)
        made.set_rcode(dns.rcode.SERVFAIL)
        return [made]

    row = asked_at(lab, Server(lab, failing))
    assert row["answered"] is False
    assert lab.events("mag", "dropped")[0]["error"] == "SERVFAIL"


def test_forged_answers_are_not_believed(lab: Lab) -> None:
    def forged(query: dns.message.Message, count: int) -> list[dns.message.Message]:
        wrong_id, wrong_name = answer(query, MAG), answer(query, MAG)
        wrong_id.id ^= 1
        question = dns.message.make_query("other.example", "AAAA", id=query.id)
        wrong_name.question = question.question
        return [wrong_id, wrong_name, answer(query, CN)]

    row = asked_at(lab, Server(lab, forged))
    assert row["addresses"] == [CN]
    assert len(lab.events("mag", "dropped")) == 2


def test_an_answer_of_another_host_is_not_heard(lab: Lab) -> None:
    def by_another(query: dns.message.Message, count: int) -> list[dns.message.Message]:
        _, port, _ = server.questions[-1]
        impostor = lab.socket("core", socket.AF_INET6, socket.SOCK_DGRAM)
        impostor.sendto(answer(query, MAG).to_wire(), (MAG, port))
        impostor.close()
        return [answer(query, CN)] if count == 2 else []

    server = Server(lab, by_another)
    assert asked_at(lab, server)["addresses"] == [CN]


def test_questions_are_hard_to_guess(lab: Lab) -> None:
    server = Server(lab, lambda query, count: [answer(query)])
    for _ in range(12):
        resolve(lab)
    server.close()
    assert len({identifier for _, _, identifier in server.questions}) > 6
    assert len({port for _, port, _ in server.questions}) > 6


def test_what_is_no_name_has_no_addresses(lab: Lab) -> None:
    row = resolve(lab, "two..dots")
    assert (row["addresses"], row["answered"]) == ([], True)


def test_a_source_that_is_not_ours_ends_unanswered(lab: Lab) -> None:
    lab.perform("mag", {"Resolve": {"name": NAME, "server": CN, "source": "2001:db8::bad"}})
    assert lab.wait_event("mag", "Resolved")["answered"] is False
    assert lab.ask("mag", "counters")["failed: Resolve"] == 3
