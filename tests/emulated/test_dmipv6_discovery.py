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
        run.wait(lambda: _has_status(domain, discovery), "the status of the home proxies")
        (flow,) = domain.open("flow")
        domain.serves(flow)
        _named(domain, way)
        _asked(domain, way, discovery)
        answers = domain.seen("mn1", "ipv6.src", display_filter=f"icmpv6.type == {way.answer}")
        expected = {domain.address[node] for node in way.answering}
        assert {row["ipv6.src"][-1] for row in answers} == expected
        if discovery == "correspondent":
            assert [octets.hex() for octets in domain.frames("cn") if EDGE in octets] == []

    options = f", discovery: {discovery}, status_interval: 500ms, stale_after: 5s"
    staged(tmp_path, topology(options, cn=""), work)


def _has_status(domain: Domain, discovery: str) -> bool:
    """Whether who will be asked has heard of both home proxies, where it is no home proxy."""
    server = {"server-active": "ms", "server-passive": "ms", "correspondent": "cn"}.get(discovery)
    if server is None:
        return True
    heard = domain.run.events(server, "message_received")
    proxies = {domain.address[name] for name in ("dhp1", "dhp2")}
    return proxies <= {each["source"] for each in heard}


def _named(domain: Domain, way: Way) -> None:
    """The name was asked of the domain's name server, over the network."""
    fields = ("dns.qry.name", "ipv6.src")
    of_mobile = f"dns.flags.response == 0 && ipv6.src == {domain.place}"
    rows = domain.seen("ns", *fields, display_filter=of_mobile)
    assert [row["dns.qry.name"] for row in rows] == ([[way.name]] if way.name else [])


def _asked(domain: Domain, way: Way, discovery: str) -> None:
    own = domain.address["mn1"] if discovery == "correspondent" else domain.place
    query = f"icmpv6.type == {way.query} && ipv6.src == {own}"
    destinations = set()
    for node in way.asked:
        rows = domain.seen(node, "ipv6.dst", "icmpv6.code", display_filter=query)
        assert len(rows) >= 1, node
        destinations |= {row["ipv6.dst"][-1] for row in rows}
    (destination,) = destinations
    if discovery == "multicast":
        assert destination.startswith(PREFIX_BASED_GROUP)
    elif discovery == "anycast":
        assert destination not in domain.address.values()
    else:
        assert destination == domain.address[way.asked[0]]
