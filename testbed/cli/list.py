"""`dmm-testbed list`: what a topology can ask for, and the topologies that are there."""

from __future__ import annotations

import json
from typing import Any

import click

from testbed.cli.output import console

_EPILOG = """\b
Examples:
  dmm-testbed list
  dmm-testbed list --json | jq -r '.topologies[].name'
"""


@click.command(epilog=_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")
def command(as_json: bool) -> None:
    """List protocols with the role of each place, the places of nodes, and topologies."""
    found = {"protocols": _protocols(), "places": _places(), "topologies": _topologies()}
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(found)


def _protocols() -> list[dict[str, Any]]:
    from testbed.protocols.registry import PROTOCOLS

    return [
        {
            "name": protocol.name,
            "title": protocol.title,
            "roles": dict(protocol.traits.roles),
            "options": list(protocol.options.model_fields),
        }
        for protocol in PROTOCOLS.values()
    ]


def _places() -> list[dict[str, Any]]:
    from testbed.protocols.registry import PROTOCOLS, all_places

    places = all_places(PROTOCOLS.values()).values()
    return [{"name": place.name, "meaning": place.meaning} for place in places]


def _topologies() -> list[dict[str, Any]]:
    from testbed.protocols.shelf import FILE, SHELF, shelved
    from testbed.topology.document import read

    found = []
    for name in shelved():
        path = SHELF / name / FILE
        data = read(path).data
        counted = len(data.get("nodes") or {})
        found.append(
            {"name": name, "protocol": data.get("protocol"), "nodes": counted, "path": str(path)}
        )
    return found


def _show(found: dict[str, list[dict[str, Any]]]) -> None:
    from rich.table import Table

    protocols = Table("protocol", "place", "role", "what it is")
    for protocol in found["protocols"]:
        for place, role in protocol["roles"].items():
            protocols.add_row(protocol["name"], place, role, protocol["title"])
    places = Table("place", "what it is")
    for place in found["places"]:
        places.add_row(place["name"], place["meaning"])
    topologies = Table("topology", "protocol", "nodes")
    for topology in found["topologies"]:
        topologies.add_row(topology["name"], str(topology["protocol"]), str(topology["nodes"]))
    terminal = console()
    terminal.print(protocols)
    terminal.print(places)
    terminal.print(topologies)
