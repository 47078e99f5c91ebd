"""Message sequences of RFC 5213: attachment and handover."""

from __future__ import annotations

from testbed.evidence.figures.conditions import ends, grants, of_flows, registers, releases
from testbed.evidence.figures.model import ATTACHMENT, HANDOVER, Figure, Role, Step, Who
from testbed.evidence.ladder.rung import EVENT

_UPDATE, _ACKNOWLEDGEMENT = ("ProxyBindingUpdate",), ("ProxyBindingAcknowledgement",)
_SOLICITATION, _ADVERTISEMENT = ("RouterSolicitation",), ("RouterAdvertisement",)
_ASKED = "an access router that sees the link come up itself need not be asked"
_NETWORK_BASED = ("pmipv6", "flowbinding", "spmip")
_REPEATED = frozenset({*_SOLICITATION, *_ADVERTISEMENT})  # the same, at any time later
_BESIDES = frozenset(  # what S-PMIP and flow binding add to it
    {"ProxyBindingQuery", "ProxyQueryAcknowledgement"}
    | {"UpdateNotification", "UpdateNotificationAcknowledgement"}
    | {"GenericSignalingRequest", "GenericSignalingAcknowledgement"}
)

FIG2 = Figure(
    "rfc5213-fig2",
    "Mobile node attachment",
    "RFC 5213 Figure 2",
    _NETWORK_BASED,
    ATTACHMENT,
    (Role("MN", Who.MOBILE), Role("MAG", Who.TARGET), Role("LMA", Who.ANCHOR)),
    (
        Step("1", "MN", "MAG", "attached", ("link_up",), EVENT),
        Step("2", "MN", "MAG", "Rtr Sol", _SOLICITATION, optional=True, note=_ASKED),
        Step("3", "MAG", "LMA", "PBU", _UPDATE, after=("1",), where=registers),
        Step("4", "LMA", "MAG", "PBA", _ACKNOWLEDGEMENT, where=grants),
        Step("5", "MAG", "MN", "Rtr Adv", _ADVERTISEMENT, after=("4",)),
    ),
    also=_REPEATED | _BESIDES,
    aside=of_flows,
)

FIG3 = Figure(
    "rfc5213-fig3",
    "Mobile node handover",
    "RFC 5213 Figure 3",
    _NETWORK_BASED,
    HANDOVER,
    (
        Role("MN", Who.MOBILE),
        Role("p-MAG", Who.ORIGIN),
        Role("LMA", Who.ANCHOR),
        Role("n-MAG", Who.TARGET),
    ),
    (
        Step("1", "MN", "p-MAG", "detached", ("link_down",), EVENT),
        Step("2", "p-MAG", "LMA", "DeReg PBU", _UPDATE, where=releases),
        Step("3", "LMA", "p-MAG", "PBA", _ACKNOWLEDGEMENT, where=ends),
        Step("4", "MN", "n-MAG", "attached", ("link_up",), EVENT, after=("1",)),
        Step("5", "MN", "n-MAG", "Rtr Sol", _SOLICITATION, optional=True, note=_ASKED),
        Step("6", "n-MAG", "LMA", "PBU", _UPDATE, after=("4",), where=registers),
        Step("7", "LMA", "n-MAG", "PBA", _ACKNOWLEDGEMENT, where=grants),
        Step("8", "n-MAG", "MN", "Rtr Adv", _ADVERTISEMENT, after=("7",)),
    ),
    also=_REPEATED | _BESIDES,
    aside=of_flows,
)
