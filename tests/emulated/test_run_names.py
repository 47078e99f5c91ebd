"""Name servers of a run: what they answer, from the first moment on, and what their end means."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from host_network import host_network
from staged_runs import Staged, staged_network

from testbed.emulated.errors import RunFailed
from testbed.emulated.names import options

SEVERAL = ("2001:db8:1::d1", "2001:db8:1::d2")
NAMES = {"dhp-server.cn.example": SEVERAL, "dhp-multicast.cn.example": ("ff05::d401",)}

ASK = """
import sys, dns.message, dns.query, dns.rcode
server, *names = sys.argv[1:]
for name in names:
    answer = dns.query.udp(dns.message.make_query(name, "AAAA"), server, timeout=5)
    found = sorted(str(each) for rows in answer.answer for each in rows)
    print(dns.rcode.to_text(answer.rcode()), *found)
"""


def test_a_server_is_told_its_address_its_zones_and_its_names() -> None:
    said = options("2001:db8::53", NAMES | {"b.other.example": ("::1",)}, Path("/run/names"))
    assert [each for each in said if each.startswith("--local=")] == [
        "--local=/cn.example/",
        "--local=/other.example/",
    ]
    assert {"--listen-address=2001:db8::53", "--addn-hosts=/run/names", "--no-resolv"} <= set(said)


@pytest.mark.root
def test_a_node_with_names_answers_for_them_and_for_nothing_else(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        server = stage.stage.network.nodes["cn"].address
        asked = (*NAMES, "nobody.cn.example", "www.example.org")
        answers = stage.shown("lma", sys.executable, "-c", ASK, server, *asked).splitlines()
        assert answers == [
            f"NOERROR {' '.join(SEVERAL)}",
            "NOERROR ff05::d401",
            "NXDOMAIN",
            "REFUSED",
        ]
        assert stage.stage.backends()["names"] == "dnsmasq"

    staged_network(tmp_path, host_network(tmp_path, {"cn": NAMES}), work)


@pytest.mark.root
def test_a_server_that_ends_ends_the_run_and_says_where(tmp_path: Path) -> None:
    def work(stage: Staged) -> None:
        listening = stage.shown("cn", "ss", "-Hulnp", "sport", "=", "53")
        os.kill(int(listening.partition("pid=")[2].partition(",")[0]), signal.SIGKILL)
        with pytest.raises(RunFailed, match="no name server on cn"):
            stage.wait(lambda: False, "the end")

    staged_network(tmp_path, host_network(tmp_path, {"cn": NAMES}), work)


@pytest.mark.root
def test_a_name_that_the_server_does_not_take_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("testbed.emulated.names.STARTING", 0.5)
    with pytest.raises(AssertionError):
        network = host_network(tmp_path, {"cn": {"bad name": SEVERAL}})
        staged_network(tmp_path, network, lambda _: None)
    assert "RunFailed: no name server on cn: dnsmasq: " in capfd.readouterr().err
