"""The messages of the Mobility Header, each declared from MH offset 6 on, after the checksum.

``header_reserved`` is the reserved octet that all of them have at offset 3.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, Selector, address, octets, options, uint, zero
from agents.wire.numbers import (
    BindingAckFlag,
    BindingErrorStatus,
    BindingUpdateFlag,
    MobilityHeaderType,
    NotificationFlag,
    NotificationReason,
    NotificationStatus,
    RevocationFlag,
    RevocationStatus,
    RevocationTrigger,
    SignalingFlag,
    SignalingStatus,
    Status,
)

Options = Annotated[tuple[Any, ...], options("mobility", "mobility options")]
Reserved16 = Annotated[int, zero(16)]
Cookie = Annotated[bytes, octets("cookie of the mobile node, returned unchanged", 64)]
Sequence = Annotated[int, uint(16, "orders the messages, modulo 65536")]
Lifetime = Annotated[int, uint(16, "lifetime of the binding; 0 deletes it", unit="4 s")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MobilityMessage:
    """What every message of the Mobility Header has."""

    header_reserved: int = 0


@dataclass(frozen=True, slots=True)
class BindingRefreshRequest(MobilityMessage):
    """A correspondent asks the mobile node to renew its binding."""

    options: Options = ()
    reserved: Reserved16 = 0
    LAYOUT: ClassVar = Layout(
        "Binding Refresh Request",
        MobilityHeaderType.BINDING_REFRESH_REQUEST,
        "RFC 6275 §6.1.2",
        "reserved options",
    )


@dataclass(frozen=True, slots=True)
class HomeTestInit(MobilityMessage):
    """A mobile node asks for a home keygen token, through its home agent."""

    cookie: Cookie
    options: Options = ()
    reserved: Reserved16 = 0
    LAYOUT: ClassVar = Layout(
        "Home Test Init",
        MobilityHeaderType.HOME_TEST_INIT,
        "RFC 6275 §6.1.3",
        "reserved cookie options",
    )


@dataclass(frozen=True, slots=True)
class CareOfTestInit(MobilityMessage):
    """A mobile node asks for a care-of keygen token, directly."""

    cookie: Cookie
    options: Options = ()
    reserved: Reserved16 = 0
    LAYOUT: ClassVar = Layout(
        "Care-of Test Init",
        MobilityHeaderType.CARE_OF_TEST_INIT,
        "RFC 6275 §6.1.4",
        "reserved cookie options",
    )


@dataclass(frozen=True, slots=True)
class HomeTest(MobilityMessage):
    """The correspondent's home keygen token."""

    nonce_index: Annotated[int, uint(16, "home nonce index")]
    cookie: Cookie
    token: Annotated[bytes, octets("home keygen token", 64)]
    options: Options = ()
    LAYOUT: ClassVar = Layout("Home Test", MobilityHeaderType.HOME_TEST, "RFC 6275 §6.1.5")


@dataclass(frozen=True, slots=True)
class CareOfTest(MobilityMessage):
    """The correspondent's care-of keygen token."""

    nonce_index: Annotated[int, uint(16, "care-of nonce index")]
    cookie: Cookie
    token: Annotated[bytes, octets("care-of keygen token", 64)]
    options: Options = ()
    LAYOUT: ClassVar = Layout("Care-of Test", MobilityHeaderType.CARE_OF_TEST, "RFC 6275 §6.1.6")


@dataclass(frozen=True, slots=True)
class BindingUpdate(MobilityMessage):
    """A mobile node, or a gateway for it, registers where it is; with P a Proxy Binding Update."""

    sequence: Sequence
    flags: Annotated[int, uint(16, "flags", values=BindingUpdateFlag)]
    lifetime: Lifetime
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Binding Update", MobilityHeaderType.BINDING_UPDATE, "RFC 6275 §6.1.7, RFC 5213 §8.1"
    )


@dataclass(frozen=True, slots=True)
class BindingAcknowledgement(MobilityMessage):
    """The answer to a Binding Update."""

    status: Annotated[int, uint(8, "below 128 accepted", values=Status)]
    flags: Annotated[int, uint(8, "flags", values=BindingAckFlag)]
    sequence: Annotated[int, uint(16, "that of the update, or the last accepted one")]
    lifetime: Annotated[int, uint(16, "lifetime granted", unit="4 s")]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Binding Acknowledgement",
        MobilityHeaderType.BINDING_ACKNOWLEDGEMENT,
        "RFC 6275 §6.1.8, RFC 5213 §8.2",
    )


@dataclass(frozen=True, slots=True)
class BindingError(MobilityMessage):
    """A packet used a binding that is unknown, or a message that is."""

    status: Annotated[int, uint(8, "what was wrong", values=BindingErrorStatus)]
    home_address: Annotated[Address, address("home address of the packet in question, or ::")]
    options: Options = ()
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Binding Error",
        MobilityHeaderType.BINDING_ERROR,
        "RFC 6275 §6.1.9",
        "status reserved home_address options",
    )


@dataclass(frozen=True, slots=True)
class ExperimentalMobilityMessage(MobilityMessage):
    """For experiments; its content is opaque."""

    data: Annotated[bytes, octets("anything")] = b""
    LAYOUT: ClassVar = Layout(
        "Experimental Mobility Header", MobilityHeaderType.EXPERIMENTAL, "RFC 5096"
    )


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class UpdateNotification(MobilityMessage):
    """An anchor tells a gateway what has changed or what to do."""

    sequence: Annotated[int, uint(16, "kept in a retransmission")]
    reason: Annotated[int, uint(16, "notification reason", values=NotificationReason)]
    flags: Annotated[int, uint(16, "flags", values=NotificationFlag)]
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Update Notification", MobilityHeaderType.UPDATE_NOTIFICATION, "RFC 7077 §4.1"
    )


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class UnknownMobilityMessage(MobilityMessage):
    """A message of a type that is not in the table: its octets from MH offset 6 on."""

    type: int
    data: bytes


MOBILITY_MESSAGES: tuple[type[MobilityMessage], ...] = (
    BindingRefreshRequest,
    HomeTestInit,
    CareOfTestInit,
    HomeTest,
    CareOfTest,
    BindingUpdate,
    BindingAcknowledgement,
    BindingError,
    ExperimentalMobilityMessage,
    BindingRevocationIndication,
    BindingRevocationAcknowledgement,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
    GenericSignalingOption,
    GenericSignalingRequest,
    GenericSignalingAcknowledgement,
    SecureGenericSignalingOption,
    SecureGenericSignalingRequest,
    SecureGenericSignalingAcknowledgement,
)
