"""A Proxy Binding Acknowledgement as the gateway reads it (RFC 5213 §6.9.1.2)."""

from __future__ import annotations

from typing import NamedTuple

from agents.pmipv6.binding_update_list import Asked
from agents.pmipv6.profile import VisitorProfile
from agents.wire.address import UNSPECIFIED, Prefix
from agents.wire.messages import BindingAcknowledgement
from agents.wire.options import (
    AccessTechnologyType,
    HandoffIndicator,
    HomeNetworkPrefix,
    MobileNodeIdentifier,
    MobileNodeLinkLayerIdentifier,
)


class Answer(NamedTuple):
    """What an acknowledgement says; None for an option that it lacks.

    ``lifetime`` in units of 4 s; ``prefixes`` are those with a NON_ZERO value.
    """

    status: int
    sequence: int
    lifetime: int
    prefixes: tuple[Prefix, ...]
    identifier: str | None
    link_layer: bytes | None
    handoff: int | None
    technology: int | None


def read_answer(message: BindingAcknowledgement) -> Answer:
    """Return what ``message`` says."""
    options = {type(option): option for option in reversed(message.options)}
    identifier: MobileNodeIdentifier | None = options.get(MobileNodeIdentifier)
    link_layer = options.get(MobileNodeLinkLayerIdentifier)
    handoff = options.get(HandoffIndicator)
    technology = options.get(AccessTechnologyType)
    return Answer(
        message.status,
        message.sequence,
        message.lifetime,
        tuple(
            [
                option.prefix
                for option in message.options
                if type(option) is HomeNetworkPrefix and option.prefix.network != UNSPECIFIED
            ]
        ),
        None if identifier is None else identifier.identifier.decode(errors="replace"),
        None if link_layer is None else link_layer.identifier,
        None if handoff is None else handoff.value,
        None if technology is None else technology.value,
    )


def echoes(answer: Answer, asked: Asked, profile: VisitorProfile) -> bool:
    """Say whether the anchor has echoed what it had to; an option left out is none (item 6)."""
    return (
        answer.identifier in (profile.identifier, None)
        and answer.link_layer in (profile.link_layer, None)
        and answer.handoff in (asked.handoff, None)
        and answer.technology in (asked.technology, None)
    )
