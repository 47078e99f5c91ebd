"""DMIPv6 under attack: no care-of address is told, no forgery believed, floods are bounded."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from attack_scene import KEY, Attacker
from dmipv6_scene import EDGE, OPEN_TIMEOUT, Domain, topology
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

ID_MISMATCH, AUTH_FAIL = 144, 146  # RFC 4285 §7
MESSAGES = list(range(160, 168))  # of ICMPv6, as DMIPv6 has them by default
UNASSIGNED = "2001:db8:1:9000::"  # what is sent there ends at the home agent's router
CAPACITY, REQUESTS_AT_ONCE, PER_SECOND = 64, 40, 20
LIMITS = f", total_burst: {REQUESTS_AT_ONCE}, total_rate: {PER_SECOND}"


def test_with_tunnels_no_octet_at_the_correspondent_tells_where_the_mobile_node_is(
    tmp_path: Path,
) -> None:
    def work(run: Staged) -> None:
        domain = Domain(run)
        (flow,) = domain.open("call")
        domain.serves(flow)
        assert domain.runs_from(domain.address["mn1"])
        domain.place = domain.attach("mn1", "wlan2")
        run.wait(lambda: domain.runs_from(flow.source), "the flow to go on")
        assert domain.runs_from(domain.address["mn1"])
        assert domain.reaches("cn", flow.source)
        seen = list(domain.frames("cn"))
        for address in (flow.source, domain.address["mn1"]):
            packed = socket.inet_pton(socket.AF_INET6, address)
            assert sum(packed in octets for octets in seen) >= 4
        assert [octets.hex() for octets in seen if EDGE in octets] == []
        assert any(EDGE in octets for octets in domain.frames("dhp1"))  # that is what hides it

    staged(tmp_path, topology(), work)


def test_with_a_key_spoofed_and_replayed_updates_move_no_flow(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        evil, insider = Attacker(run, "evil"), Attacker(run, "core")
        domain = Domain(run)
        (flow,) = domain.open("call")
        domain.serves(flow)
        assert flow.proxy == domain.address["dhp1"]
        for attacker in (evil, insider):
            _refused(domain, attacker, flow.source, AUTH_FAIL, forged=True)
        old = domain.place
        for _ in range(2):
            _replayed(domain, insider, flow.proxy, old)
            assert domain.tunnel("dhp1", flow.source) == domain.place
            assert domain.runs_from(flow.source)
            if domain.place == old:
                domain.place = domain.attach("mn1", "wlan2")
                run.wait(lambda: domain.runs_from(flow.source), "the flow to go on")

    staged(tmp_path, topology(KEY), work)


def _refused(
    domain: Domain, attacker: Attacker, home: str, status: int, *, forged: bool = False
) -> None:
    """Updates that would move a DHoA, or give it back."""

    def refused() -> int:
        return len(domain.run.events("dhp1", "binding_refused", status=status))

    before = refused()
    about = {"destination": domain.address["dhp1"], "home": home, "forged": forged}
    sequence = int(domain.run.events("mn1", "binding_sent", home_address=home)[-1]["sequence"])
    for lifetime in (15, 0):
        attacker.send("update", lifetime=lifetime, sequence=sequence + 1 & 0xFFFF, **about)
    domain.run.wait(lambda: refused() == before + 2, f"status {status}")
    assert domain.tunnel("dhp1", home) == domain.place
    assert domain.runs_from(home)


def _replayed(domain: Domain, insider: Attacker, proxy: str, sender: str) -> None:
    run, order = domain.run, {"to": proxy, "senders": [sender], "capture": domain.capture("core")}
    before = len(run.events("dhp1", "binding_refused", status=ID_MISMATCH))
    run.wait(lambda: insider.send("replay", **order) > 0, "captured updates")
    run.wait(
        lambda: len(run.events("dhp1", "binding_refused", status=ID_MISMATCH)) > before, "refusals"
    )


def test_octets_that_mean_nothing_stop_no_agent(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        insider, domain = Attacker(run, "core"), Domain(run)
        (flow,) = domain.open("call")
        for node in ("dhp1", "ms", "mn1"):
            to = domain.place if node == "mn1" else domain.address[node]
            before = domain.counted(node, "dropped")
            sent = sum(
                insider.send("noise", destination=to, count=150, seed=seed, **kind)
                for seed, kind in enumerate(({}, {"types": MESSAGES}))
            )
            run.wait(
                lambda n=node, least=before + sent / 2: domain.counted(n, "dropped") > least,
                f"drops at {node}",
            )
        domain.serves(flow)
        (other,) = domain.open("other")
        domain.serves(other)

    staged(tmp_path, topology(", status_interval: 1s, stale_after: 5s"), work)


def test_a_flood_of_requests_from_one_node_gets_one_address_and_others_theirs(
    tmp_path: Path,
) -> None:
    def work(run: Staged) -> None:
        evil, domain = Attacker(run, "evil"), Domain(run)
        proxy = domain.address["dhp1"]
        evil.begin("address_requests", destination=proxy, count=3000)
        (flow,) = domain.open("call")
        evil.finish()
        domain.serves(flow)
        assert flow.proxy == proxy
        held = [row["care_of"] for row in domain.gives("dhp1")]
        assert sorted(held) == sorted([evil.address, domain.place])

    staged(tmp_path, topology(", status_interval: 1s, stale_after: 5s"), work)


def test_a_flood_of_requests_from_many_is_bounded_in_all_and_flows_begin(tmp_path: Path) -> None:
    def work(run: Staged) -> None:
        insider, domain = Attacker(run, "core"), Domain(run)
        proxy = domain.address["dhp1"]
        before = domain.memory("dhp1")
        order = {"destination": proxy, "sources": UNASSIGNED, "count": 3000}
        insider.begin("address_requests", **order)
        flows = domain.open("one", "two", "three")
        insider.finish()
        for flow in flows:
            assert flow.took < OPEN_TIMEOUT + 1
            domain.serves(flow)
        begun, *_, ended = (event["at"] for event in run.events("dhp1", "address_allocated"))
        most = REQUESTS_AT_ONCE + PER_SECOND * (ended - begun) + 1
        assert len(domain.gives("dhp1")) <= min(most, CAPACITY)
        insider.send("address_requests", **order)
        run.wait(lambda: len(domain.gives("dhp1")) >= REQUESTS_AT_ONCE, "what was let through")
        assert len(domain.gives("dhp1")) <= CAPACITY
        assert domain.memory("dhp1") - before < 4 << 20

    limits = f"{LIMITS}, proxies: {{dhp1: {{capacity: {CAPACITY}}}}}"
    staged(tmp_path, topology(limits), work)


def test_a_storm_of_new_flows_asks_for_few_addresses_and_all_begin(tmp_path: Path) -> None:
    """Pseudo-connections, as a trojan on the mobile node would make them (draft-liu §6)."""
    burst = 4

    def work(run: Staged) -> None:
        domain = Domain(run)
        flows = domain.open(*(f"pseudo{number}" for number in range(60)))
        took = max(flow.took for flow in flows)
        assert took < OPEN_TIMEOUT + 1
        by_proxy = [flow for flow in flows if flow.via == "proxy"]
        assert 1 <= len(by_proxy) <= burst + took
        assert {flow.source for flow in flows if flow.via == "home"} == {domain.address["mn1"]}
        asked = domain.seen("mn1", "ipv6.src", display_filter="icmpv6.type == 166")
        assert 1 <= len(asked) <= 2 * (burst + took)
        assert domain.runs_from(domain.address["mn1"])

    staged(tmp_path, topology(f", flow_burst: {burst}, flow_rate: 1"), work)
