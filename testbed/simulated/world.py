"""Builds a world from a resolved network: nodes, links, agents, and what flows between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from agents.roles import ROLES, Factory
from agents.wire.address import Address, Prefix
from testbed.simulated import carriage
from testbed.simulated.access_ports import AccessPort, ResolvingPort
from testbed.simulated.agent import AgentProcess, MakeCore
from testbed.simulated.chance import stream
from testbed.simulated.clock import Clock
from testbed.simulated.host import Detection, Host
from testbed.simulated.links import Channel
from testbed.simulated.mobility import AccessLink, Mobility
from testbed.simulated.multicast import Branching
from testbed.simulated.node import Node
from testbed.simulated.observe import Log, Recorder
from testbed.simulated.player import Player, Traffic
from testbed.simulated.ports import Port
from testbed.simulated.recognition import kinds
from testbed.simulated.refusals import selectors
from testbed.simulated.resolver import NameServer
from testbed.simulated.shortcuts import Shortcuts
from testbed.simulated.tables import Route
from testbed.simulated.terminal import Terminal
from testbed.simulated.traffic import generators
from testbed.topology import network as resolved
from testbed.topology.network import Agent, Flow, Interface, LinkSettings, Network
from testbed.topology.paths import path_mtu

ANY_LENGTH = 65535  # octets: a path of which nothing is known takes every packet


class World:
    """Everything that a network comes to in virtual time.

    With ``watch`` every packet is seen at every port and everything done is logged. With
    ``encode`` messages travel as octets, as they always do where some are authenticated.
    """

    def __init__(
        self,
        network: Network,
        *,
        watch: bool = True,
        encode: bool = False,
        roles: Mapping[tuple[str, str], Factory] = ROLES,
    ) -> None:
        self.network = network
        self._roles = roles
        self.clock = Clock()
        self.recorder = Recorder(self.clock)
        self._log: Log | None = self.recorder.log if watch else None
        self._watch = watch
        self._carriage = _choose_carriage(network, watch, encode)
        self._selectors = selectors(network.flows)
        self._kinds = kinds(network.flows)
        self.ports: dict[str, Port] = {}
        self.nodes = {node.name: self._node(node) for node in network.nodes.values()}
        self.links = {name: self._link(link) for name, link in network.links.items()}
        self._plant_trees()
        for name, names in network.names.items():
            NameServer(self.nodes[name], names)
        octets = self._carriage is carriage.as_octets
        self.shortcuts = None if watch or octets else Shortcuts(self.nodes, self._infrastructure())
        self.agents = {name: self._agent(agent) for name, agent in network.agents.items()}
        self.mobility = Mobility(self._accesses(), network.seed, self._log)
        self.player = self._player()

    def start(self) -> None:
        """Start the agents, then the timeline."""
        for agent in self.agents.values():
            agent.start()
        self._note("ready")
        self.player.play(self.network.timeline)

    def finish(self) -> None:
        """Stop the flows that still run."""
        self.player.stop_all()
        self._note("finished")

    def _note(self, event: str) -> None:
        if self._log is not None:
            self._log("", event)

    def _node(self, plan: resolved.Node) -> Node:
        node = self._bare(plan)
        for interface in plan.interfaces:
            self._port(node, interface)
        if plan.forwarding:
            node.own_address = Address.parse(plan.address)
        for text in plan.loopback:
            node.addresses.add(_address(text))
        for route in plan.routes:
            node.main.add(Prefix.parse(route.prefix), self._static(route))
        node.mtu = min((interface.mtu for interface in plan.interfaces), default=node.mtu)
        return node

    def _bare(self, plan: resolved.Node) -> Node:
        if plan.name in self.network.agents and not plan.forwarding:
            return Terminal(plan.name, self.clock, self._carriage, self._selectors)
        if plan.mobile:
            return self._host(plan)
        return Node(plan.name, self.clock, self._carriage, forwards=plan.forwarding)

    def _host(self, plan: resolved.Node) -> Host:
        settings = self.network.settings
        return Host(
            plan.name,
            self.clock,
            self._carriage,
            stream(self.network.seed, "host", plan.name),
            detection=Detection(settings.get("dad", Detection.OPTIMISTIC)),
            solicit=bool(settings.get("solicit", False)),
        )

    def _port(self, node: Node, interface: Interface) -> None:
        made = _port_class(self.network, interface)(
            node,
            interface.name,
            bytes.fromhex(interface.mac.replace(":", "")),
            Address.parse(interface.link_local),
        )
        made.tap = self.recorder.tap if self._watch else None
        node.ports[interface.name] = self.ports[interface.name] = made
        for text in interface.addresses:
            node.addresses.add(_address(text))
            node.main.add(_network(text), Route(made))
            if isinstance(made, AccessPort):
                made.prefixes.append(_network(text))
        if isinstance(node, Host):
            made.addresses.clear()  # a host probes its link-local address when the link is up

    def _static(self, route: resolved.Route) -> Route:
        next_hop = Address.parse(route.next_hop) if route.next_hop else None
        return Route(self.ports.get(route.interface), next_hop)

    def _link(self, link: resolved.Link) -> tuple[Channel, Channel]:
        near, far = (self.ports[end] for end in link.ends)
        return self._join(link, near, far), self._join(link, far, near)

    def _join(self, link: resolved.Link, near: Port, far: Port) -> Channel:
        chance = stream(self.network.seed, "link", link.name, near.name)
        channel = Channel(
            self.clock, link.settings, chance, far.receive, near.node.drops, near.node.too_big
        )
        near.channel, near.peer = channel, far
        return channel

    def _plant_trees(self) -> None:
        for name, routes in self.network.multicast.items():
            for route in routes:
                inbound = self.ports[route.inbound] if route.inbound else None
                branching = Branching(inbound, tuple(self.ports[name] for name in route.outbound))
                ends = Address.parse(route.source), Address.parse(route.group)
                self.nodes[name].multicast.add(*ends, branching)

    def _infrastructure(self) -> set[Address]:
        return {
            address
            for name, node in self.nodes.items()
            if not self.network.nodes[name].mobile
            for address in node.addresses
        }

    def _agent(self, plan: Agent) -> AgentProcess:
        node = self.nodes[plan.node]
        node.guarded = {node.ports[each["interface"]] for each in plan.config.get("access", ())}
        for port in node.guarded:
            assert isinstance(port, AccessPort)
            port.prefixes.clear()
        node.local_routing = bool(plan.config.get("local_routing", False))
        make_core = self._factory(plan)
        node.agent = AgentProcess(node, make_core, self._log, self.shortcuts, self._kinds)
        return node.agent

    def _factory(self, plan: Agent) -> MakeCore:
        chance = stream(self.network.seed, "agent", plan.node)
        return partial(self._roles[plan.protocol, plan.role], plan.config, chance)

    def _accesses(self) -> dict[str, AccessLink]:
        return {name: self._access(name, access) for name, access in self.network.accesses.items()}

    def _access(self, name: str, access: resolved.Access) -> AccessLink:
        port = self.ports[access.interface]
        assert isinstance(port, AccessPort)
        return AccessLink(name, self.nodes[access.router], port, access.settings)

    def _path_mtu(self, flow: Flow) -> int:
        """Return what the path of ``flow`` takes; at a mobile it ends with its anchor."""
        plans = self.network.nodes
        ends = [plans[flow.source], plans[flow.destination]]
        fixed = [end.mobile.anchor if end.mobile else end.name for end in ends]
        if fixed[0] is None or fixed[1] is None:
            return ANY_LENGTH
        return path_mtu(self.network, fixed[0], [fixed[1]])

    def _player(self) -> Player:
        mobile_ports = {
            name: port
            for name, port in self.ports.items()
            if isinstance(port, ResolvingPort) and not isinstance(port, AccessPort)
        }
        flows = {
            flow.name: Traffic(flow, generators(flow, self.nodes, self._path_mtu(flow)))
            for flow in self.network.flows.values()
            if flow.kind != "command"
        }
        return Player(
            self.clock,
            self.mobility,
            mobile_ports,
            self.links,
            flows,
            self.agents,
            self.shortcuts,
            self._log,
        )


def _choose_carriage(network: Network, watch: bool, encode: bool) -> carriage.Carriage:
    if encode or any(map(_needs_octets, network.agents.values())):
        return carriage.as_octets
    limited = any(settings.rate for settings in _all_settings(network))
    return carriage.as_object if watch or limited else carriage.as_bare_object


def _needs_octets(agent: Agent) -> bool:
    """Say whether it computes authenticators, which are over octets."""
    return any(agent.config.get(key) for key in ("authentication", "route_optimization"))


def _all_settings(network: Network) -> Iterator[LinkSettings]:
    for link in network.links.values():
        yield link.settings
    for access in network.accesses.values():
        yield access.settings
    for step in network.timeline:
        if step.settings is not None:
            yield step.settings


def _port_class(network: Network, interface: Interface) -> type[Port]:
    if any(access.interface == interface.name for access in network.accesses.values()):
        return AccessPort
    return Port if interface.link else ResolvingPort


def _address(text: str) -> Address:
    return Address.parse(text.partition("/")[0])


def _network(text: str) -> Prefix:
    address, length = _address(text), int(text.partition("/")[2])
    shift = 128 - length
    network = int.from_bytes(address) >> shift << shift
    return Prefix(Address(network.to_bytes(16)), length)
