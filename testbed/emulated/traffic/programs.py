"""Which programs make up a flow: what runs at its source and what at its destination."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.topology.network import Flow

FAST = 0.1  # seconds between echo requests, up to which the clock of ping is too coarse
_DATAGRAMS = Path(__file__).with_name("datagrams.py")

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


def programs(flow: Flow) -> tuple[Program, ...]:
    """Return the programs of ``flow`` in the order in which they start; the last one leads it."""
    return {"ping": _ping, "udp": _udp, "tcp": _tcp, "command": _command}[flow.kind](flow)


def _ping(flow: Flow) -> tuple[Program, ...]:
    options = ["-6", "-n", "-D", "-e", str(flow.identifier), "-I", flow.source_address]
    if flow.interval is not None:
        options += ["-i", f"{flow.interval:g}"]
        if flow.interval <= FAST:
            # Else ping forgets by how much each request was late, and sends up to a third fewer.
            options += ["-l", "2"]
    if flow.size is not None:
        options += ["-s", str(flow.size)]
    arguments = ("ping", *options, flow.destination_address)
    return (Program(flow.source, arguments, needs=flow.source_address),)


def _udp(flow: Flow) -> tuple[Program, ...]:
    def end(node: str, local: str, peer: str, downward: bool) -> Program:
        plan = {
            "local": local,
            "peer": peer,
            "port": flow.identifier,
            "downward": downward,
            "sends": flow.direction in ("both", "down" if downward else "up"),
            "interval": flow.interval,
            "size": flow.size,
        }
        return Program(node, (sys.executable, "-S", "-E", str(_DATAGRAMS), json.dumps(plan)))

    source, destination = flow.source_address, flow.destination_address
    return (
        end(flow.destination, destination, source, False),
        end(flow.source, source, destination, True),
    )


def _tcp(flow: Flow) -> tuple[Program, ...]:
    port = str(flow.identifier)
    client = ["iperf3", "-c", flow.destination_address, "-p", port, "-B", flow.source_address]
    client += ["-t", "0", "-J"]
    if flow.direction == "up":
        client.append("-R")
    if flow.rate is not None:
        client += ["-b", f"{flow.rate:.0f}", "-l", _PACED_BLOCK]
    server = ("iperf3", "-s", "-1", "-p", port)
    return (
        Program(flow.destination, server, serves=flow.identifier),
        Program(flow.source, tuple(client), needs=flow.source_address),
    )


def _command(flow: Flow) -> tuple[Program, ...]:
    return (Program(flow.source, ("sh", "-c", flow.command or "true")),)
