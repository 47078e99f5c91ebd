"""A small network for the tests: cn - core - lma, core - mag1 and mag2 with an access link each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from testbed.evidence.matching import packed
from testbed.evidence.observed import LogEvent, Sighting
from testbed.topology.network import (
    Access,
    Agent,
    Expectation,
    Flow,
    Interface,
    Link,
    LinkSettings,
    Mobile,
    Network,
    Node,
)

HOME = "2001:db8:1:8000::/64"
HOME_ADDRESS = "2001:db8:1:8000:0:ff:fe00:1"
CN = "2001:db8:1:1::c"
LMA, MAG1, MAG2 = "2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"
SHARED_MAC = "00:00:5e:00:52:13"

_PLACES = {"cn": "correspondent", "core": "router", "lma": "anchor", "mn1": "mobile"}
_ADDRESSES = {"cn": CN, "core": "2001:db8::1", "lma": LMA, "mag1": MAG1, "mag2": MAG2}
_LINKS = (("cn", "lma"), ("lma", "core"), ("core", "mag1"), ("core", "mag2"))

PING = Flow("ping", "ping", "cn", "mn1", CN, HOME_ADDRESS, "both", 77, interval=0.01)
UDP = Flow("voice", "udp", "cn", "mn1", CN, HOME_ADDRESS, "both", 5001, interval=0.01, size=64)
TCP = Flow("web", "tcp", "cn", "mn1", CN, HOME_ADDRESS, "down", 5201)
COMMAND = Flow("odd", "command", "mn1", "cn", HOME_ADDRESS, CN, "up", 0, command="nc")


def build(*flows: Flow, expectations: Iterable[Expectation] = ()) -> Network:
    """Return the network with ``flows`` on it."""
    ports: dict[str, Iterator[int]] = {}
    macs = count(16)
    interfaces: dict[str, list[Interface]] = {}

    def plug(node: str, link: str, mac: str = "") -> str:
        name = f"{node}-eth{next(ports.setdefault(node, count()))}"
        mac = mac or f"02:00:00:00:00:{next(macs):02x}"
        link_local = f"fe80::{int(mac[-2:], 16):x}"
        interfaces.setdefault(node, []).append(Interface(name, node, link, mac, link_local))
        return name

    links = {f"{a}-{b}": (plug(a, f"{a}-{b}"), plug(b, f"{a}-{b}")) for a, b in _LINKS}
    radios = {f"wlan{n}": plug(f"mag{n}", f"wlan{n}") for n in (1, 2)}
    plug("mn1", "", "02:00:00:00:00:01")
    mobile = Mobile("mn1@example", "lma", {"mn1-eth0": (HOME,)}, {"mn1-eth0": (HOME_ADDRESS,)})
    nodes = {
        name: Node(
            name,
            _PLACES.get(name, "access-router"),
            "home",
            None,
            _ADDRESSES.get(name, HOME_ADDRESS),
            tuple(interfaces[name]),
            forwarding=name not in ("cn", "mn1"),
            mobile=mobile if name == "mn1" else None,
        )
        for name in interfaces
    }
    return Network(
        "small",
        "pmipv6",
        1,
        10.0,
        nodes,
        {name: Link(name, ends, LinkSettings()) for name, ends in links.items()},
        {
            name: Access(name, f"mag{name[-1]}", interface, "ethernet", LinkSettings())
            for name, interface in radios.items()
        },
        {flow.name: flow for flow in flows},
        (),
        tuple(expectations),
        {f"mag{n}": Agent(f"mag{n}", "pmipv6", "mag", {"link_layer": SHARED_MAC}) for n in (1, 2)},
    )


def event(at: float, name: str, node: str = "", /, **details: Any) -> LogEvent:
    """Return a line of the event log."""
    return LogEvent(at, at, node, name, details)


def handover_events(at: float = 2.0, gap: float = 0.1) -> list[LogEvent]:
    """mn1 comes to wlan1 at 0.5 and moves to wlan2 at ``at``; the run is ready at 0."""
    mobile = {"subject": "mn1", "interface": "mn1-eth0"}
    return [
        event(0.0, "ready"),
        event(0.5, "attach", **mobile, to="wlan1"),
        event(0.5, "link_up", **mobile, access="wlan1"),
        event(at, "move", **mobile, **{"from": "wlan1", "to": "wlan2"}),
        event(at + 0.001, "link_down", **mobile, access="wlan1"),
        event(at + 0.001 + gap, "link_up", **mobile, access="wlan2"),
    ]


PATH1 = ("cn-eth0", "lma-eth0", "lma-eth1", "core-eth0", "core-eth1", "mag1-eth0", "mag1-eth1")
PATH2 = ("cn-eth0", "lma-eth0", "lma-eth1", "core-eth0", "core-eth2", "mag2-eth0", "mag2-eth1")


def travel(
    flow: Flow,
    identity: object,
    at: float,
    path: tuple[str, ...] = PATH1,
    *,
    downward: bool = True,
    links: int | None = None,
    hop: float = 0.001,
) -> list[Sighting]:
    """Return a packet that crosses ``path`` to mn1 (or back), or only its first ``links``.

    Each link takes ``hop`` seconds; between the anchor and the gateway it is tunnelled.
    """
    interfaces = [*path, "mn1-eth0"] if downward else ["mn1-eth0", *path[::-1]]
    ends = (packed(flow.source_address), packed(flow.destination_address))
    source, destination = ends if downward else ends[::-1]
    seen = []
    for index, interface in enumerate(interfaces[: None if links is None else 2 * links]):
        near = interface.startswith(("lma-eth1", "core", "mag")) and interface not in (
            "mag1-eth1",
            "mag2-eth1",
        )
        tunnels = ((packed(LMA), packed(MAG1)),) if near else ()
        seen.append(
            Sighting(
                at + hop * ((index + 1) // 2),
                interface.partition("-")[0],
                interface,
                index % 2 == 0,
                100 + 40 * len(tunnels),
                tunnels,
                source,
                destination,
                flow.name,
                downward,
                identity,
            )
        )
    return seen


def expect(path: str, symbol: str, bound: object) -> Expectation:
    """Return an expectation that reads as it is written."""
    return Expectation(f"{path} {symbol} {bound}", path, symbol, bound)


def carried(at, message, source, destination, *interfaces):
    """Return ``message`` leaving the first interface, entering the second, and so on."""
    return [
        Sighting(
            at + 0.001 * ((index + 1) // 2),
            interface.partition("-")[0],
            interface,
            index % 2 == 0,
            120,
            (),
            packed(source),
            packed(destination),
            message=message,
        )
        for index, interface in enumerate(interfaces)
    ]
