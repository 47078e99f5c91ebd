"""The resolved network: what both backends build, with every address, route and agent spelled out.

Plain frozen data; times in seconds, rates in bit/s, sizes in octets, addresses as RFC 5952 text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Three nested IPv6 headers, a UDP header and the generator's stamp.
CAPTURE_LENGTH = 256


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How a link treats packets, in each direction alike.

    ``delay`` and ``jitter`` one way in seconds, ``loss`` a probability, ``rate`` in bit/s
    (None: unlimited), ``mtu`` in octets.
    """

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0
    rate: float | None = None
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a node; ``link`` is empty where it is plugged in by the timeline."""

    name: str  # "mag1-eth0": as in the kernel, at most 15 characters
    node: str
    link: str
    mac: str
    link_local: str
    addresses: tuple[str, ...] = ()  # "2001:db8:1:1::2/64"
    technology: str = "ethernet"
    mtu: int = 1500


@dataclass(frozen=True, slots=True)
class Route:
    """A static route; ``next_hop`` is a link-local address of the neighbour.

    Without an interface it leads nowhere: what takes it is dropped (a pool whose prefix has no
    binding, which must not follow the route of its domain back out).
    """

    prefix: str
    interface: str
    next_hop: str | None = None


@dataclass(frozen=True, slots=True)
class Mobile:
    """What makes a node mobile: who it is, who anchors it, and its home.

    ``home_prefixes`` and ``home_addresses`` map an interface's name to its prefixes and to the
    addresses that stateless configuration (EUI-64) makes of them.
    """

    identifier: str
    anchor: str | None
    home_prefixes: Mapping[str, tuple[str, ...]]
    home_addresses: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its place in the network, the role a protocol gives it, its interfaces and routes.

    ``address`` is the one others reach it by: on ``lo`` for routers, on the link for hosts, the
    first home address for mobiles. ``pool`` is the prefix an anchor gives home prefixes from.
    """

    name: str
    place: str  # "access-router", "anchor", "mobile", "correspondent", "router", ...
    domain: str
    role: str | None
    address: str
    interfaces: tuple[Interface, ...]
    routes: tuple[Route, ...] = ()
    loopback: tuple[str, ...] = ()  # "2001:db8:1::1/128"
    pool: str | None = None
    forwarding: bool = False
    mobile: Mobile | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A point-to-point link between two interfaces."""

    name: str
    ends: tuple[str, str]  # interface names
    settings: LinkSettings


@dataclass(frozen=True, slots=True)
class Access:
    """An access link: a router's interface that mobiles plug into, each isolated from the others.

    The settings hold between the router and any mobile on it.
    """

    name: str
    router: str
    interface: str
    technology: str
    settings: LinkSettings


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic between two nodes.

    ``kind`` is "ping", "udp", "tcp" or "command". ``direction`` is seen from the mobile (or from
    ``destination`` where neither or both are mobile): "down" source to destination, "up" the
    other way, "both". ``interval`` between packets and ``size`` (UDP payload) for ping and udp;
    ``rate`` in bit/s bounds tcp (None: as fast as it goes). ``identifier`` is the port, or the
    ICMPv6 identifier of a ping, unique in the network. ``initiator`` is the end that begins the
    flow. ``asks`` are the ends, one after the other, whose agents name their address when the
    flow starts (the command ``open_flow``); until then it is the home address here.
    ``traffic_class`` is the value of the field in its packets.
    """

    name: str
    kind: str
    source: str
    destination: str
    source_address: str
    destination_address: str
    direction: str
    identifier: int
    interval: float | None = None
    size: int | None = None
    rate: float | None = None
    command: str | None = None
    success: str | None = None  # a regular expression its output must match; None: exit status 0
    service: str | None = None
    initiator: str = ""
    asks: tuple[str, ...] = ()
    traffic_class: int = 0

    @property
    def responder(self) -> str:
        """The end that does not begin the flow."""
        return self.peer_of(self.initiator)

    def address_of(self, node: str) -> str:
        """Return the address of the end ``node``."""
        return self.source_address if node == self.source else self.destination_address

    def peer_of(self, node: str) -> str:
        """Return the other end."""
        return self.destination if node == self.source else self.source

    def at(self, node: str, address: str) -> Flow:
        """Return the same flow with its end ``node`` at ``address``."""
        if node == self.source:
            return replace(self, source_address=address)
        return replace(self, destination_address=address)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the timeline does, with compound steps (ping-pong, random walk) unrolled.

    ``kind``: "attach", "detach", "move" (node, interface, target access, gap), "start", "stop"
    (target flow), "change" (target link or access, settings), "kill", "restart" (node's agent),
    "run" (node, command), "tell" (node's agent, command, arguments).
    """

    at: float
    kind: str
    node: str = ""
    interface: str = ""
    target: str = ""
    gap: float = 0.0
    settings: LinkSettings | None = None
    command: str = ""
    line: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A statement on the result: ``path`` into it, an operator and a bound, in the user's words."""

    text: str
    path: str
    operator: str  # "==", "!=", "<", "<=", ">", ">="
    bound: Any
    line: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent to start on ``node``: ``agents.roles.ROLES[protocol, role]`` with ``config``."""

    node: str
    protocol: str
    role: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MulticastRoute:
    """How a router forwards what ``source`` (a unicast address) sends to ``group``.

    It comes in at the interface ``inbound`` and leaves by each of ``outbound``. At the source
    itself ``inbound`` is empty. A member that forwards to nobody has no route: it receives at the
    interface where its upstream neighbour's route ends.
    """

    source: str
    group: str
    inbound: str
    outbound: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """Everything a backend needs to build a topology and to play its timeline.

    ``multicast`` has the multicast routes of each router that has some; ``names`` what each name
    server answers: its node -> name -> addresses. ``domains`` are the prefixes of the domains.
    Captures hold ``capture_length`` octets of each packet, unless the user wants another number:
    enough for all messages of the protocol.
    """

    name: str
    protocol: str
    seed: int
    duration: float
    nodes: Mapping[str, Node]
    links: Mapping[str, Link]
    accesses: Mapping[str, Access]
    flows: Mapping[str, Flow]
    timeline: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    agents: Mapping[str, Agent]
    settings: Mapping[str, Any] = field(default_factory=dict)  # dad, solicit, ... of the hosts
    multicast: Mapping[str, tuple[MulticastRoute, ...]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    capture_length: int = CAPTURE_LENGTH
