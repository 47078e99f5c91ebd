"""How a mobile node meets each refusal of a home agent (RFC 6275 §11.7.3)."""

from __future__ import annotations

from enum import Enum, auto

from agents.wire.numbers import Status


class Reaction(Enum):
    """How a refusal is met."""

    RETRY_LATER = auto()
    """The agent may have room again, or reasons that pass: ask again after a while."""

    OTHER_AGENT = auto()
    """This agent will not do it: another one of the home link may; else wait for a move."""

    WAIT = auto()
    """Nothing helps but another place, or an administrator."""


_REACTIONS = {
    Status.REASON_UNSPECIFIED: Reaction.RETRY_LATER,
    Status.INSUFFICIENT_RESOURCES: Reaction.OTHER_AGENT,
    Status.ADMINISTRATIVELY_PROHIBITED: Reaction.OTHER_AGENT,
    Status.HOME_REGISTRATION_NOT_SUPPORTED: Reaction.OTHER_AGENT,
    Status.NOT_HOME_SUBNET: Reaction.OTHER_AGENT,
    Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE: Reaction.OTHER_AGENT,
    Status.DUPLICATE_ADDRESS_DETECTION_FAILED: Reaction.WAIT,
    Status.REGISTRATION_TYPE_CHANGE_DISALLOWED: Reaction.WAIT,
    Status.MIPV6_MESG_ID_REQD: Reaction.WAIT,
    Status.MIPV6_AUTH_FAIL: Reaction.WAIT,
    Status.INVALID_CARE_OF_ADDRESS: Reaction.WAIT,
}

PASSING = (Status.REASON_UNSPECIFIED, Status.INSUFFICIENT_RESOURCES)
"""Refusals after which the same agent is asked again where there is no other."""


def reaction_to(status: int) -> Reaction:
    """Return how the refusal ``status`` is met; one that is unknown may pass."""
    try:
        return _REACTIONS.get(Status(status), Reaction.RETRY_LATER)
    except ValueError:
        return Reaction.RETRY_LATER
