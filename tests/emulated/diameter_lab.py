"""MAARs and an AAA server in the small network of ``live_lab``: configurations and questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_lab import CORE, LMA, MAG, Lab

CORES = str(Path(__file__).with_name("live_diameter_cores.py"))
REALM, HOST = "home.example", "aaa.home.example"
USER = "mn1@home.example"
FAST = {"watchdog": 0.4, "patience": 5}


def aaa(**options: Any) -> dict[str, Any]:
    """Return the configuration of an AAA server on the node lma."""
    maars = [{"address": MAG, "host": host_of("mag")}, {"address": CORE, "host": host_of("core")}]
    identity = {"address": LMA, "origin_host": HOST, "realm": REALM}
    return {**identity, "users": [USER], "maars": maars, "diameter": {**FAST, **options}}


def maar(node: str, server: str = LMA, **options: Any) -> dict[str, Any]:
    """Return the configuration of a MAAR on the node mag or core."""
    return {
        "address": {"mag": MAG, "core": CORE}[node],
        "aaa": server,
        "origin_host": host_of(node),
        "realm": REALM,
        "aaa_realm": REALM,
        "diameter": {**FAST, **options},
    }


def host_of(node: str) -> str:
    """Return the DiameterIdentity of a node."""
    return f"{node}.{REALM}"


def send_question(lab: Lab, node: str, session: str, **rest: Any) -> None:
    """Have the agent of ``node`` ask where the user was before."""
    arguments = {"session": session, "user": USER, **rest}
    lab.tell(node, {"command": "ask", "arguments": arguments})


def ask(lab: Lab, node: str, session: str, **rest: Any) -> Mapping[str, Any]:
    """Have a question asked and return the answer that is recorded."""
    count = len(lab.events(node, "answered")) + 1
    send_question(lab, node, session, **rest)
    return lab.wait_event(node, "answered", count)
