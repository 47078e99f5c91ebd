"""Message sequences of draft-jikim-dmm-pmip-00: S-PMIP and SD-PMIP."""

from __future__ import annotations

from testbed.evidence.figures.conditions import accepts, bare, grants, registers, tunnelled
from testbed.evidence.figures.model import ATTACHMENT, Figure, Role, Step, Who
from testbed.evidence.ladder.rung import DATA, EVENT

_QUERY, _ANSWER = ("ProxyBindingQuery",), ("ProxyQueryAcknowledgement",)
_CN, _ASKER = Role("CN", Who.CORRESPONDENT), Role("MAG of CN", Who.GATEWAY)
_SERVING, _MN = Role("MAG of MN", Who.TARGET), Role("MN", Who.MOBILE)
_CONNECTS = frozenset({"RouterSolicitation", "RouterAdvertisement"})  # within the first step

FIG1 = Figure(
    "jikim-fig1",
    "S-PMIP operations",
    "draft-jikim-dmm-pmip-00 Figure 1, §3.2.1",
    ("spmip",),
    ATTACHMENT,
    (_CN, _ASKER, Role("LMA", Who.ANCHOR), _SERVING, _MN),
    (
        Step("1", "MN", "MAG of MN", "PMIP connection", ("link_up",), EVENT),
        Step("2", "MAG of MN", "LMA", "PBU", ("ProxyBindingUpdate",), where=registers),
        Step("3", "LMA", "MAG of MN", "PBA", ("ProxyBindingAcknowledgement",), where=grants),
        Step("4", "CN", "MAG of CN", "data packet", kind=DATA, after=("3",), where=bare),
        Step("5", "MAG of CN", "LMA", "PBQ", _QUERY, group="query"),
        Step("6", "LMA", "MAG of CN", "PQA", _ANSWER, group="query", where=accepts),
        Step("7", "MAG of CN", "MAG of MN", "data packet", kind=DATA, where=tunnelled),
        Step("8", "MAG of MN", "MN", "data packet", kind=DATA, where=bare),
    ),
    also=_CONNECTS,
    repeats=("query",),
)

FIG2 = Figure(
    "jikim-fig2",
    "SD-PMIP operations",
    "draft-jikim-dmm-pmip-00 Figure 2, §3.3.1",
    ("sdpmip",),
    ATTACHMENT,
    (_CN, _ASKER, Role("other MAGs", Who.GATEWAY), _SERVING, _MN),
    (
        Step("1", "MN", "MAG of MN", "PMIP connection", ("link_up",), EVENT),
        Step("2", "CN", "MAG of CN", "data packet", kind=DATA, where=bare),
        Step("3", "MAG of CN", "MAG of MN", "PBQ to the group", _QUERY, group="query"),
        Step(
            "3'",
            "MAG of CN",
            "other MAGs",
            "PBQ to the group",
            _QUERY,
            optional=True,
            group="others",
            after=("2",),
        ),
        Step(
            "4",
            "MAG of MN",
            "MAG of CN",
            "PQA",
            _ANSWER,
            group="query",
            after=("3",),
            where=accepts,
        ),
        Step("5", "MAG of CN", "MAG of MN", "data packet", kind=DATA, where=tunnelled),
        Step("6", "MAG of MN", "MN", "data packet", kind=DATA, where=bare),
    ),
    also=_CONNECTS,
    repeats=("query", "others"),
)
