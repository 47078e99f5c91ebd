"""Who takes part in ROMIP: MAARs of two operators, an AAA server, and mobile nodes."""

from __future__ import annotations

from typing import Any

from agents.pmipv6.forwarding import interface_address
from agents.wire.address import Address, Prefix

START = 1_700_000_000.0
ACCESS = "wlan0"
LIFETIME = 300
REALM = "example.com"
AAA = Address.parse("2001:db8:aaa::1")
PLACES = ("a1", "a2", "a3", "b1", "b2", "b3")
MAARS = {place: Address.parse(f"2001:db8:{place}::1") for place in PLACES}
LINKS = {place: Prefix.parse(f"2001:db8:{place}:1::/64") for place in PLACES}
HOST, WIRE = Address.parse("2001:db8:b1:cc::1"), "eth0"
KEY = {"spi": 256, "key": "000102030405060708090a0b0c0d0e0f"}
ROUTER = Address.parse("fe80::1")


def link_layer(number: int) -> bytes:
    return bytes((2, 0, 0, 0)) + number.to_bytes(2, "big")


def name(number: int) -> str:
    return f"mn{number}@{REALM}"


def home(number: int, place: str) -> Address:
    """The address that a MAAR assigns to a mobile node."""
    found = interface_address(LINKS[place], link_layer(number))
    assert found is not None
    return found


def maar_config(place: str, mobiles: int = 4, **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(MAARS[place]),
        "access": [{"interface": ACCESS, "prefix": str(LINKS[place]), "technology": 4}],
        "link_local": str(ROUTER),
        "link_layer": "02:00:00:ff:00:01",
        "aaa": str(AAA),
        "realm": REALM,
        "origin_host": f"{place}.{REALM}",
        "aaa_realm": REALM,
        "maars": [
            {
                "address": str(MAARS[p]),
                "prefixes": [str(LINKS[p]), *(["2001:db8:b1:cc::/64"] * (p == "b1"))],
            }
            for p in PLACES
        ],
        "hosts": [str(HOST)] if place == "b1" else [],
        "host_interfaces": {str(HOST): WIRE} if place == "b1" else {},
        "mobiles": [
            {"identifier": name(n), "link_layer_addresses": [link_layer(n).hex(":")]}
            for n in range(1, mobiles + 1)
        ],
        "lifetime": LIFETIME,
    }
    return {**config, **changes}


def aaa_config(mobiles: int = 4, **changes: Any) -> dict[str, Any]:
    config = {
        "address": str(AAA),
        "origin_host": f"aaa.{REALM}",
        "realm": REALM,
        "users": [name(n) for n in range(1, mobiles + 1)],
        "maars": [{"address": str(MAARS[p]), "host": f"{p}.{REALM}"} for p in PLACES],
    }
    return {**config, **changes}


def mn_config(number: int, **changes: Any) -> dict[str, Any]:
    config = {
        "identifier": name(number),
        "interfaces": [{"interface": ACCESS, "link_layer": link_layer(number).hex(":")}],
        "session_timeout": 600,
    }
    return {**config, **changes}
