"""A home agent on a bench, and the Binding Updates that its mobile node sends."""

from __future__ import annotations

from typing import Any

from mipv6_bench import COA, HA, HOA, Bench, answer, from_away, signed

from agents.wire.address import Address
from agents.wire.messages import BindingUpdate
from agents.wire.numbers import BindingUpdateFlag, Status
from agents.wire.packet import Packet

FLAGS = int(BindingUpdateFlag.ACKNOWLEDGE | BindingUpdateFlag.HOME)
LINK = "ha-eth1"
ON_LINK = Address.parse("2001:db8:1::2")
ROUTER = Address.parse("fe80::ff:fe00:1")
LINK_LAYER = bytes.fromhex("020000000001")
NAME = "mn1@example.com"


def config(**changes: Any) -> dict[str, Any]:
    """A home agent whose home link is virtual."""
    return {
        "address": str(HA),
        "home_prefix": "2001:db8:1::/64",
        "home_link": None,
        "mobiles": {str(HOA): NAME, "2001:db8:1::200": "mn2@example.com"},
        "max_lifetime": 600,
        "refresh_advice": None,
        "authentication": None,
        "preference": 0,
        "home_agents": [{"address": str(HA), "preference": 0}],
        "detection": "standard",
        "links": [],
        "interval": [1, 3],
        "advertise_on_link_up": True,
        "router_lifetime": 1800,
        **changes,
    }


def linked(**changes: Any) -> dict[str, Any]:
    """A home agent with a home link of its own."""
    link = {
        "interface": LINK,
        "prefix": "2001:db8:1::/64",
        "address": str(ON_LINK),
        "link_layer": LINK_LAYER.hex(":"),
    }
    home = {"interface": LINK, "address": str(ON_LINK)}
    return config(home_link=home, links=[link], **changes)


def update(
    sequence: int,
    lifetime: int = 60,
    care_of: Address = COA,
    *,
    home: Address = HOA,
    options: tuple[Any, ...] = (),
    flags: int = FLAGS,
    to: Address = HA,
) -> Packet:
    """A registration sent from ``care_of``; lifetimes are in units of 4 s."""
    return from_away(BindingUpdate(sequence, flags, lifetime, options), care_of, to, home)


def signed_update(
    bench: Bench, sequence: int, lifetime: int = 60, care_of: Address = COA, home: Address = HOA
) -> Packet:
    """The same, authenticated now."""
    message = signed(BindingUpdate(sequence, FLAGS, lifetime), care_of, bench.now, home)
    return from_away(message, care_of, HA, home)


def status(actions: list[object]) -> Status:
    return Status(answer(actions).status)
