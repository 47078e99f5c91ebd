"""Message sequences of RFC 6275: registration, return routability, correspondents, home again."""

from __future__ import annotations

from testbed.evidence.figures.conditions import ends, grants, registers, releases
from testbed.evidence.figures.model import ANY, HANDOVER, Figure, Role, Step, Who
from testbed.evidence.ladder.rung import EVENT

UPDATE, ACKNOWLEDGEMENT = ("BindingUpdate",), ("BindingAcknowledgement",)
ON_LINK = frozenset({"RouterSolicitation", "RouterAdvertisement"})
TESTS = frozenset({"HomeTestInit", "HomeTest", "CareOfTestInit", "CareOfTest", "BindingError"})
REGISTRATION = frozenset({*UPDATE, *ACKNOWLEDGEMENT, "BindingRefreshRequest"})
_DISCOVERY = frozenset(
    {"MobilePrefixSolicitation", "MobilePrefixAdvertisement"}
    | {"HomeAgentAddressDiscoveryRequest", "HomeAgentAddressDiscoveryReply"}
)
_MN, _HA, _CN = Role("MN", Who.MOBILE), Role("HA", Who.ANCHOR), Role("CN", Who.CORRESPONDENT)
_ASKED = "advertisements come unasked, too"
_HOST_BASED = ("mipv6", "dmipv6")

REGISTERING = Figure(
    "rfc6275-registration",
    "Registration with the home agent",
    "RFC 6275 §11.5.1, §11.7.1, §10.3.1",
    _HOST_BASED,
    ANY,
    (_MN, Role("AR", Who.VISITED), _HA),
    (
        Step("1", "MN", "AR", "attached", ("link_up",), EVENT),
        Step("2", "MN", "AR", "Rtr Sol", ("RouterSolicitation",), optional=True, note=_ASKED),
        Step("3", "AR", "MN", "Rtr Adv", ("RouterAdvertisement",), after=("1",)),
        Step("4", "MN", "HA", "BU", UPDATE, after=("3",), where=registers),
        Step("5", "HA", "MN", "BA", ACKNOWLEDGEMENT, where=grants),
    ),
    also=ON_LINK | TESTS | _DISCOVERY,
    among=True,
)

RETURN_ROUTABILITY = Figure(
    "rfc6275-return-routability",
    "Return routability, then registration with a correspondent",
    "RFC 6275 §5.2.5, §5.2.6",
    _HOST_BASED,
    ANY,
    (_MN, _CN),
    (
        Step("1a", "MN", "CN", "HoTI", ("HomeTestInit",), after=(), group="tests"),
        Step("1b", "MN", "CN", "CoTI", ("CareOfTestInit",), after=(), group="tests"),
        Step("2a", "CN", "MN", "HoT", ("HomeTest",), after=("1a",), group="tests"),
        Step("2b", "CN", "MN", "CoT", ("CareOfTest",), after=("1b",), group="tests"),
        Step("3", "MN", "CN", "BU", UPDATE, after=("2a", "2b"), group="tests", where=registers),
        Step("4", "CN", "MN", "BA", ACKNOWLEDGEMENT, group="tests", where=grants),
    ),
    also=ON_LINK | REGISTRATION | _DISCOVERY,
    repeats=("tests",),
    strict=False,
    among=True,
)

CORRESPONDENT = Figure(
    "rfc6275-correspondent",
    "A correspondent learns the new care-of address",
    "RFC 6275 §11.7.2, §11.6",
    _HOST_BASED,
    HANDOVER,
    (_MN, _CN),
    (
        Step(
            "1a",
            "MN",
            "CN",
            "HoTI",
            ("HomeTestInit",),
            optional=True,
            after=(),
            group="home",
            note="not where the home keygen token is still good (§5.2.7)",
        ),
        Step("1b", "MN", "CN", "CoTI", ("CareOfTestInit",), after=(), group="tests"),
        Step("2a", "CN", "MN", "HoT", ("HomeTest",), optional=True, group="home", after=("1a",)),
        Step("2b", "CN", "MN", "CoT", ("CareOfTest",), after=("1b",), group="tests"),
        Step("3", "MN", "CN", "BU", UPDATE, after=("2a", "2b"), group="tests", where=registers),
        Step("4", "CN", "MN", "BA", ACKNOWLEDGEMENT, group="tests", where=grants),
    ),
    also=ON_LINK | REGISTRATION | _DISCOVERY | TESTS,
    repeats=("tests",),
    strict=False,
    among=True,
)

RETURNING_HOME = Figure(
    "rfc6275-returning-home",
    "Home again: the binding ends",
    "RFC 6275 §11.5.5, §10.3.2",
    _HOST_BASED,
    HANDOVER,
    (_MN, Role("HA", Who.HOME)),
    (
        Step("1", "MN", "HA", "attached", ("link_up",), EVENT),
        Step("2", "HA", "MN", "Rtr Adv", ("RouterAdvertisement",)),
        Step("3", "MN", "HA", "BU (lifetime 0)", UPDATE, where=releases),
        Step("4", "HA", "MN", "BA", ACKNOWLEDGEMENT, where=ends),
    ),
    also=ON_LINK | TESTS | _DISCOVERY,
    among=True,
)
