"""The lab of ``live_lab`` as mobile hosts see it: an access router, a home agent, a correspondent.

    mn --- mag (access router) --- core --- lma (home agent) --- cn
    mn2 --´

The access router and the routers behind it only forward; hosts get their addresses in the tests.
"""

from __future__ import annotations

from typing import Any

from live_lab import CN, FIXED, LMA, Lab

ACCESS, ACCESS_2 = "2001:db8:a1::", "2001:db8:a2::"
ROUTER, ROUTER_2 = f"{ACCESS}1", f"{ACCESS_2}1"
CARE_OF, CARE_OF_NEXT, CARE_OF_2 = f"{ACCESS}c", f"{ACCESS}d", f"{ACCESS_2}c"
HOME, HOME_2 = "2001:db8:b:1::5", "2001:db8:b:1::6"
EVERYTHING = "::/0"


def prepare(lab: Lab) -> None:
    """Make the gateway of the lab an ordinary access router, its nodes hosts without addresses."""
    for node, network in (("mn", ACCESS), ("mn2", ACCESS_2)):
        for on, words in (
            ("mag", f"address add {network}1/64 dev mag-{node} nodad"),
            ("core", f"route add {network}/64 via fe80::1 dev core-mag"),
            (node, f"route del default via {FIXED}"),
            (node, f"address flush dev {node}-mag scope global"),
        ):
            lab.run(on, "ip", "-6", *words.split())


def add_address(address: str, interface: str = "mn-mag") -> dict[str, Any]:
    """Spell the action."""
    return {"AddAddress": {"interface": interface, "address": address}}


def way_out(care_of: str, interface: str = "mn-mag") -> list[dict[str, Any]]:
    """Spell how a host on an access link sends from its care-of address."""
    route = {"prefix": EVERYTHING, "interface": interface, "next_hop": FIXED}
    return [
        add_address(care_of, interface),
        {"AddRoute": {**route, "source": f"{care_of}/128"}},
        {"AddRoute": route},
    ]


def tunnel(care_of: str, home: str = HOME, agent: str = LMA) -> list[dict[str, Any]]:
    """Spell how a host speaks from ``home`` once its binding stands."""
    return [
        {"AcceptTunnels": {"local": care_of, "delivery": "local"}},
        {"AddTunnel": {"local": care_of, "remote": agent}},
        {"AddRoute": {"prefix": EVERYTHING, "tunnel": agent, "source": f"{home}/128"}},
        {"AddRoute": {"prefix": EVERYTHING, "tunnel": agent, "preferred_source": home}},
    ]


def bind(lab: Lab, care_of: str = CARE_OF, home: str = HOME) -> None:
    """Have the home agent tunnel to a mobile node."""
    lab.perform(
        "lma",
        {"AddTunnel": {"local": LMA, "remote": care_of}},
        {"AddRoute": {"prefix": f"{home}/128", "tunnel": care_of}},
    )


def serve_home(lab: Lab, **accept: Any) -> None:
    """Start the home agent."""
    action = {"AcceptTunnels": {"local": LMA, "delivery": "routed", **accept}}
    lab.start("lma", "puppet", {"initial": [action]})


def move_in(lab: Lab, *, tunnelled: bool = True) -> None:
    """Start the mobile node at its first care-of address, with its home address confined."""
    confined = [add_address(HOME, "lo"), {"Confine": {"source": HOME}}]
    lab.start("mn", "puppet", {"initial": [*confined, *way_out(CARE_OF)]})
    if tunnelled:
        lab.perform("mn", *tunnel(CARE_OF))
        bind(lab)


def source_towards(lab: Lab, node: str, destination: str = CN) -> str:
    """Return the source that the kernel gives to a program that chooses none."""
    words = lab.run(node, "ip", "-6", "route", "get", destination).split()
    return words[words.index("src") + 1]
