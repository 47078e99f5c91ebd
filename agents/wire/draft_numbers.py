"""Values of the fields that the drafts define."""

from __future__ import annotations

from enum import IntEnum


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
