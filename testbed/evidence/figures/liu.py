"""Message sequences of draft-liu-dmm-flows-distribution-and-handoff-01: DMIPv6."""

from __future__ import annotations

from testbed.evidence.figures.conditions import bare, grants, registers, tunnelled
from testbed.evidence.figures.model import ATTACHMENT, HANDOVER, Figure, Role, Step, Who
from testbed.evidence.figures.rfc6275 import (
    ACKNOWLEDGEMENT,
    ON_LINK,
    REGISTRATION,
    TESTS,
    UPDATE,
)
from testbed.evidence.ladder.rung import DATA, EVENT

_DOCUMENT = "draft-liu-dmm-flows-distribution-and-handoff-01"
_MN, _CN = Role("MN", Who.MOBILE), Role("CN", Who.CORRESPONDENT)
_BASE = ON_LINK | REGISTRATION | TESTS  # what RFC 6275 does all the time
_QUERY = ("DhpDiscoveryQuery", "MulticastDhpQuery")
_RESPONSE = ("DhpDiscoveryAcknowledgement", "MulticastDhpAcknowledgement")
_SERVER_QUERY = ("ServerDhpQuery", "ServerDhpRequirements")
_SELECTED = "drawn at DHP1; it is the one that was selected (§5.1.4)"
_MULTICAST = "by multicast; an anycast address is that of one DHP, which tells of all (§4.3.1)"
_SWAPPED = "drawn the other way round; the text sends it to the DHP (§4.4, §5.1.5)"

FIG10A = Figure(
    "liu-fig10a",
    "A new flow: home proxies found by anycast or multicast",
    f"{_DOCUMENT} Figure 10 (a), §5.1",
    ("dmipv6",),
    ATTACHMENT,
    (
        _MN,
        Role("DHP1", Who.PROXY),
        Role("DHP2", Who.PROXY),
        Role("selected DHP", Who.PROXY, lane="DHP1"),
        _CN,
    ),
    (
        Step("1", "MN", "DHP1", "DHP query", _QUERY, group="query"),
        Step("2", "DHP1", "MN", "DHP response", _RESPONSE, group="query"),
        Step(
            "3",
            "MN",
            "DHP2",
            "DHP query",
            _QUERY,
            optional=True,
            group="query 2",
            after=(),
            note=_MULTICAST,
        ),
        Step(
            "4",
            "DHP2",
            "MN",
            "DHP response",
            _RESPONSE,
            optional=True,
            group="query 2",
            after=("3",),
        ),
        Step(
            "5",
            "MN",
            "selected DHP",
            "DHoA request",
            ("DhoaRequest",),
            group="DHoA",
            after=("2",),
            note=_SELECTED,
        ),
        Step("6", "selected DHP", "MN", "DHoA response", ("DhoaResponse",), group="DHoA"),
        Step("7", "MN", "selected DHP", "DMIPv6 tunnel", kind=DATA, where=tunnelled),
        Step("8", "selected DHP", "CN", "data packets", kind=DATA, where=bare),
    ),
    also=_BASE,
    repeats=("query", "query 2", "DHoA"),
    strict=False,
    together=frozenset({"DHP1", "DHP2", "selected DHP", "CN"}),
)

FIG10B = Figure(
    "liu-fig10b",
    "A new flow: home proxies asked for at a server, or at the correspondent",
    f"{_DOCUMENT} Figure 10 (b), §5.1",
    ("dmipv6",),
    ATTACHMENT,
    (_MN, Role("server/CN", Who.SERVER), Role("DHP", Who.PROXY), _CN),
    (
        Step("1", "MN", "server/CN", "DHP query", _SERVER_QUERY, group="query"),
        Step("2", "server/CN", "MN", "DHP response", ("ServerDhpResponse",), group="query"),
        Step("3", "MN", "DHP", "DHoA request", ("DhoaRequest",), group="DHoA", note=_SWAPPED),
        Step("4", "DHP", "MN", "DHoA response", ("DhoaResponse",), group="DHoA", note=_SWAPPED),
        Step("5", "MN", "DHP", "DMIPv6 tunnel", kind=DATA, where=tunnelled),
        Step("6", "DHP", "CN", "data packets", kind=DATA, where=bare),
    ),
    also=_BASE,
    repeats=("query", "DHoA"),
    strict=False,
    together=frozenset({"server/CN", "DHP", "CN"}),
)

HANDOFF = Figure(
    "liu-handoff",
    "A flow moves with its node: binding with the home proxy",
    f"{_DOCUMENT} §5.2.2",
    ("dmipv6",),
    HANDOVER,
    (_MN, Role("AR", Who.VISITED), Role("DHP", Who.PROXY)),
    (
        Step("1", "MN", "AR", "attached", ("link_up",), EVENT),
        Step("2", "MN", "DHP", "BU", UPDATE, group="binding", where=registers),
        Step("3", "DHP", "MN", "BA", ACKNOWLEDGEMENT, group="binding", where=grants),
    ),
    also=_BASE,
    repeats=("binding",),
    among=True,
)
