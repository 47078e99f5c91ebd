"""The nodes of the world of DMIPv6: who they are, and what each is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from host_kernels import HostKernel

from agents.core.core import Core
from agents.mipv6.access_links import interface_address
from agents.wire.address import Address, Prefix

WLAN = "wlan0"
MAC = bytes.fromhex("020000000101")
MN = "mn1@example.com"
HA = Address.parse("2001:db8:1::1")
HOME_PREFIX = Prefix.parse("2001:db8:1:8000::/64")
HOA = interface_address(HOME_PREFIX.network, MAC)
LINKS = {"wlan1": "ar1", "wlan2": "ar2"}
DHPS = {"a": ("a1", "a2"), "b": ("b1", "b2")}
KEY = {"spi": 256, "key": bytes(range(16)).hex()}


class Router(NamedTuple):
    """An access router, on its one link."""

    prefix: Prefix
    mac: bytes
    link_local: Address


ROUTERS = {
    "ar1": Router(
        Prefix.parse("2001:db8:f:1::/64"), bytes.fromhex("020000000201"), Address.parse("fe80::201")
    ),
    "ar2": Router(
        Prefix.parse("2001:db8:f:2::/64"), bytes.fromhex("020000000202"), Address.parse("fe80::202")
    ),
}
COA1, COA2 = (interface_address(ROUTERS[name].prefix.network, MAC) for name in ("ar1", "ar2"))


def in_domain(domain: str, number: str) -> Address:
    return Address.parse(f"2001:db8:{domain}::{number}")


def domain_prefix(domain: str) -> Prefix:
    return Prefix.parse(f"2001:db8:{domain}::/48")


ADDRESS = {
    "ha": HA,
    **{name: in_domain(name[0], name[1]) for names in DHPS.values() for name in names},
    **{f"server-{domain}": in_domain(domain, "50") for domain in DHPS},
    **{f"ns-{domain}": in_domain(domain, "53") for domain in DHPS},
    **{f"cn-{domain}": in_domain(domain, "100") for domain in DHPS},
    "elsewhere": Address.parse("2001:db8:e::1"),
}
ANYCAST = {in_domain(domain, "aaaa"): domain for domain in DHPS}
GROUPS = {domain: Address.parse(f"ff0e::d4:{domain}") for domain in DHPS}
NAMES = {
    f"{host}.{domain}.test": (address,)
    for domain in DHPS
    for host, address in (
        ("dhp-anycast", in_domain(domain, "aaaa")),
        ("dhp-multicast", GROUPS[domain]),
        ("dhp-server", in_domain(domain, "50")),
    )
}


@dataclass
class Node:
    """A node: its role and configuration, and what has become of it."""

    role: str | None
    config: dict[str, Any]
    addresses: set[Address]
    kernel: HostKernel = field(default_factory=HostKernel)
    core: Core | None = None

    @property
    def address(self) -> Address:
        """The address that others know it by."""
        return min(self.addresses, default=HOA)


def configurations(changes: dict[str, dict[str, Any]]) -> dict[str, Node]:
    """All nodes; ``changes`` go by role, or by name with ``_`` in the place of ``-``."""
    nodes: dict[str, Node] = {"mn": Node("mn", mobile(), set())}
    nodes["ha"] = Node("ha", home_agent(), {HA})
    for number, (link, name) in enumerate(LINKS.items()):
        nodes[name] = Node(
            "ar", access_router(link, name), {Address.parse(f"2001:db8:f::{number + 1}")}
        )
    for domain, names in DHPS.items():
        for name in names:
            nodes[name] = Node("dhp", home_proxy(domain, name), {ADDRESS[name]})
        nodes[f"server-{domain}"] = host("server", f"server-{domain}", server(domain))
    nodes["cn-a"] = host(None, "cn-a", {})  # an unmodified host
    nodes["cn-b"] = host("cn", "cn-b", correspondent("b"))
    nodes["elsewhere"] = host(None, "elsewhere", {})
    for name, node in nodes.items():
        own = changes.get(name.replace("-", "_"), {})
        node.config = {**node.config, **changes.get(node.role or "", {}), **own}
    return nodes


def host(role: str | None, name: str, config: dict[str, Any]) -> Node:
    return Node(role, config, {ADDRESS[name]})


def mobile() -> dict[str, Any]:
    return {
        "identifier": MN,
        "interfaces": [{"interface": WLAN, "link_layer": MAC.hex(":")}],
        "home_address": str(HOA),
        "home_prefix": str(HOME_PREFIX),
        "home_agent": str(HA),
        "detection": "off",
        "lifetime": 60,
        "route_optimization": True,
        "authentication": KEY,
        "domains": [
            {
                "prefix": str(domain_prefix(domain)),
                "zone": f"{domain}.test",
                "name_server": str(ADDRESS[f"ns-{domain}"]),
            }
            for domain in DHPS
        ],
        "discovery": "anycast",
        "policy": ["security", "load", "distance", "capability"],
        "services": {
            "mobile": {},
            "voip": {"business": 1, "rate": 64e3, "max_delay": 0.1, "max_loss": 0.05},
            "video": {"business": 2, "rate": 500e3},
            "web": {"business": 3, "mobility": False},
            "secret": {"min_security": 200},
        },
        "default_service": "mobile",
    }


def home_agent() -> dict[str, Any]:
    return {
        "address": str(HA),
        "home_prefix": str(HOME_PREFIX),
        "home_link": None,
        "mobiles": {str(HOA): MN},
        "max_lifetime": 3600,
        "refresh_advice": None,
        "authentication": KEY,
        "preference": 0,
        "home_agents": [{"address": str(HA), "preference": 0}],
        "links": [],
    }


def access_router(link: str, name: str) -> dict[str, Any]:
    router = ROUTERS[name]
    return {
        "links": [
            {
                "interface": link,
                "prefix": str(router.prefix),
                "address": str(Address(router.prefix.network[:15] + b"\x01")),
                "link_layer": router.mac.hex(":"),
                "link_local": str(router.link_local),
            }
        ],
        "interval": [1.0, 3.0],
        "advertise_on_link_up": True,
        "router_lifetime": 1800,
        "mtu": 1500,
    }


def home_proxy(domain: str, name: str) -> dict[str, Any]:
    number = int(name[1])
    return {
        "address": str(ADDRESS[name]),
        "pool": f"2001:db8:{domain}:{number}000::/52",
        "group": str(GROUPS[domain]),
        "anycast": str(in_domain(domain, "aaaa")),
        "zone": f"{domain}.test",
        "peers": [str(ADDRESS[peer]) for peer in DHPS[domain]],
        "servers": [str(ADDRESS[f"server-{domain}"]), str(ADDRESS[f"cn-{domain}"])],
        "capability": 100,
        "security": 3,
        "distance": number,
        "capacity": 100,
        "load": None,
        "status_interval": 5,
        "requests_per_mobile": 16,
        "provisional_lifetime": 60,
        "authentication": KEY,
    }


def server(domain: str) -> dict[str, Any]:
    return {
        "address": str(ADDRESS[f"server-{domain}"]),
        "zone": f"{domain}.test",
        "proxies": [str(ADDRESS[name]) for name in DHPS[domain]],
        "stale_after": 15,
    }


def correspondent(domain: str) -> dict[str, Any]:
    own = {**server(domain), "address": str(ADDRESS[f"cn-{domain}"])}
    return {
        "address": str(ADDRESS[f"cn-{domain}"]),
        "route_optimization": True,
        "nonce_interval": 30,
        "binding_limit": 64,
        "server": own,
    }
