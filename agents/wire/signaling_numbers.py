"""Flags and values of binding revocation, update notification and generic signaling."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class RevocationTrigger(IntEnum):
    """Why a binding is revoked (IANA, RFC 5846)."""

    UNSPECIFIED = 0
    ADMINISTRATIVE_REASON = 1
    INTER_MAG_HANDOVER_SAME_ACCESS_TYPE = 2
    INTER_MAG_HANDOVER_DIFFERENT_ACCESS_TYPE = 3
    INTER_MAG_HANDOVER_UNKNOWN = 4
    USER_INITIATED_SESSION_TERMINATION = 5
    ACCESS_NETWORK_SESSION_TERMINATION = 6
    POSSIBLE_OUT_OF_SYNC_BCE_STATE = 7
    PER_PEER_POLICY = 128
    REVOKING_MOBILITY_NODE_LOCAL_POLICY = 129


class RevocationStatus(IntEnum):
    """Status of a Binding Revocation Acknowledgement (IANA, RFC 5846)."""

    SUCCESS = 0
    PARTIAL_SUCCESS = 1
    BINDING_DOES_NOT_EXIST = 128
    IPV4_HOME_ADDRESS_OPTION_REQUIRED = 129
    GLOBAL_REVOCATION_NOT_AUTHORIZED = 130
    REVOKED_MOBILE_NODES_IDENTITY_REQUIRED = 131
    REVOCATION_FAILED_MN_IS_ATTACHED = 132
    REVOCATION_TRIGGER_NOT_SUPPORTED = 133
    REVOCATION_FUNCTION_NOT_SUPPORTED = 134
    PROXY_BINDING_REVOCATION_NOT_SUPPORTED = 135


class RevocationFlag(IntFlag):
    """Flags of both binding revocation messages (RFC 5846 §5)."""

    PROXY = 0x8000
    IPV4_HOME_ADDRESS_ONLY = 0x4000
    GLOBAL = 0x2000


class NotificationReason(IntEnum):
    """Why a mobile access gateway is notified (RFC 7077 §4.1, RFC 7864)."""

    FORCE_REREGISTRATION = 1
    UPDATE_SESSION_PARAMETERS = 2
    VENDOR_SPECIFIC_REASON = 3
    ANI_PARAMS_REQUESTED = 4
    QOS_SERVICE_REQUEST = 5
    FLOW_MOBILITY = 8


class NotificationFlag(IntFlag):
    """Flags of the Update Notification (RFC 7077 §4.1)."""

    ACKNOWLEDGEMENT_REQUESTED = 0x8000
    RETRANSMISSION = 0x4000


class NotificationStatus(IntEnum):
    """Status of an Update Notification Acknowledgement (RFC 7077 §4.2, RFC 7864)."""

    SUCCESS = 0
    FAILED_TO_UPDATE_SESSION_PARAMETERS = 128
    MISSING_VENDOR_SPECIFIC_OPTION = 129
    CANNOT_MEET_QOS_SERVICE_REQUEST = 130
    REASON_UNSPECIFIED = 131
    MN_NOT_ATTACHED = 132


class SignalingFlag(IntFlag):
    """Flags of the Generic Signaling Request (draft-ietf-mext-generic-signaling-message §4.2)."""

    ACKNOWLEDGE = 0x8000


class SignalingStatus(IntEnum):
    """Status of a Generic Signaling Ack (draft-ietf-mext-generic-signaling-message §4.3)."""

    ACCEPTED = 0
    REASON_UNSPECIFIED = 128
    ADMINISTRATIVELY_PROHIBITED = 129
    INSUFFICIENT_RESOURCES = 130
    UNSUPPORTED_MOBILITY_OPTION = 131
    NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE = 132
