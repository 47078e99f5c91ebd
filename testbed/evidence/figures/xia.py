"""Message sequence of draft-xia-netext-flow-binding-00: flow binding in PMIPv6."""

from __future__ import annotations

from testbed.evidence.figures.conditions import (
    accepts,
    grants,
    of_a_node,
    of_flows,
    registers,
    tunnelled,
)
from testbed.evidence.figures.model import ATTACHMENT, Figure, Role, Step, Who
from testbed.evidence.ladder.rung import DATA, EVENT, Rung

_UPDATE, _ACKNOWLEDGEMENT = ("ProxyBindingUpdate",), ("ProxyBindingAcknowledgement",)
_REQUEST = ("GenericSignalingRequest", "UpdateNotification")
_ANSWER = ("GenericSignalingAcknowledgement", "UpdateNotificationAcknowledgement")
_ADVERTISEMENT = ("RouterAdvertisement",)
_LOCALLY = "not where the LMA decides by itself (§4)"


def _attaches(rung: Rung) -> bool:
    return of_a_node(rung) and registers(rung)


def _attached(rung: Rung) -> bool:
    return of_a_node(rung) and grants(rung)


def _flows_accepted(rung: Rung) -> bool:
    return of_flows(rung) and accepts(rung)


FIG1 = Figure(
    "xia-fig1",
    "Flow binding: flows of one interface go to another",
    "draft-xia-netext-flow-binding-00 Figure 1, §4",
    ("flowbinding",),
    ATTACHMENT,
    (
        Role("MN", Who.MOBILE),
        Role("SMAG", Who.SERVING),
        Role("TMAG", Who.TARGET),
        Role("LMA", Who.ANCHOR),
    ),
    (
        Step("1", "MN", "SMAG", "attachment", ("link_up",), EVENT),
        Step("2", "SMAG", "LMA", "PBU", _UPDATE, where=_attaches),
        Step("2'", "LMA", "SMAG", "PBA", _ACKNOWLEDGEMENT, where=_attached),
        Step("3", "SMAG", "MN", "address configuration", _ADVERTISEMENT),
        Step("4", "MN", "TMAG", "attachment", ("link_up",), EVENT),
        Step("4'", "TMAG", "LMA", "PBU", _UPDATE, where=_attaches),
        Step("4''", "LMA", "TMAG", "PBA", _ACKNOWLEDGEMENT, where=_attached),
        Step("4'''", "TMAG", "MN", "address configuration", _ADVERTISEMENT),
        Step("5", "LMA", "SMAG", "notification", _REQUEST, after=("4'",), group="notified"),
        Step("5'", "SMAG", "LMA", "notification acknowledged", _ANSWER, group="notified"),
        Step("6", "SMAG", "LMA", "PBU (flow binding)", _UPDATE, group="flow", where=of_flows),
        Step(
            "7", "LMA", "TMAG", "request", _REQUEST, optional=True, group="inquiry", note=_LOCALLY
        ),
        Step("8", "TMAG", "LMA", "ack", _ANSWER, optional=True, group="inquiry", where=accepts),
        Step(
            "9",
            "LMA",
            "SMAG",
            "PBA (flow binding)",
            _ACKNOWLEDGEMENT,
            group="flow",
            after=("6", "8"),
            where=_flows_accepted,
        ),
        Step("10", "LMA", "TMAG", "packets", kind=DATA, where=tunnelled),
        Step("11", "TMAG", "MN", "packets", kind=DATA),
    ),
    also=frozenset({"RouterSolicitation", *_ADVERTISEMENT}),
    repeats=("notified", "flow", "inquiry"),
    whole=True,
)
