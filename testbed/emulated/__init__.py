"""The emulated backend: Mininet, namespaces, agents and captures on a real kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.emulated.options import Options
    from testbed.emulated.outcome import Outcome
    from testbed.topology.network import Network


def run(network: Network, out: Path | None = None, options: Options | None = None) -> Outcome:
    """Build ``network`` on this machine, play its timeline, capture and measure.

    ``out`` is the folder of the run, or one in which runs are. Raises EmulationError where this
    machine cannot do it; see testbed.emulated.errors.
    """
    from testbed.emulated.outcome import run as _run  # programs run on nodes need none of it

    return _run(network, out, options)
