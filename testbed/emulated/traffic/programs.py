"""Which programs make up a flow: what runs at its source and what at its destination."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.emulated.traffic.opening import Opened
from testbed.topology.network import Flow

FAST = 0.1  # seconds between echo requests, up to which the clock of ping is too coarse
_DATAGRAMS = Path(__file__).with_name("datagrams.py")
_AS_USER = Path(__file__).with_name("as_user.py")

# iperf3 keeps to a rate block by block: its own 128 KiB would come as one burst each.
_PACED_BLOCK = "8K"


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a flow on ``node``.

    ``needs`` is an address that the node must have before it can start; ``serves`` is the TCP
    port that it must listen on before the programs after it can start.
    """

    node: str
    arguments: tuple[str, ...]
    needs: str = ""
    serves: int = 0


def programs(opened: Opened, printed: str = "") -> tuple[Program, ...]:
    """Return the programs of a flow in the order in which they start; the last one leads it.

    ``printed`` is what they have printed if the flow has run before.
    """
    flow = opened.flow
    match flow.kind:
        case "ping":
            return _ping(flow)
        case "udp":
            return _udp(flow, _following(printed))
        case "tcp":
            return _tcp(flow, opened.port)
        case _:
            return _command(flow, opened.user)


def _ping(flow: Flow) -> tuple[Program, ...]:
    options = ["-6", "-n", "-D", "-e", str(flow.identifier), "-I", flow.source_address]
    if flow.interval is not None:
        options += ["-i", f"{flow.interval:g}"]
        if flow.interval <= FAST:
            # Else ping forgets by how much each request was late, and sends up to a third fewer.
            options += ["-l", "2"]
    if flow.size is not None:
        options += ["-s", str(flow.size)]
    if flow.traffic_class:
        options += ["-Q", str(flow.traffic_class)]
    arguments = ("ping", *options, flow.destination_address)
    return (Program(flow.source, arguments, needs=flow.source_address),)


def _following(printed: str) -> dict[bool, int]:
    """Return the numbers that both ends of a UDP flow go on with, by whether they are downward."""
    found = {True: 0, False: 0}
    for line in printed.splitlines():
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(line)
            found[said["downward"]] = said["next"]
    return found


def _udp(flow: Flow, following: dict[bool, int]) -> tuple[Program, ...]:
    def end(node: str, local: str, peer: str, downward: bool) -> Program:
        plan = {
            "local": local,
            "peer": peer,
            "port": flow.identifier,
            "downward": downward,
            "first": following[downward],
            "sends": flow.direction in ("both", "down" if downward else "up"),
            "interval": flow.interval,
            "size": flow.size,
            "traffic_class": flow.traffic_class,
        }
        return Program(node, (sys.executable, "-S", "-E", str(_DATAGRAMS), json.dumps(plan)))

    source, destination = flow.source_address, flow.destination_address
    return (
        end(flow.destination, destination, source, False),
        end(flow.source, source, destination, True),
    )


def _tcp(flow: Flow, local_port: int) -> tuple[Program, ...]:
    """Connect from the initiator, as it is its side whose address the flow may have to ask for."""
    addresses = {flow.source: flow.source_address, flow.destination: flow.destination_address}
    sender = flow.destination if flow.direction == "up" else flow.source
    client = flow.initiator or flow.source
    server = flow.destination if client == flow.source else flow.source
    port = str(flow.identifier)
    arguments = ["iperf3", "-c", addresses[server], "-p", port, "-B", addresses[client]]
    arguments += ["-t", "0", "-J"]
    if local_port:
        arguments += ["--cport", str(local_port)]
    if sender != client:
        arguments.append("-R")
    if flow.rate is not None:
        arguments += ["-b", f"{flow.rate:.0f}", "-l", _PACED_BLOCK]
    if flow.traffic_class:
        arguments += ["-S", str(flow.traffic_class)]
    return (
        Program(server, ("iperf3", "-s", "-1", "-p", port), serves=flow.identifier),
        Program(client, tuple(arguments), needs=addresses[client]),
    )


def _command(flow: Flow, user: int | None) -> tuple[Program, ...]:
    shell = ("sh", "-c", flow.command or "true")
    changed = () if user is None else (sys.executable, "-S", "-E", str(_AS_USER), str(user))
    return (Program(flow.source, (*changed, *shell)),)
