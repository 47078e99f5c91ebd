"""What a machine offers: said before a run starts, and by `dmm-testbed check`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import emulated_runs as runs
import pytest

from testbed.emulated import offer, run
from testbed.emulated.errors import EmulationError
from testbed.emulated.journal import Clock, Journal, read_events, write_events
from testbed.protocols import load


def test_missing_programs_are_named_with_the_packages_that_have_them(monkeypatch) -> None:
    absent = {"dumpcap", "mergecap", "iperf3"}
    monkeypatch.setattr(offer.shutil, "which", lambda name, path: None if name in absent else name)
    said = "missing dumpcap, mergecap, iperf3: apt-get install iperf3 wireshark-common"
    assert offer.missing() == said


def test_multicast_routing_is_missed_only_where_it_is_needed(monkeypatch) -> None:
    absent = {"smcrouted"}
    monkeypatch.setattr(offer.shutil, "which", lambda name, path: None if name in absent else name)
    assert offer.missing() == ""
    said = "missing smcrouted: apt-get install smcroute"
    assert offer.missing(routes_multicast=True) == said


def test_a_name_server_is_missed_only_where_there_are_names(monkeypatch) -> None:
    absent = {"dnsmasq"}
    monkeypatch.setattr(offer.shutil, "which", lambda name, path: None if name in absent else name)
    assert offer.missing(routes_multicast=True) == ""
    assert offer.missing(has_names=True) == "missing dnsmasq: apt-get install dnsmasq-base"


def test_a_run_without_its_programs_makes_no_folder(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(offer.shutil, "which", lambda name, path: None)
    network = load(runs.write(tmp_path, runs.TOPOLOGY))
    with pytest.raises(EmulationError, match="apt-get install"):
        run(network, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.root
def test_a_run_whose_protocol_the_kernel_cannot_serve_makes_no_folder(
    monkeypatch, tmp_path: Path
) -> None:
    works = dict.fromkeys(
        ("netem", "tbf", "seg6", "log", "flows", "refusals", "isolated ports"), True
    )
    monkeypatch.setattr(offer.trials, "attempt_all", lambda: {**works, "tap": False, "sctp": False})
    said = "lacks what romip needs: packets through agents (modprobe tun)"
    with pytest.raises(EmulationError, match=re.escape(said)):
        run(load("romip"), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert offer.unmet("pmipv6") == ""


@pytest.mark.root
def test_check_says_which_way_each_need_is_met() -> None:
    status, output, errors = runs.call("check", "--json")
    needs = {need["name"]: need for need in json.loads(output)}
    assert status == (0 if all(need["met"] or need["only"] for need in needs.values()) else 2), (
        errors
    )
    assert needs["dnsmasq"]["only"] == "dmipv6"
    assert needs["smcrouted"]["only"] == "sdpmip, dmipv6"
    assert needs["packets with home addresses"]["only"] == "mipv6, dmipv6, romip"
    assert needs["Diameter over SCTP"]["only"] == "romip with transport: sctp"
    assert needs["single flows"]["only"] == "flowbinding"
    assert needs["ending flows"]["only"] == "dmipv6"
    assert needs["sandbox"]["met"]
    assert needs["tunnels"]["way"] in ("seg6 routes, no device", "ip6tnl devices")
    assert {"dumpcap", "link delay, jitter, loss", "link rate", "access links"} <= needs.keys()
    assert all(need["mend"] for need in needs.values() if not need["met"])


def test_events_of_several_files_are_put_in_order_without_lines_cut_short(tmp_path: Path) -> None:
    journal = Journal(Clock(), tmp_path / "runner")
    journal.log("ready")
    journal.log("flow_started", flow="ping")
    journal.close()
    early = {"at": 1.0, "monotonic": 0.5, "node": "mag1", "event": "attached", "subject": "mn1"}
    (tmp_path / "mag1").write_text(json.dumps(early) + '\n{"at": 2.0, "monoto')
    events = read_events([tmp_path / "runner", tmp_path / "mag1"])
    assert [event.event for event in events] == ["attached", "ready", "flow_started"]
    assert events[0].details == {"subject": "mn1"}
    write_events(events, tmp_path / "merged")
    assert read_events([tmp_path / "merged"]) == events
