"""The models of all protocols, by name, and which networks they hold for."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.comparison.model import dmipv6, mipv6, pmipv6, romip, sdpmip, spmip
from testbed.comparison.model.ways import Model
from testbed.topology.network import Network

MODELS: Mapping[str, Model] = {
    "pmipv6": pmipv6.MODEL,
    "spmip": spmip.MODEL,
    "sdpmip": sdpmip.MODEL,
    "mipv6": mipv6.MODEL,
    "dmipv6": dmipv6.MODEL,
    "romip": romip.MODEL,
    "flowbinding": pmipv6.MODEL,  # which it is for mobiles with one interface
}


def model_of(network: Network) -> Model | None:
    """Return the model of a network's protocol; None where there is none, or it does not hold.

    A mobile with several interfaces has several places, and its flows may be on any of them.
    """
    mobiles = (node for node in network.nodes.values() if node.mobile)
    if any(len(node.interfaces) > 1 for node in mobiles):
        return None
    return MODELS.get(network.protocol)
