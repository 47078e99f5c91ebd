"""Who lives where in the small world of MIPv6: links, addresses, configurations."""

from __future__ import annotations

from typing import Any, NamedTuple

from agents.mipv6.places import link_local
from agents.wire.address import Address, Prefix

START = 1_700_000_010.0
HA = Address.parse("2001:db8:1::1")
HOME_PREFIX = Prefix.parse("2001:db8:1::/64")
CN = Address.parse("2001:db8:9::9")
OLD_CN = Address.parse("2001:db8:8::8")
KEY = {"spi": 256, "key": "30313233343536373839616263646566"}


class Link(NamedTuple):
    router: str
    interface: str
    prefix: Prefix
    address: str
    link_layer: bytes


def link_layer(number: int) -> bytes:
    return bytes((2, 0, 0, 0, 0, number))


def home_address(number: int) -> Address:
    return Address(HOME_PREFIX.network[:8] + link_local(link_layer(number))[8:])


def care_of(number: int, link: str) -> Address:
    return Address(LINKS[link].prefix.network[:8] + link_local(link_layer(number))[8:])


LINKS = {
    "home": Link("ha", "ha-eth1", HOME_PREFIX, "2001:db8:1::2", link_layer(0xF0)),
    "a": Link(
        "ara", "ara-eth1", Prefix.parse("2001:db8:a::/64"), "2001:db8:a::1", link_layer(0xFA)
    ),
    "b": Link(
        "arb", "arb-eth1", Prefix.parse("2001:db8:b::/64"), "2001:db8:b::1", link_layer(0xFB)
    ),
}


def link_of(node: str, interface: str) -> str | None:
    for name, link in LINKS.items():
        if (link.router, link.interface) == (node, interface):
            return name
    return None


def _links(router: str) -> list[dict[str, Any]]:
    return [
        {
            "interface": link.interface,
            "prefix": str(link.prefix),
            "address": link.address,
            "link_layer": link.link_layer.hex(":"),
        }
        for link in LINKS.values()
        if link.router == router
    ]


def _router(name: str) -> dict[str, Any]:
    return {
        "links": _links(name),
        "interval": [20, 30],
        "advertise_on_link_up": True,
        "router_lifetime": 1800,
        "addresses": (LINKS["a" if name == "ara" else "b"].address,),
    }


def _mobile(number: int) -> dict[str, Any]:
    second = {"wlan0": link_layer(number), "wlan1": link_layer(number + 0x40)}
    return {
        "identifier": f"mn{number}@example.com",
        "interfaces": [
            {"interface": name, "link_layer": octets.hex(":")} for name, octets in second.items()
        ],
        "home_address": str(home_address(number)),
        "home_prefix": str(HOME_PREFIX),
        "home_agent": str(HA),
        "detection": "off",
        "lifetime": 300,
        "refresh_fraction": 0.8,
        "initial_timeout": 1,
        "first_timeout": 1.5,
        "max_timeout": 32,
        "route_optimization": True,
        "rr_lifetime": 420,
        "optimize_again": 60,
        "authentication": None,
        "prefix_discovery": False,
        "link_layers": second,
    }


CONFIGS: dict[str, dict[str, Any]] = {
    "ha": {
        "address": str(HA),
        "addresses": (str(HA), "2001:db8:1::2", "2001:db8:1:0:fdff:ffff:ffff:fffe"),
        "home_prefix": str(HOME_PREFIX),
        "home_link": {"interface": "ha-eth1", "address": "2001:db8:1::2"},
        "mobiles": {str(home_address(n)): f"mn{n}@example.com" for n in (1, 2)},
        "max_lifetime": 600,
        "refresh_advice": None,
        "authentication": None,
        "preference": 0,
        "home_agents": [{"address": str(HA), "preference": 0}],
        "detection": "off",
        "links": _links("ha"),
        "interval": [20, 30],
        "advertise_on_link_up": True,
        "router_lifetime": 1800,
    },
    "ara": _router("ara"),
    "arb": _router("arb"),
    "cn": {"address": str(CN), "addresses": (str(CN),), "route_optimization": True},
    "old": {"address": str(OLD_CN), "addresses": (str(OLD_CN),)},
    "mn1": _mobile(1),
    "mn2": _mobile(2),
}
FIXED = ("ha", "ara", "arb", "cn", "old")
ROLES_OF = {
    "ha": "ha",
    "ara": "ar",
    "arb": "ar",
    "cn": "cn",
    "old": "none",
    "mn1": "mn",
    "mn2": "mn",
}
