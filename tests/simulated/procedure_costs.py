"""What one attachment, one new flow and one move cost in signalling, in domains of any size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import networkx as nx

from agents.wire.messages import BindingAcknowledgement, BindingUpdate
from agents.wire.names import message_name
from agents.wire.signaling_messages import (
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
from testbed.protocols import load
from testbed.simulated.run import Run, simulate
from testbed.topology.network import Network
from testbed.topology.paths import link_graph

PROTOCOLS = ("pmipv6", "spmip", "sdpmip")
PER_ROUTER = 4  # gateways on each router of the edge
MOBILITY = (
    BindingUpdate,
    BindingAcknowledgement,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
PHASES = {"attach": (0.0, 2.0), "new flow": (2.0, 4.0), "move": (4.0, 6.0)}
OLD, NEW, ASKER = 0, PER_ROUTER, 2 * PER_ROUTER  # gateways on three routers of the edge


@dataclass(frozen=True)
class Domain:
    """``gateways`` in groups on routers around a hub, the anchor ``distance`` links from there.

    The mobile attaches to the gateway OLD and moves to NEW. A correspondent is behind ASKER; of
    several ``correspondents`` each is at another router of the edge.
    """

    gateways: int
    distance: int = 1
    correspondents: int = 1

    @property
    def askers(self) -> list[int]:
        """The gateways of the correspondents."""
        return [ASKER + PER_ROUTER * number for number in range(self.correspondents)]

    def network(self, folder: Path, protocol: str) -> Network:
        """Return the domain under ``protocol``: each phase of PHASES does one thing."""
        file = folder / "topology.yaml"
        file.write_text(self._topology())
        return load(file, protocol)

    def _topology(self) -> str:
        gateways, routers = range(self.gateways), range(-(-self.gateways // PER_ROUTER))
        steps = ["hub", *(f"step{number}" for number in range(1, self.distance)), "lma"]
        return "\n".join(
            (
                "name: costs",
                "protocol: pmipv6",
                "domains:",
                '  home: {prefix: "2001:db8:1::/48"}',
                '  edge: {prefix: "2001:db8:2::/48"}',
                "nodes:",
                "  lma: {place: anchor, domain: home}",
                *(f"  {name}: {{place: router, domain: home}}" for name in steps[:-1]),
                *(f"  edge{n}: {{place: router, domain: edge}}" for n in routers),
                *(f"  mag{n}: {{place: access-router, domain: edge}}" for n in gateways),
                *(f"  cn{n}: {{place: correspondent}}" for n in self.askers),
                "  mn: {place: mobile, anchor: lma}",
                "links:",
                *(_link(*pair) for pair in pairwise(steps)),
                *(_link("hub", f"edge{n}") for n in routers),
                *(_link(f"edge{n // PER_ROUTER}", f"mag{n}") for n in gateways),
                *(_link(f"cn{n}", f"mag{n}") for n in self.askers),
                "access:",
                *(f"  wlan{n}: {{router: mag{n}, delay: 1ms}}" for n in gateways),
                f"flows: {{{', '.join(_call(n) for n in self.askers)}}}",
                "timeline:",
                f"  - {{at: 0, attach: mn, to: wlan{OLD}}}",
                *(f"  - {{at: 2, start: call{n}}}" for n in self.askers),
                f"  - {{at: 4, move: mn, to: wlan{NEW}, gap: 30ms}}",
                *(f"  - {{at: 6, stop: call{n}}}" for n in self.askers),
                "",
            )
        )


def _link(one: str, other: str) -> str:
    return f"  - {{ends: [{one}, {other}], delay: 1ms}}"


def _call(asker: int) -> str:
    return f"call{asker}: {{kind: udp, from: cn{asker}, to: mn, interval: 10ms}}"


@dataclass(frozen=True)
class Cost:
    """Signalling between routers: messages sent, links that each crossed, octets on those."""

    messages: Counter[str]
    crossings: int
    octets: int

    @property
    def count(self) -> int:
        """How many messages were sent."""
        return self.messages.total()


def costs(network: Network) -> dict[str, Cost]:
    """Return the cost of each phase of ``network``, as played."""
    run = simulate(network)
    return {name: _cost(run, *window) for name, window in PHASES.items()}


def _cost(run: Run, begin: float, end: float) -> Cost:
    crossed = [
        seen
        for seen in run.sightings
        if isinstance(seen.message, MOBILITY) and seen.outgoing and begin <= seen.at < end
    ]
    names = {message_name(seen.message) for seen in crossed}
    sent = Counter(
        event.details["message"]
        for event in run.events
        if event.event == "message_sent" and begin <= event.at < end
        if event.details["message"] in names
    )
    return Cost(sent, len(crossed), sum(seen.length for seen in crossed))


@dataclass(frozen=True)
class Distances:
    """Links between the places of a domain; ``tree``: of the whole tree from a gateway to all."""

    anchor: int
    gateway: int
    tree: int

    @classmethod
    def of(cls, network: Network) -> Distances:
        """Measure ``network``; all the distances between ASKER, OLD and NEW are alike."""
        graph = link_graph(network)
        between = {
            int(nx.shortest_path_length(graph, f"mag{a}", f"mag{b}"))
            for a, b in ((ASKER, OLD), (OLD, NEW), (NEW, ASKER))
        }
        (gateway,) = between
        apart = {int(nx.shortest_path_length(graph, f"mag{n}", "lma")) for n in (ASKER, OLD, NEW)}
        (anchor,) = apart
        branches = {
            edge
            for name, node in network.nodes.items()
            if node.place == "access-router" and name != f"mag{ASKER}"
            for edge in _edges(nx.shortest_path(graph, f"mag{ASKER}", name))
        }
        return cls(anchor, gateway, len(branches))


def _edges(path: list[str]) -> list[frozenset[str]]:
    return [frozenset(pair) for pair in pairwise(path)]


def implied(protocol: str, far: Distances, askers: int = 1) -> dict[str, tuple[int, int]]:
    """Return the messages of each phase and the links that they cross, by the procedures.

    A registration is an update and its answer, from a gateway to the anchor (RFC 5213 §5, §6); a
    query and its answer likewise (draft-jikim-dmm-pmip §3.2.3), or along the tree and back from
    one gateway (§3.3.2). After a move the old gateway asks for what still reaches it; each of the
    ``askers`` is told by the respondent (RFC 7077), acknowledges, and asks again.
    """
    pair, query = 2 * far.anchor, far.tree + far.gateway
    if protocol == "pmipv6":
        return {"attach": (2, pair), "new flow": (0, 0), "move": (4, 2 * pair)}
    if protocol == "spmip":
        told = askers * 2 * pair + pair if askers else 0
        move = (4 + (4 * askers + 2 if askers else 0), 2 * pair + told)
        return {"attach": (2, pair), "new flow": (2 * askers, askers * pair), "move": move}
    told = query + askers * (query + 2 * far.gateway) if askers else 0
    flows = (2 * askers, askers * query)
    return {"attach": (0, 0), "new flow": flows, "move": (4 * askers + 2 if askers else 0, told)}
