"""Registries: the numbers of the RFCs under the RFCs' names, and those of the drafts.

A number that a draft left open carries the draft's name; ``Codec(numbers=...)`` changes it.
Every IntEnum of numbers in received messages is open: an unlisted value stays a plain int.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

PROTOCOL_HOP_BY_HOP = 0
PROTOCOL_TCP = 6
PROTOCOL_UDP = 17
PROTOCOL_IPV6 = 41
PROTOCOL_ROUTING = 43
PROTOCOL_FRAGMENT = 44
PROTOCOL_ICMPV6 = 58
PROTOCOL_NONE = 59
PROTOCOL_DESTINATION_OPTIONS = 60
PROTOCOL_MOBILITY = 135


class MobilityHeaderType(IntEnum):
    """Types of the Mobility Header (IANA; 250 and 251 for draft-ietf-mext-generic-signaling)."""

    BINDING_REFRESH_REQUEST = 0
    HOME_TEST_INIT = 1
    CARE_OF_TEST_INIT = 2
    HOME_TEST = 3
    CARE_OF_TEST = 4
    BINDING_UPDATE = 5
    BINDING_ACKNOWLEDGEMENT = 6
    BINDING_ERROR = 7
    EXPERIMENTAL = 11
    BINDING_REVOCATION = 16
    UPDATE_NOTIFICATION = 19
    UPDATE_NOTIFICATION_ACKNOWLEDGEMENT = 20
    GENERIC_SIGNALING = 250
    SECURE_GENERIC_SIGNALING = 251


class BindingUpdateFlag(IntFlag):
    """Flags word of the Binding Update (IANA)."""

    ACKNOWLEDGE = 0x8000
    HOME = 0x4000
    LINK_LOCAL = 0x2000
    KEY_MANAGEMENT = 0x1000
    MAP_REGISTRATION = 0x0800
    MOBILE_ROUTER = 0x0400
    PROXY = 0x0200
    FORCE_UDP = 0x0100
    TLV_HEADER = 0x0080
    BULK = 0x0040
    S = 0x0020  # RFC 7161
    DISTRIBUTED = 0x0010  # RFC 8885 §4.1
    QUERY = 0x0008  # draft-jikim-dmm-pmip §4.1, lowest unassigned bit


class BindingAckFlag(IntFlag):
    """Flags octet of the Binding Acknowledgement (IANA)."""

    KEY_MANAGEMENT = 0x80
    MOBILE_ROUTER = 0x40
    PROXY = 0x20
    TLV_HEADER = 0x10
    BULK = 0x08
    S = 0x04  # RFC 7161
    DISTRIBUTED = 0x02  # RFC 8885 §4.2
    QUERY = 0x01  # draft-jikim-dmm-pmip §4.2, the one unassigned bit


class Status(IntEnum):
    """Status of a Binding Acknowledgement: below 128 accepted, else rejected (IANA)."""

    ACCEPTED = 0
    ACCEPTED_PREFIX_DISCOVERY_NECESSARY = 1
    GRE_KEY_OPTION_NOT_REQUIRED = 2
    GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED = 3
    MCOA_NOTCOMPLETE = 4
    MCOA_RETURNHOME_WO_NDP = 5
    PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH = 6
    REASON_UNSPECIFIED = 128
    ADMINISTRATIVELY_PROHIBITED = 129
    INSUFFICIENT_RESOURCES = 130
    HOME_REGISTRATION_NOT_SUPPORTED = 131
    NOT_HOME_SUBNET = 132
    NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE = 133
    DUPLICATE_ADDRESS_DETECTION_FAILED = 134
    SEQUENCE_NUMBER_OUT_OF_WINDOW = 135
    EXPIRED_HOME_NONCE_INDEX = 136
    EXPIRED_CARE_OF_NONCE_INDEX = 137
    EXPIRED_NONCES = 138
    REGISTRATION_TYPE_CHANGE_DISALLOWED = 139
    MOBILE_ROUTER_OPERATION_NOT_PERMITTED = 140
    INVALID_PREFIX = 141
    NOT_AUTHORIZED_FOR_PREFIX = 142
    FORWARDING_SETUP_FAILED = 143
    MIPV6_ID_MISMATCH = 144
    MIPV6_MESG_ID_REQD = 145
    MIPV6_AUTH_FAIL = 146
    PERMANENT_HOME_KEYGEN_TOKEN_UNAVAILABLE = 147
    CGA_AND_SIGNATURE_VERIFICATION_FAILED = 148
    PERMANENT_HOME_KEYGEN_TOKEN_EXISTS = 149
    NON_NULL_HOME_NONCE_INDEX_EXPECTED = 150
    SERVICE_AUTHORIZATION_FAILED = 151
    PROXY_REG_NOT_ENABLED = 152
    NOT_LMA_FOR_THIS_MOBILE_NODE = 153
    MAG_NOT_AUTHORIZED_FOR_PROXY_REG = 154
    NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX = 155
    TIMESTAMP_MISMATCH = 156
    TIMESTAMP_LOWER_THAN_PREV_ACCEPTED = 157
    MISSING_HOME_NETWORK_PREFIX_OPTION = 158
    BCE_PBU_PREFIX_SET_DO_NOT_MATCH = 159
    MISSING_MN_IDENTIFIER_OPTION = 160
    MISSING_HANDOFF_INDICATOR_OPTION = 161
    MISSING_ACCESS_TECH_TYPE_OPTION = 162
    GRE_KEY_OPTION_REQUIRED = 163
    MCOA_MALFORMED = 164
    MCOA_NON_MCOA_BINDING_EXISTS = 165
    MCOA_PROHIBITED = 166
    MCOA_UNKNOWN_COA = 167
    MCOA_BULK_REGISTRATION_PROHIBITED = 168
    MCOA_SIMULTANEOUS_HOME_AND_FOREIGN_PROHIBITED = 169
    NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE = 170
    NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS = 171
    NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE = 172
    MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED = 173
    INVALID_CARE_OF_ADDRESS = 174
    INVALID_MOBILE_NODE_GROUP_IDENTIFIER = 175
    REINIT_SA_WITH_HAC = 176
    NOT_AUTHORIZED_FOR_DELEGATED_MNP = 177
    REQUESTED_DMNP_IN_USE = 178
    CANNOT_MEET_QOS_SERVICE_REQUEST = 179
    CANNOT_SUPPORT_MULTIPATH_BINDING = 180


class BindingErrorStatus(IntEnum):
    """Status of a Binding Error (RFC 6275 §6.1.9)."""

    UNKNOWN_BINDING_FOR_HOME_ADDRESS_OPTION = 1
    UNRECOGNIZED_MH_TYPE = 2


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


class HandoffIndication(IntEnum):
    """Values of the Handoff Indicator (RFC 5213 §8.4, RFC 7864)."""

    RESERVED = 0
    ATTACHMENT_OVER_NEW_INTERFACE = 1
    HANDOFF_BETWEEN_INTERFACES = 2
    HANDOFF_BETWEEN_MAGS = 3
    HANDOFF_STATE_UNKNOWN = 4
    HANDOFF_STATE_NOT_CHANGED = 5
    ATTACHMENT_SHARING_PREFIXES = 6


class AccessTechnology(IntEnum):
    """Values of the Access Technology Type (RFC 5213 §8.5, IANA)."""

    RESERVED = 0
    VIRTUAL = 1
    PPP = 2
    IEEE_802_3 = 3
    IEEE_802_11 = 4
    IEEE_802_16E = 5
    GERAN_3GPP = 6
    UTRAN_3GPP = 7
    E_UTRAN_3GPP = 8
    EHRPD_3GPP2 = 9
    HRPD_3GPP2 = 10
    ONE_X_RTT_3GPP2 = 11
    UMB_3GPP2 = 12
    NB_IOT_3GPP = 13


class IdentifierSubtype(IntEnum):
    """What a Mobile Node Identifier holds (RFC 4283 §3, RFC 8371)."""

    NAI = 1
    IPV6_ADDRESS = 2
    IMSI = 3
    P_TMSI = 4
    EUI_48 = 5
    EUI_64 = 6
    GUTI = 7
    DUID = 8


class AuthenticationSubtype(IntEnum):
    """Whose keys a Mobility Message Authentication was made with (RFC 4285 §5)."""

    MN_HA = 1
    MN_AAA = 2


class FlowStatus(IntEnum):
    """Status in a Flow Identification option (RFC 6089 §4.2)."""

    SUCCESS = 0
    ADMINISTRATIVELY_PROHIBITED = 128
    REASON_UNSPECIFIED = 129
    MALFORMED = 130
    BID_NOT_FOUND = 131
    FID_NOT_FOUND = 132
    TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED = 133


class EarlyFlowStatus(IntEnum):
    """Status in a Flow Identification option of draft-ietf-mext-flow-binding-01 §3.1."""

    SUCCESS = 0
    REASON_UNSPECIFIED = 128
    POORLY_FORMED = 129
    ADMINISTRATIVELY_PROHIBITED = 130
    IPV6_PREFIX_IDENTIFICATION_UNSUPPORTED = 131
    PORTS_UNSUPPORTED = 132
    FLOW_LABEL_UNSUPPORTED = 133
    SPI_UNSUPPORTED = 134
    FID_IN_USE = 135
    FID_NOT_FOUND = 136
    CLASSIFIER_LANGUAGE_UNSUPPORTED = 137
    DISCARD_UNSUPPORTED = 138
    N_CAST_UNSUPPORTED = 139


class EarlyFlowAction(IntEnum):
    """Action of draft-ietf-mext-flow-binding-01 §3.1; n-cast is read as 3 (it says 2 twice)."""

    FORWARD = 1
    DISCARD = 2
    N_CAST = 3


class EarlyFlowRequest(IntEnum):
    """What is asked of a flow binding, PRO of draft-ietf-mext-flow-binding-01 §3.1."""

    ADD = 0
    REPLACE = 1
    REFRESH = 2
    REMOVE = 15


class SessionRole(IntEnum):
    """Whose home address a Session Home Address option holds (for draft-ma-dmm-romip)."""

    MOVED_NODE = 1
    CORRESPONDENT = 2


class RouterFlag(IntFlag):
    """Flags of a Router Advertisement (RFC 4861 §4.2, RFC 6275 §7.1, RFC 4389)."""

    MANAGED = 0x80
    OTHER = 0x40
    HOME_AGENT = 0x20
    PROXY = 0x04


class PrefixFlag(IntFlag):
    """Flags of a Prefix Information option (RFC 4861 §4.6.2, RFC 6275 §7.2)."""

    ON_LINK = 0x80
    AUTONOMOUS = 0x40
    ROUTER_ADDRESS = 0x20


class NeighborFlag(IntFlag):
    """Flags of a Neighbor Advertisement (RFC 4861 §4.4)."""

    ROUTER = 0x80000000
    SOLICITED = 0x40000000
    OVERRIDE = 0x20000000


class UnreachableCode(IntEnum):
    """Codes of an ICMPv6 Destination Unreachable (RFC 4443 §3.1)."""

    NO_ROUTE = 0
    ADMINISTRATIVELY_PROHIBITED = 1
    BEYOND_SCOPE = 2
    ADDRESS_UNREACHABLE = 3
    PORT_UNREACHABLE = 4
    SOURCE_FAILED_POLICY = 5
    REJECT_ROUTE = 6
