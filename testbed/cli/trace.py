"""`dmm-testbed trace`: where a packet went, interface by interface, and in which tunnels."""

from __future__ import annotations

from pathlib import Path

import click

from testbed.cli.arguments import Folder
from testbed.cli.errors import InputError

_EPILOG = """\b
Examples:
  dmm-testbed trace /tmp/mine --flow voip --packet 17
  dmm-testbed trace /tmp/mine --flow voip --lost --direction up
  dmm-testbed trace /tmp/mine --flow voip --delayed --most 1
  dmm-testbed trace /tmp/mine --frame 4711
  dmm-testbed trace /tmp/mine --message ProxyBindingUpdate --packet 2
"""


@click.command(epilog=_EPILOG)
@click.argument("run", type=Folder())
@click.option("--flow", metavar="NAME", help="Packets of this flow (may be left out of one flow).")
@click.option("--message", metavar="NAME", help="Signalling messages of this name instead.")
@click.option("--direction", type=click.Choice(["down", "up"]), help="Towards the mobile, or back.")
@click.option("--packet", type=click.IntRange(1), metavar="N", help="The Nth that was sent.")
@click.option("--sequence", type=click.IntRange(0), metavar="N", help="The one that carries N.")
@click.option("--frame", type=click.IntRange(1), metavar="N", help="The one in frame N.")
@click.option("--lost", is_flag=True, help="Those that never arrived.")
@click.option("--delayed", is_flag=True, help="Those that took longest.")
@click.option("--most", type=click.IntRange(1), default=3, metavar="N", help="Show N at most (3).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object per packet.")
def command(
    run: Path,
    flow: str | None,
    message: str | None,
    direction: str | None,
    packet: int | None,
    sequence: int | None,
    frame: int | None,
    lost: bool,
    delayed: bool,
    most: int,
    as_json: bool,
) -> None:
    """Follow single packets through the network of the folder RUN.

    Each row is an interface that the packet was seen at: the frame of capture.pcapng that shows
    it, when, how long after the row before, and its IPv6 headers, outermost first. --sequence is
    what the packet itself carries: the generator's number from 0, an echo's, or an octet of TCP.
    """
    from testbed.cli.stored import read_run
    from testbed.cli.trace_choice import Choice, Picker
    from testbed.cli.traced import print_journeys, print_json

    pickers = {
        "--packet": packet,
        "--sequence": sequence,
        "--frame": frame,
        "--lost": lost or None,
        "--delayed": delayed or None,
    }
    given = [Picker(name, value) for name, value in pickers.items() if value is not None]
    if len(given) != 1:
        said = " and ".join(each.name for each in given) + " at once: " if given else ""
        raise InputError(f"{said}choose packets by one of {', '.join(pickers)}")
    stored = read_run(run)
    chosen = Choice(stored, flow, message, direction).journeys(given[0])
    if as_json:
        print_json(stored, chosen.journeys[:most])
    else:
        print_journeys(stored, chosen, most)
