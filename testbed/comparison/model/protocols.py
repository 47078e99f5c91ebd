"""The models of all protocols, by name."""

from __future__ import annotations

from testbed.comparison.model import dmipv6, mipv6, pmipv6, romip, sdpmip, spmip

MODELS = {
    "pmipv6": pmipv6.MODEL,
    "spmip": spmip.MODEL,
    "sdpmip": sdpmip.MODEL,
    "mipv6": mipv6.MODEL,
    "dmipv6": dmipv6.MODEL,
    "romip": romip.MODEL,
}
