"""Lays all links of a network: cables between nodes, bridges of access links, ports of mobiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from testbed.emulated import kernel, rtnetlink
from testbed.emulated.links import choice, disciplines
from testbed.emulated.links.choice import Way
from testbed.emulated.links.lines import DelayLines
from testbed.emulated.links.tap import open_tap
from testbed.emulated.rtnetlink import Device, Request
from testbed.topology.network import Access, Interface, LinkSettings, Network

FIRST_INDEX = 1_000_001  # apart from those in nodes: the kernel looks for a new device here first


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: an interface of a node, or a port of an access link's bridge."""

    name: str
    index: int
    pid: int | None  # of a process in its namespace; None: the sandbox's root namespace
    mac: str | None = None
    bridge: int = 0


@dataclass(frozen=True, slots=True)
class Port:
    """A mobile's end of an access link: the bridge side of its cable."""

    index: int
    interface: Interface


class Wiring:
    """The links of a network, and the means to change them while it runs."""

    def __init__(
        self,
        network: Network,
        pids: Mapping[str, int],
        indexes: Mapping[str, int],
        ways: Mapping[str, Way],
        lines: DelayLines | None,
    ) -> None:
        self.requests = rtnetlink.Socket()
        self.ways = ways
        self.lines = lines
        self.ports: dict[str, Port] = {}
        self.bridges: dict[str, int] = {}
        self._network = network
        self._pids = pids
        self._indexes = indexes
        self._free = count(FIRST_INDEX)
        self._wanted = choice.wants(network)
        self._shaped: dict[str, tuple[str, str]] = {}  # the devices that hold the disciplines
        self._interfaces = {i.name: i for node in network.nodes.values() for i in node.interfaces}
        ends = [link.ends for link in network.links.values()]
        self._peers = dict(ends) | {far: near for near, far in ends}

    def peer(self, interface: str) -> Interface | None:
        """Return the interface at the other end of the cable of ``interface``, if it has one."""
        return self._interfaces[self._peers[interface]] if interface in self._peers else None

    def lay(self) -> None:
        """Make every link; those of fixed nodes come up with the nodes, mobiles stay unplugged."""
        self.requests.send(self._requests())
        disciplines.apply(
            disciplines.command("add", device, self.ways[name], self._wanted[name][0])
            for name, devices in self._shaped.items()
            for device in devices
        )

    def change(self, name: str, settings: LinkSettings) -> None:
        """Treat packets on the link ``name`` by ``settings`` from now on."""
        if self.ways[name] is Way.DELAY_LINE:
            assert self.lines is not None
            self.lines.change(name, settings)
        elif name in self._shaped:
            disciplines.apply(
                disciplines.command("change", device, self.ways[name], settings)
                for device in self._shaped[name]
            )

    def _requests(self) -> Iterator[Request]:
        for link in self._network.links.values():
            near, far = (self._interfaces[end] for end in link.ends)
            yield from self._link(link.name, self._end(near), self._end(far), link.settings.mtu)
        for access in self._network.accesses.values():
            bridge = self.bridges[access.name] = next(self._free)
            yield rtnetlink.bridge(Device(access.name, bridge, mtu=access.settings.mtu))
            router = self._end(self._interfaces[access.interface])
            port = End(port_name(access), next(self._free), None, bridge=bridge)
            yield from self._link(access.name, router, port, access.settings.mtu)
        for node in self._network.nodes.values():
            for interface in node.interfaces:
                if node.mobile is not None and not interface.link:
                    yield self._port(interface)

    def _end(self, interface: Interface) -> End:
        pid = self._pids[interface.node]
        return End(interface.name, self._indexes[interface.name], pid, interface.mac)

    def _port(self, interface: Interface) -> Request:
        port = self.ports[interface.name] = Port(next(self._free), interface)
        end = self._end(interface)
        near = Device(end.name, end.index, end.pid, end.mac, interface.mtu)
        return rtnetlink.veth(near, Device(end.name, port.index, mtu=interface.mtu))

    def _link(self, name: str, near: End, far: End, mtu: int) -> Iterator[Request]:
        way = self.ways[name]
        if way is Way.PLAIN:
            yield rtnetlink.veth(_device(near, mtu), _device(far, mtu))
            yield from _plug(far)
        elif way is Way.DELAY_LINE:
            yield from self._delayed(name, near, far, mtu)
        else:
            yield from self._disciplined(name, near, far, mtu)

    def _disciplined(self, name: str, near: End, far: End, mtu: int) -> Iterator[Request]:
        """Join two cables by a bridge of their own; their inner ends hold the disciplines."""
        segments = choice.segments(self._wanted[name])
        bridge = next(self._free)
        yield rtnetlink.bridge(Device(f"join{bridge}", bridge, mtu=mtu))
        inner = []
        for end in (near, far):
            index = next(self._free)
            device = Device(f"wire{index}", index, mtu=mtu)
            inner.append(device.name)
            yield rtnetlink.veth(_device(end, mtu, segments), device)
            yield rtnetlink.set_master(index, bridge, device.name)
            yield rtnetlink.set_up(index, True, device.name)
            yield from _plug(end)
        self._shaped[name] = (inner[0], inner[1])

    def _delayed(self, name: str, near: End, far: End, mtu: int) -> Iterator[Request]:
        """Hand both ends to the delay line; a far end in this namespace goes into its bridge."""
        assert self.lines is not None
        wanted = self._wanted[name]
        bundled = choice.segments(wanted) is None
        ends = [_open(end, mtu, bundled) for end in (near, far)]
        self.lines.add(name, ends, wanted[0])
        yield from _plug(far)


def port_name(access: Access) -> str:
    """Return the name of the bridge's port that leads to the router of ``access``."""
    return f"{access.interface[:14]}+"


def _device(end: End, mtu: int, segments: int | None = None) -> Device:
    return Device(end.name, end.index, end.pid, end.mac, mtu, segments)


def _plug(end: End) -> Iterator[Request]:
    if end.bridge:
        yield rtnetlink.set_master(end.index, end.bridge, end.name)
        yield rtnetlink.set_up(end.index, True, end.name)


def _open(end: End, mtu: int, bundled: bool) -> int:
    if end.pid is None:
        return _open_here(end, mtu, bundled)
    with kernel.network_namespace(end.pid):
        return _open_here(end, mtu, bundled)


def _open_here(end: End, mtu: int, bundled: bool) -> int:
    descriptor = open_tap(end.name, end.index, bundled)
    requests = rtnetlink.Socket()
    requests.send([rtnetlink.set_address(end.index, end.mac, mtu, end.name)])
    requests.close()
    return descriptor
