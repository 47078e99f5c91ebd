"""Message sequence of draft-ma-dmm-romip-00: ROMIP."""

from __future__ import annotations

from testbed.evidence.figures.conditions import accepts
from testbed.evidence.figures.model import HANDOVER, Figure, Role, Step, Who

FIG1 = Figure(
    "ma-fig1",
    "Signalling of a handover",
    "draft-ma-dmm-romip-00 Figure 1, §4",
    ("romip",),
    HANDOVER,
    (
        Role("user A", Who.MOBILE),
        Role("A_MAAR2", Who.ORIGIN),
        Role("B_MAAR2", Who.GATEWAY),
        Role("A_MAAR3", Who.TARGET),
        Role("AAA", Who.AAA),
    ),
    (
        Step("1", "user A", "A_MAAR3", "RS", ("RouterSolicitation",)),
        Step("2", "A_MAAR3", "AAA", "request", ("AA-Request",)),
        Step("3", "AAA", "A_MAAR3", "response", ("AA-Answer",)),
        Step("4", "A_MAAR3", "user A", "RA", ("RouterAdvertisement",)),
        Step("5", "A_MAAR3", "A_MAAR2", "sDBU", ("sDBU",), group="source"),
        Step("6", "A_MAAR2", "A_MAAR3", "sDBA", ("sDBA",), group="source", where=accepts),
        Step("7", "A_MAAR3", "B_MAAR2", "dDBU", ("dDBU",), group="destination"),
        Step("8", "B_MAAR2", "A_MAAR3", "dDBA", ("dDBA",), group="destination", where=accepts),
    ),
    also=frozenset({"RouterSolicitation", "RouterAdvertisement"}),
    repeats=("source", "destination"),
)
