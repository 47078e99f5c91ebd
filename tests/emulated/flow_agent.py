"""An agent of a mobile that knows nothing but flows: it answers as it is told to.

``python flow_agent.py FOLDER`` lets a run go on whose mobile has it, until the process is ended.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from host_network import PREFIXES, host_network
from staged_runs import Staged, staged_network

from testbed.emulated import sandbox

Answer = Mapping[str, Any] | None
STATE = sandbox.STATE


class FlowAgent:
    """Hears commands on the socket of ``mn1``; ``answer`` makes the details of each reply."""

    def __init__(self, stage: Staged, answer: Callable[[Mapping[str, Any]], Answer]) -> None:
        self.heard: list[tuple[str, Mapping[str, Any]]] = []
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(STATE / "control" / "mn1.sock"))
        stage.stage.loop.watch(self._socket.fileno(), self._hear)

    def _hear(self) -> None:
        octets, sender = self._socket.recvfrom(65535)
        said = json.loads(octets)
        self.heard.append((said["command"], said["arguments"]))
        details = self._answer(said["arguments"]) if said.get("token") else None
        if details is not None:
            reply = json.dumps({"reply": said["token"], "details": details})
            self._socket.sendto(reply.encode(), sender)


def connected(stage: Staged, *hosts: str) -> None:
    """Give the mobile, attached to `wlan1`, addresses in its prefix and a way to the world."""
    stage.stage.mover.attach("mn1-eth0", "wlan1")
    for host in hosts:
        words = ("ip", "addr", "add", f"{PREFIXES['mag1']}{host}/128", "dev", "mn1-eth0", "nodad")
        stage.shown("mn1", *words)
    way = ("via", f"{PREFIXES['mag1']}1", "dev", "mn1-eth0", "onlink")
    stage.shown("mn1", "ip", "-6", "route", "add", "default", *way)
    back = ("ip", "-6", "route", "add", f"{PREFIXES['mag1']}/64", "via")
    for node, interface in (("cn", "lma"), ("lma", "mag1")):
        peer = _towards(stage, interface, node)
        stage.shown(node, *back, peer[0], "dev", peer[1])


def _towards(stage: Staged, neighbor: str, node: str) -> tuple[str, str]:
    """The link-local address of ``neighbor`` on its link with ``node``, and the interface there."""
    network = stage.stage.network
    (link,) = (
        each
        for each in network.links.values()
        if {end.partition("-")[0] for end in each.ends} == {neighbor, node}
    )
    ends = {end.partition("-")[0]: end for end in link.ends}
    interfaces = {each.name: each for each in network.nodes[neighbor].interfaces}
    return interfaces[ends[neighbor]].link_local, ends[node]


def _serve(stage: Staged) -> None:
    connected(stage, "2", "3")
    chosen = f"{PREFIXES['mag1']}3"

    def answer(wanted: Mapping[str, Any]) -> Answer:
        if wanted["service"] == "none":
            return {"error": "no service none"}
        user, table = str(wanted["user"]), str(wanted["user"])
        way = ("via", f"{PREFIXES['mag1']}1", "dev", "mn1-eth0", "onlink", "src", chosen)
        stage.shown("mn1", "ip", "-6", "route", "replace", "default", *way, "table", table)
        stage.shown("mn1", "ip", "-6", "rule", "add", "uidrange", f"{user}-{user}", "table", table)
        return {"source": chosen, "via": "proxy", "proxy": "2001:db8::d"}

    agent = FlowAgent(stage, answer)
    place = STATE / "run.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "roles": {"mn1": "mn"}}))
    heard = stage.stage.folder.root / "heard"

    def note() -> None:
        heard.write_text(json.dumps(agent.heard))
        stage.stage.loop.after(0.05, note)

    note()
    stage.stage.loop.run()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    staged_network(folder, host_network(folder), _serve)
