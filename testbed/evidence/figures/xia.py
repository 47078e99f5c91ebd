"""Message sequence of draft-xia-netext-flow-binding-00: flow binding in PMIPv6."""

from __future__ import annotations

from testbed.evidence.figures.conditions import (
    accepts,
    bare,
    grants,
    of_a_node,
    of_flows,
    of_interfaces,
    registers,
    tunnelled,
    tunnelled_twice,
)
from testbed.evidence.figures.model import ATTACHMENT, Condition, Figure, Role, Step, Who
from testbed.evidence.ladder.rung import DATA, EVENT, Rung

_UPDATE, _ACKNOWLEDGEMENT = ("ProxyBindingUpdate",), ("ProxyBindingAcknowledgement",)
_REQUEST = ("GenericSignalingRequest", "UpdateNotification")
_ANSWER = ("GenericSignalingAcknowledgement", "UpdateNotificationAcknowledgement")
_ADVERTISEMENT = ("RouterAdvertisement",)
_LOCALLY = "not where the LMA decides by itself (§4)"


_ONE_HEADER = "one header is enough where interfaces share an address (§7)"
_BOTH_WAYS = "the LMA tells each gateway of the other (§6), so either may ask for flows"


def _attaches(rung: Rung) -> bool:
    return of_a_node(rung) and registers(rung)


def _attached(rung: Rung) -> bool:
    return of_a_node(rung) and grants(rung)


def _flows_accepted(rung: Rung) -> bool:
    return of_flows(rung) and accepts(rung)


def _notified(
    to: str, number: str, *, optional: bool = False, after: str = ""
) -> tuple[Step, Step]:
    """Return the steps by which the gateway ``to`` is told of the other interface."""
    group = f"notified {number}"
    return (
        Step(
            number,
            "LMA",
            to,
            "notification",
            _REQUEST,
            optional=optional,
            group=group,
            after=(after,),
            where=of_interfaces,
            note=_BOTH_WAYS if optional else "",
        ),
        Step(
            f"{number}'",
            to,
            "LMA",
            "notification acknowledged",
            _ANSWER,
            optional=optional,
            group=group,
            after=(number,),
            where=accepts,
        ),
    )


def _asked(
    asker: str, other: str, numbers: tuple[str, str, str, str], *, optional: bool = False
) -> tuple[Step, ...]:
    """Return the steps by which ``asker`` asks for flows to go to ``other``."""
    update, request, answer, acknowledgement = numbers
    flow, inquiry = f"flow {update}", f"inquiry {request}"
    note = _BOTH_WAYS if optional else ""
    return (
        Step(
            update,
            asker,
            "LMA",
            "PBU (flow binding)",
            _UPDATE,
            optional=optional,
            group=flow,
            after=(update.replace("6", "5"),),
            where=of_flows,
            note=note,
        ),
        Step(
            request,
            "LMA",
            other,
            "request",
            _REQUEST,
            optional=True,
            group=inquiry,
            after=(update,),
            where=of_flows,
            note=_LOCALLY,
        ),
        Step(
            answer,
            other,
            "LMA",
            "ack",
            _ANSWER,
            optional=True,
            group=inquiry,
            after=(request,),
            where=accepts,
        ),
        Step(
            acknowledgement,
            "LMA",
            asker,
            "PBA (flow binding)",
            _ACKNOWLEDGEMENT,
            optional=optional,
            group=flow,
            after=(update, answer),
            where=_flows_accepted,
            note=note,
        ),
    )


def _sent(header: Condition, inside: Condition, note: str = "") -> tuple[Step, Step]:
    """Return the steps of a packet with ``header`` to the target, and what is ``inside`` of it."""
    return (
        Step("10", "LMA", "TMAG", "packets", kind=DATA, after=("9",), where=header, note=note),
        Step("11", "TMAG", "MN", "packets", kind=DATA, where=inside),
    )


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
        Step("4a", "TMAG", "LMA", "PBU", _UPDATE, where=_attaches),
        Step("4b", "LMA", "TMAG", "PBA", _ACKNOWLEDGEMENT, where=_attached),
        Step("4c", "TMAG", "MN", "address configuration", _ADVERTISEMENT),
        *_notified("SMAG", "5", after="4a"),
        *_notified("TMAG", "5*", optional=True, after="4a"),
        *_asked("SMAG", "TMAG", ("6", "7", "8", "9")),
        *_asked("TMAG", "SMAG", ("6*", "7*", "8*", "9*"), optional=True),
        *_sent(tunnelled_twice, tunnelled),
    ),
    also=frozenset({"RouterSolicitation", *_ADVERTISEMENT}),
    repeats=("notified 5", "flow 6", "inquiry 7"),
    whole=True,
    shared=_sent(tunnelled, bare, _ONE_HEADER),
)
