"""Each way to find home proxies, on the wire: who is asked what, by which name, and who answers."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from dmipv6_scene import EDGE, Domain, topology
from staged_runs import Staged, staged

pytestmark = pytest.mark.root

PREFIX_BASED_GROUP = "ff3e:"  # RFC 3306


class Way(NamedTuple):
    """A way of discovery: the name asked for, the two ICMPv6 types, who is asked, who answers."""

    name: str
    query: int
    answer: int
    asked: tuple[str, ...]
    answering: tuple[str, ...]


WAYS = {
    "anycast": Way("dhp-anycast.far.test", 160, 161, ("dhp1",), ("dhp1",)),
    "multicast": Way("dhp-multicast.far.test", 162, 163, ("dhp1", "dhp2"), ("dhp1", "dhp2")),
    "server-active": Way("dhp-server.far.test", 164, 165, ("ms",), ("ms",)),
    "server-passive": Way("dhp-server.far.test", 164, 165, ("ms",), ("ms",)),
    "correspondent": Way("", 164, 165, ("cn",), ("cn",)),
}


@pytest.mark.parametrize("discovery", list(WAYS))
def test_it_leads_to_a_home_proxy(tmp_path: Path, discovery: str) -> None:
    way = WAYS[discovery]

    def work(run: Staged) -> None:
        domain = Domain(run)
        server = {"server-active": "ms", "server-passive": "ms", "correspondent": "cn"}
        if discovery in server:
            run.wait(lambda: domain.knows_proxies(server[discovery]), "the statuses")
        (flow,) = domain.open("flow")
        domain.serves(flow)
        _asked_for_by_name(domain, way, discovery)
        _arrived(domain, way, discovery)
        if discovery == "correspondent":
            assert [octets.hex() for octets in domain.frames("cn") if EDGE in octets] == []

    options = f", discovery: {discovery}, status_interval: 500ms, stale_after: 5s"
    staged(tmp_path, topology(options, cn=""), work)


def _asked_for_by_name(domain: Domain, way: Way, discovery: str) -> None:
    """What the mobile node has sent: a question to the name server, then the query; who answered.

    A query from the home address is in the tunnel to the home agent.
    """
    fields = ("dns.qry.name", "dns.flags.response", "icmpv6.type", "ipv6.src", "ipv6.dst")
    wanted = f"dns || icmpv6.type in {{{way.query}, {way.answer}}}"
    rows = domain.seen("mn1", *fields, display_filter=wanted)
    names = [row for row in rows if row["dns.qry.name"]]
    assert [row["dns.qry.name"] for row in names] == [[way.name], [way.name]] * bool(way.name)
    servers = {row["ipv6.dst"][0] for row in names if row["dns.flags.response"] == ["0"]}
    assert servers == ({domain.address["ns"]} if way.name else set())
    answers = [row for row in rows if row["icmpv6.type"] == [str(way.answer)]]
    assert {row["ipv6.src"][-1] for row in answers} == {
        domain.address[node] for node in way.answering
    }
    queries = [row for row in rows if row["icmpv6.type"] == [str(way.query)]]
    own = domain.address["mn1"] if discovery == "correspondent" else domain.place
    assert {row["ipv6.src"][-1] for row in queries} == {own}


def _arrived(domain: Domain, way: Way, discovery: str) -> None:
    destinations = set()
    for node in way.asked:
        query = f"icmpv6.type == {way.query}"
        rows = domain.seen(node, "ipv6.dst", display_filter=query)
        assert len(rows) >= 1, node
        destinations |= {row["ipv6.dst"][-1] for row in rows}
    (destination,) = destinations
    if discovery == "multicast":
        assert destination.startswith(PREFIX_BASED_GROUP)
    elif discovery == "anycast":
        assert destination not in domain.address.values()
    else:
        assert destination == domain.address[way.asked[0]]
