"""`dmm-testbed validate`: check a topology file and show what it resolves to."""

from __future__ import annotations

import dataclasses
import json
from itertools import chain
from typing import TYPE_CHECKING

import click

from testbed.cli.arguments import protocol_option, scenario_option, seed_option, topology_argument
from testbed.cli.output import console

if TYPE_CHECKING:
    from testbed.topology.network import Network, Node

_EPILOG = """\b
Examples:
  dmm-testbed validate pmipv6
  dmm-testbed validate my-topology.yaml --scenario rush-hour.yaml
  dmm-testbed validate pmipv6 --json | jq '.nodes.mn1.mobile'
"""


@click.command(epilog=_EPILOG)
@topology_argument
@protocol_option
@scenario_option
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole resolved network as JSON.")
def command(
    topology: str, protocol: str | None, scenario: str | None, seed: int | None, as_json: bool
) -> None:
    """Check a topology file and show its nodes, addresses, roles and timeline.

    TOPOLOGY is a file, a folder with a topology.yaml, or the name of one that comes with the
    testbed. What is wrong is said in one line with file, line and key; the exit status is then 2.
    """
    from testbed.protocols import load

    network = load(topology, protocol, scenario, seed)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(network), indent=2))
    else:
        _show(network)


def _show(network: Network) -> None:
    from rich.table import Table

    table = Table("node", "place", "role", "domain")
    table.add_column("address", no_wrap=True)
    for node in network.nodes.values():
        table.add_row(node.name, node.place, node.role or "-", node.domain, _addresses(node))
    terminal = console()
    terminal.print(table)
    terminal.print(_summary(network), soft_wrap=True)


def _addresses(node: Node) -> str:
    """Return the address of ``node``, of a mobile those of all interfaces, each in a line."""
    homes = node.mobile.home_addresses.values() if node.mobile else ()
    return "\n".join(chain.from_iterable(homes)) or node.address


def _summary(network: Network) -> str:
    expected = len(network.expectations)
    return (
        f"{network.name} is sound under {network.protocol}: {len(network.nodes)} nodes,"
        f" {len(network.links)} links, {len(network.accesses)} access links,"
        f" {len(network.flows)} flows, {len(network.timeline)} steps in {network.duration:g} s,"
        f" {expected} expectation{'' if expected == 1 else 's'}"
    )
