"""What a run would build and play, for ``--dry-run``; needs no root."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from testbed.emulated.progress import describe
from testbed.topology.network import LinkSettings, Network


def print_plan(network: Network, console: Console, links: str) -> None:
    """Print nodes, links, flows, timeline and expectations of ``network``."""
    title = f"{network.name}: {network.protocol}, seed {network.seed}, {network.duration:g} s"
    console.print(title, style="bold", highlight=False)
    for table in (_nodes(network), _links(network, links), _flows(network), _steps(network)):
        if table.row_count:
            console.print(table)
    for expectation in network.expectations:
        console.print(f"expects  {expectation.text}", highlight=False, markup=False)


def treatment(settings: LinkSettings) -> str:
    """Say what a link does to packets, in words of the topology file."""
    return ", ".join(_treatments(settings)) or "-"


def _treatments(settings: LinkSettings) -> Iterator[str]:
    if settings.delay:
        yield f"delay {settings.delay * 1000:g}ms"
    if settings.jitter:
        yield f"jitter {settings.jitter * 1000:g}ms"
    if settings.loss:
        yield f"loss {settings.loss * 100:g}%"
    if settings.rate is not None:
        yield f"rate {settings.rate / 1e6:g}Mbit/s"


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", title_style="bold")
    table.columns[0].no_wrap = True
    return table


def _nodes(network: Network) -> Table:
    table = _table("Nodes", "node", "place", "role", "address", "interfaces", "routes")
    for node in network.nodes.values():
        interfaces = " ".join(each.name for each in node.interfaces)
        row = (node.name, node.place, node.role or "-", node.address, interfaces)
        table.add_row(*row, str(len(node.routes)))
    return table


def _links(network: Network, links: str) -> Table:
    table = _table(f"Links (made by: {links})", "link", "ends", "treats packets with")
    for link in network.links.values():
        table.add_row(link.name, " - ".join(link.ends), treatment(link.settings))
    for access in network.accesses.values():
        table.add_row(access.name, f"{access.interface} - mobiles", treatment(access.settings))
    return table


def _flows(network: Network) -> Table:
    table = _table("Flows", "flow", "kind", "from", "to", "direction", "port or identifier")
    for flow in network.flows.values():
        ends = (flow.source, flow.destination or "-")
        table.add_row(flow.name, flow.kind, *ends, flow.direction, str(flow.identifier))
    return table


def _steps(network: Network) -> Table:
    table = _table("Timeline", "at s", "step")
    for step in network.timeline:
        table.add_row(f"{step.at:.3f}", describe(step))
    return table
