"""A freeDiameter daemon between a MAAR's agent and the AAA server's, judged by tshark.

mag (MAAR) --- core (relay, and another MAAR behind it) --- lma (AAA server)
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diameter_lab import CORES, HOST, USER, aaa, ask, host_of, maar, send_question
from live_lab import CORE, LMA, MAG, Lab, lab_on, wait_for

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not shutil.which("freeDiameterd"), reason="freeDiameterd is not installed"),
]

RELAY, VISITED = "relay.visited.example", "visited.example"
AA, ROUTE_RECORD = "265", "282"
REQUEST = ["263", "258", "264", "296", "283", "274", "1", "506", "124", "486", "334"]
ANSWER = ["263", "258", "274", "268", "264", "296", "1", "486", "334"]
CONFIGURATION = """
Identity = "{relay}";
Realm = "{realm}";
Port = 3868;
SecPort = 0;
No_SCTP;
ListenOn = "{address}";
TcTimer = 1;
LoadExtension = "acl_wl.fdx" : "{known}";
ConnectPeer = "{server}" {{ ConnectTo = "{server_address}"; No_TLS; Port = 3868; }};
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_on("seg6", tmp_path_factory.mktemp("lab"), CORES) as made:
        yield made


@pytest.fixture
def relay(lab: Lab) -> Iterator[subprocess.Popen[bytes]]:
    """A relay that knows the server and lets the MAAR in; it ends with its namespace at last."""
    known, settings = lab.folder / "known.conf", lab.folder / "relay.conf"
    known.write_text(f"ALLOW_IPSEC {host_of('mag')}\n")
    server = {"server": HOST, "server_address": LMA}
    own = {"relay": RELAY, "realm": VISITED, "address": CORE, "known": known}
    settings.write_text(CONFIGURATION.format(**own, **server))
    wanted = lab.specification("lma", protocol="puppet", role="aaa", config=by_relay())
    assert lab.ask_parent({"start": wanted}).get("started") == "lma"
    with (lab.folder / "relay.log").open("wb") as log:
        command = lab.command("core", "freeDiameterd", "-c", str(settings))
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
    yield daemon
    daemon.kill()
    daemon.wait()
    lab.stop_agents()


def by_relay() -> dict[str, Any]:
    return aaa(relays=[{"host": RELAY, "address": CORE}])


def visitor() -> dict[str, Any]:
    return {**maar("mag", server=CORE, patience=25), "realm": VISITED}


def decoded(capture: Path, *fields: str) -> list[list[str]]:
    """Return what tshark reads in the AA-Requests and AA-Answers, a row each."""
    words = ["tshark", "-r", str(capture), "-Y", f"diameter.cmd.code == {AA}", "-T", "fields"]
    wanted = [word for field in fields for word in ("-e", field)]
    done = subprocess.run([*words, *wanted], capture_output=True, check=True, text=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_an_exchange_passes_a_relay_and_is_what_tshark_knows(
    lab: Lab, relay: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    lab.wait_event("lma", "diameter_open")
    capture = tmp_path / "relay.pcap"
    words = lab.command("core", "tcpdump", "-U", "-i", "any", "-w", str(capture), "port", "3868")
    watcher = subprocess.Popen(words, stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    while b"listening" not in watcher.stderr.readline():
        pass
    lab.start("mag", "asker", visitor())
    assert lab.wait_event("mag", "diameter_open")["peer"] == RELAY
    answer = ask(lab, "mag", "s;1")
    assert (answer["result"], answer["by"], answer["user"]) == (2001, HOST, USER)
    assert lab.events("lma", "message_received")[0]["source"] == CORE
    wait_for(lambda: capture.read_bytes().count(b"s;1") == 4)
    watcher.terminate()
    watcher.wait()
    ends = decoded(capture, "ipv6.src", "ipv6.dst")
    assert ends == [[MAG, CORE], [CORE, LMA], [LMA, CORE], [CORE, MAG]]
    named = ["User-Name", "Mobile-Node-Identifier", "MIP-Home-Agent-Address.IPv6", "Result-Code"]
    first, second, third, fourth = decoded(capture, *(f"diameter.{name}" for name in named))
    assert first == second == [USER, USER, MAG, ""]
    assert third == fourth == [USER, "", "::", "2001"]
    codes = [each.split(",") for (each,) in decoded(capture, "diameter.avp.code")]
    assert codes[0] == REQUEST
    assert codes[1] == [*REQUEST, ROUTE_RECORD]
    assert codes[2] == ANSWER
    assert codes[3] == [*ANSWER, ROUTE_RECORD], "freeDiameter adds it on the way back too"
    flags = [each.split(",") for (each,) in decoded(capture, "diameter.flags.mandatory")]
    optional = {code for code, flag in zip(codes[0], flags[0], strict=True) if flag in "0False"}
    assert optional == {"506", "124"}
    faults = decoded(capture, "_ws.malformed", "_ws.expert.message")
    assert faults == [["", ""]] * 4


def test_the_server_may_be_away_for_a_while(lab: Lab, relay: subprocess.Popen[bytes]) -> None:
    lab.wait_event("lma", "diameter_open")
    lab.start("mag", "asker", visitor())
    lab.wait_event("mag", "diameter_open")
    assert lab.ask_parent({"stop": "lma"}) == {"stopped": "lma"}
    send_question(lab, "mag", "s;1")
    wait_for(lambda: lab.ask("mag", "counters").get("diameter messages sent", 0) > 3)
    assert lab.events("mag", "answered") == []
    wanted = lab.specification("lma", protocol="puppet", role="aaa", config=by_relay())
    assert lab.ask_parent({"start": wanted}).get("started") == "lma"
    assert lab.wait_event("mag", "answered")["result"] == 2001
