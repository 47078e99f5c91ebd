"""Binding revocation, update notification and generic signaling."""

from typing import Annotated, ClassVar

from agents.wire.layout import Layout, Selector, uint, zero
from agents.wire.mobility_message import MobilityMessage, Options, Sequence
from agents.wire.numbers import MobilityHeaderType
from agents.wire.signaling_numbers import (
    NotificationFlag,
    NotificationReason,
    NotificationStatus,
    RevocationFlag,
    RevocationStatus,
    RevocationTrigger,
    SignalingFlag,
    SignalingStatus,
)
from agents.wire.value import value


@value
class BindingRevocationIndication(MobilityMessage):
    """A binding is revoked."""

    trigger: Annotated[int, uint(8, "why", values=RevocationTrigger)]
    sequence: Sequence
    flags: Annotated[int, uint(16, "flags", values=RevocationFlag)]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Binding Revocation Indication",
        MobilityHeaderType.BINDING_REVOCATION,
        "RFC 5846 §5.1",
        selector=Selector("br_type", 8, 1),
    )


@value
class BindingRevocationAcknowledgement(MobilityMessage):
    """The answer to a Binding Revocation Indication."""

    status: Annotated[int, uint(8, "below 128 success", values=RevocationStatus)]
    sequence: Sequence
    flags: Annotated[int, uint(16, "flags", values=RevocationFlag)]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Binding Revocation Acknowledgement",
        MobilityHeaderType.BINDING_REVOCATION,
        "RFC 5846 §5.2",
        selector=Selector("br_type", 8, 2),
    )


@value
class UpdateNotification(MobilityMessage):
    """An anchor tells a gateway what has changed or what to do."""

    sequence: Annotated[int, uint(16, "kept in a retransmission")]
    reason: Annotated[int, uint(16, "notification reason", values=NotificationReason)]
    flags: Annotated[int, uint(16, "flags", values=NotificationFlag)]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Update Notification", MobilityHeaderType.UPDATE_NOTIFICATION, "RFC 7077 §4.1"
    )


@value
class UpdateNotificationAcknowledgement(MobilityMessage):
    """The answer to an Update Notification."""

    sequence: Annotated[int, uint(16, "that of the notification")]
    status: Annotated[int, uint(8, "below 128 success", values=NotificationStatus)]
    options: Options = ()
    reserved: Annotated[int, zero(24)] = 0
    LAYOUT: ClassVar = Layout(
        "Update Notification Acknowledgement",
        MobilityHeaderType.UPDATE_NOTIFICATION_ACKNOWLEDGEMENT,
        "RFC 7077 §4.2",
        "sequence status reserved options",
    )


_GENERIC = "draft-ietf-mext-generic-signaling-message"


@value
class GenericSignalingOption(MobilityMessage):
    """Options alone, unacknowledged."""

    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Generic Signaling Option",
        MobilityHeaderType.GENERIC_SIGNALING,
        f"{_GENERIC}-00 §4.1",
        selector=Selector("sub_type", 16, 0),
        draft=_GENERIC,
    )


@value
class GenericSignalingRequest(MobilityMessage):
    """Options that ask for something."""

    sequence: Sequence
    flags: Annotated[int, uint(16, "flags", values=SignalingFlag)]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Generic Signaling Request",
        MobilityHeaderType.GENERIC_SIGNALING,
        f"{_GENERIC}-00 §4.2",
        selector=Selector("sub_type", 16, 1),
        draft=_GENERIC,
    )


@value
class GenericSignalingAcknowledgement(MobilityMessage):
    """The answer to a Generic Signaling Request."""

    sequence: Annotated[int, uint(16, "that of the request")]
    status: Annotated[int, uint(8, "below 128 accepted", values=SignalingStatus)]
    options: Options = ()
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Generic Signaling Ack",
        MobilityHeaderType.GENERIC_SIGNALING,
        f"{_GENERIC}-00 §4.3",
        "sequence status reserved options",
        selector=Selector("sub_type", 16, 2),
        draft=_GENERIC,
    )


class SecureGenericSignalingRequest(GenericSignalingRequest):
    """A Generic Signaling Request that must be protected by ESP."""

    __slots__ = ()

    LAYOUT: ClassVar = GenericSignalingRequest.LAYOUT._replace(
        title="Secure Generic Signaling Request",
        number=MobilityHeaderType.SECURE_GENERIC_SIGNALING,
    )


class SecureGenericSignalingAcknowledgement(GenericSignalingAcknowledgement):
    """A Generic Signaling Ack that must be protected by ESP."""

    __slots__ = ()

    LAYOUT: ClassVar = GenericSignalingAcknowledgement.LAYOUT._replace(
        title="Secure Generic Signaling Ack",
        number=MobilityHeaderType.SECURE_GENERIC_SIGNALING,
    )


class SecureGenericSignalingOption(GenericSignalingOption):
    """A Generic Signaling Option that must be protected by ESP."""

    __slots__ = ()

    LAYOUT: ClassVar = GenericSignalingOption.LAYOUT._replace(
        title="Secure Generic Signaling Option",
        number=MobilityHeaderType.SECURE_GENERIC_SIGNALING,
    )
