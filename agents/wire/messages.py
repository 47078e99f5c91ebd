"""The messages of the Mobility Header, each declared from MH offset 6 on, after the checksum."""

from typing import Annotated, ClassVar

from agents.wire.address import Address
from agents.wire.layout import Layout, address, octets, uint, zero
from agents.wire.mobility_message import (
    Cookie,
    Lifetime,
    MobilityMessage,
    Options,
    Reserved16,
    Sequence,
)
from agents.wire.numbers import (
    BindingAckFlag,
    BindingErrorStatus,
    BindingUpdateFlag,
    MobilityHeaderType,
    Status,
)
from agents.wire.signaling_messages import (
    BindingRevocationAcknowledgement,
    BindingRevocationIndication,
    GenericSignalingAcknowledgement,
    GenericSignalingOption,
    GenericSignalingRequest,
    SecureGenericSignalingAcknowledgement,
    SecureGenericSignalingOption,
    SecureGenericSignalingRequest,
    UpdateNotification,
    UpdateNotificationAcknowledgement,
)
from agents.wire.value import value


@value
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


@value
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


@value
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


@value
class HomeTest(MobilityMessage):
    """The correspondent's home keygen token."""

    nonce_index: Annotated[int, uint(16, "home nonce index")]
    cookie: Cookie
    token: Annotated[bytes, octets("home keygen token", 64)]
    options: Options = ()
    LAYOUT: ClassVar = Layout("Home Test", MobilityHeaderType.HOME_TEST, "RFC 6275 §6.1.5")


@value
class CareOfTest(MobilityMessage):
    """The correspondent's care-of keygen token."""

    nonce_index: Annotated[int, uint(16, "care-of nonce index")]
    cookie: Cookie
    token: Annotated[bytes, octets("care-of keygen token", 64)]
    options: Options = ()
    LAYOUT: ClassVar = Layout("Care-of Test", MobilityHeaderType.CARE_OF_TEST, "RFC 6275 §6.1.6")


@value
class BindingUpdate(MobilityMessage):
    """A mobile node, or a gateway for it, registers where it is; with P a Proxy Binding Update."""

    sequence: Sequence
    flags: Annotated[int, uint(16, "flags", values=BindingUpdateFlag)]
    lifetime: Lifetime
    options: Options = ()
    LAYOUT: ClassVar = Layout(
        "Binding Update", MobilityHeaderType.BINDING_UPDATE, "RFC 6275 §6.1.7, RFC 5213 §8.1"
    )


@value
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


@value
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


@value
class ExperimentalMobilityMessage(MobilityMessage):
    """For experiments; its content is opaque."""

    data: Annotated[bytes, octets("anything")] = b""
    LAYOUT: ClassVar = Layout(
        "Experimental Mobility Header", MobilityHeaderType.EXPERIMENTAL, "RFC 5096"
    )


@value
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

__all__ = [
    "MOBILITY_MESSAGES",
    "BindingAcknowledgement",
    "BindingError",
    "BindingRefreshRequest",
    "BindingRevocationAcknowledgement",
    "BindingRevocationIndication",
    "BindingUpdate",
    "CareOfTest",
    "CareOfTestInit",
    "ExperimentalMobilityMessage",
    "GenericSignalingAcknowledgement",
    "GenericSignalingOption",
    "GenericSignalingRequest",
    "HomeTest",
    "HomeTestInit",
    "MobilityMessage",
    "SecureGenericSignalingAcknowledgement",
    "SecureGenericSignalingOption",
    "SecureGenericSignalingRequest",
    "UnknownMobilityMessage",
    "UpdateNotification",
    "UpdateNotificationAcknowledgement",
]
