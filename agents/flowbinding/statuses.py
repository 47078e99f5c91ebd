"""What becomes of a flow that a gateway wants elsewhere, and how each layout says it."""

from __future__ import annotations

from enum import Enum

from agents.wire.draft_numbers import EarlyFlowStatus
from agents.wire.numbers import FlowStatus


class Outcome(Enum):
    """The result for one flow: why, and its status in the layouts of 2009 and of RFC 6089.

    Neither layout has a status for a lack of bandwidth, nor the first one for an interface that
    is not there: both count as unspecified.
    """

    GRANTED = "granted", EarlyFlowStatus.SUCCESS, FlowStatus.SUCCESS
    POLICY = (
        "policy",
        EarlyFlowStatus.ADMINISTRATIVELY_PROHIBITED,
        FlowStatus.ADMINISTRATIVELY_PROHIBITED,
    )
    NOT_SERVED = (
        "not served here",
        EarlyFlowStatus.ADMINISTRATIVELY_PROHIBITED,
        FlowStatus.ADMINISTRATIVELY_PROHIBITED,
    )
    BANDWIDTH = "bandwidth", EarlyFlowStatus.REASON_UNSPECIFIED, FlowStatus.REASON_UNSPECIFIED
    INQUIRY = "inquiry", EarlyFlowStatus.REASON_UNSPECIFIED, FlowStatus.REASON_UNSPECIFIED
    LIMIT = "limit", EarlyFlowStatus.REASON_UNSPECIFIED, FlowStatus.REASON_UNSPECIFIED
    TARGET = "target", EarlyFlowStatus.REASON_UNSPECIFIED, FlowStatus.BID_NOT_FOUND
    MALFORMED = "malformed", EarlyFlowStatus.POORLY_FORMED, FlowStatus.MALFORMED
    NOT_FOUND = "not found", EarlyFlowStatus.FID_NOT_FOUND, FlowStatus.FID_NOT_FOUND
    RANGE_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.IPV6_PREFIX_IDENTIFICATION_UNSUPPORTED,
        FlowStatus.TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED,
    )
    PORTS_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.PORTS_UNSUPPORTED,
        FlowStatus.TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED,
    )
    FLOW_LABEL_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.FLOW_LABEL_UNSUPPORTED,
        FlowStatus.TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED,
    )
    SPI_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.SPI_UNSUPPORTED,
        FlowStatus.TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED,
    )
    FORMAT_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.CLASSIFIER_LANGUAGE_UNSUPPORTED,
        FlowStatus.TRAFFIC_SELECTOR_FORMAT_UNSUPPORTED,
    )
    DISCARD_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.DISCARD_UNSUPPORTED,
        FlowStatus.REASON_UNSPECIFIED,
    )
    N_CAST_UNSUPPORTED = (
        "unsupported",
        EarlyFlowStatus.N_CAST_UNSUPPORTED,
        FlowStatus.REASON_UNSPECIFIED,
    )

    def __init__(self, reason: str, early: EarlyFlowStatus, final: FlowStatus) -> None:
        self.reason = reason
        self.early = int(early)
        self.final = int(final)
