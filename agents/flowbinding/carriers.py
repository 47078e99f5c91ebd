"""How an anchor speaks to gateways: generic signaling, or update notification (RFC 7077, 7864)."""

from __future__ import annotations

from enum import Enum
from typing import Any

from agents.flowbinding.config import Carrier
from agents.wire.signaling_messages import (
    GenericSignalingAcknowledgement,
    GenericSignalingRequest,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
from agents.wire.signaling_numbers import (
    NotificationFlag,
    NotificationReason,
    NotificationStatus,
    SignalingFlag,
    SignalingStatus,
)

Request = GenericSignalingRequest | UpdateNotification
Acknowledgement = GenericSignalingAcknowledgement | UpdateNotificationAcknowledgement

REQUESTS = (GenericSignalingRequest, UpdateNotification)
ACKNOWLEDGEMENTS = (GenericSignalingAcknowledgement, UpdateNotificationAcknowledgement)

_GENERIC_ACKNOWLEDGE = int(SignalingFlag.ACKNOWLEDGE)
_ACKNOWLEDGE = int(NotificationFlag.ACKNOWLEDGEMENT_REQUESTED)
_AGAIN = int(NotificationFlag.RETRANSMISSION)


class Purpose(Enum):
    """What an anchor asks of a gateway, with the notification reason that says it.

    After ``tries`` transmissions it is given up: an inquiry soon, since a gateway waits for the
    answer to its update meanwhile, and its binding must not expire over that.
    """

    INTERFACES = "interfaces", NotificationReason.UPDATE_SESSION_PARAMETERS, 4
    WITHDRAWAL = "withdrawal", NotificationReason.UPDATE_SESSION_PARAMETERS, 4
    INQUIRY = "inquiry", NotificationReason.FLOW_MOBILITY, 2

    def __init__(self, title: str, reason: NotificationReason, tries: int) -> None:
        self.title = title
        self.reason = int(reason)
        self.tries = tries


class Answer(Enum):
    """What a gateway says to it, with the status in each carrier."""

    ACCEPTED = SignalingStatus.ACCEPTED, NotificationStatus.SUCCESS
    INSUFFICIENT = (
        SignalingStatus.INSUFFICIENT_RESOURCES,
        NotificationStatus.CANNOT_MEET_QOS_SERVICE_REQUEST,
    )
    PROHIBITED = (
        SignalingStatus.ADMINISTRATIVELY_PROHIBITED,
        NotificationStatus.FAILED_TO_UPDATE_SESSION_PARAMETERS,
    )
    NOT_UNDERSTOOD = (
        SignalingStatus.UNSUPPORTED_MOBILITY_OPTION,
        NotificationStatus.REASON_UNSPECIFIED,
    )
    NOT_ATTACHED = (
        SignalingStatus.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE,
        NotificationStatus.MN_NOT_ATTACHED,
    )

    def __init__(self, signaling: SignalingStatus, notification: NotificationStatus) -> None:
        self.signaling = int(signaling)
        self.notification = int(notification)


def request(
    carrier: Carrier, purpose: Purpose, sequence: int, again: bool, options: tuple[Any, ...]
) -> Request:
    """Return the message that asks a gateway for an acknowledgement; ``again``: not at first."""
    if carrier is Carrier.GENERIC:
        return GenericSignalingRequest(sequence, _GENERIC_ACKNOWLEDGE, options)
    flags = _ACKNOWLEDGE | _AGAIN if again else _ACKNOWLEDGE
    return UpdateNotification(sequence, purpose.reason, flags, options)


def wants_answer(message: Request) -> bool:
    """Say whether the sender of ``message`` waits for an acknowledgement."""
    mask = _GENERIC_ACKNOWLEDGE if type(message) is GenericSignalingRequest else _ACKNOWLEDGE
    return bool(message.flags & mask)


def acknowledgement(message: Request, answer: Answer, options: tuple[Any, ...]) -> Acknowledgement:
    """Return the answer to ``message`` in the carrier that it came by."""
    if type(message) is GenericSignalingRequest:
        return GenericSignalingAcknowledgement(message.sequence, answer.signaling, options)
    return UpdateNotificationAcknowledgement(message.sequence, answer.notification, options)
