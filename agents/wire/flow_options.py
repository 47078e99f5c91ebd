"""Flow identification: the options of RFC 6089 and of its draft of 2009.

Their sub-options are in ``flow_sub_options``.
"""

from typing import Annotated, ClassVar

from agents.wire.draft_numbers import EarlyFlowAction, EarlyFlowRequest, EarlyFlowStatus
from agents.wire.layout import (
    Layout,
    numbers,
    options,
    uint,
    zero,
)
from agents.wire.numbers import FlowStatus
from agents.wire.value import value


@value
class FlowSummary:
    """The flow bindings that are to be kept."""

    identifiers: Annotated[tuple[int, ...], numbers("flow identifiers")]
    LAYOUT: ClassVar = Layout("Flow Summary", 44, "RFC 6089 §4.2.2", align=(2, 0))


@value
class FlowIdentification:
    """A flow and where it goes, in its final layout."""

    identifier: Annotated[int, uint(16, "FID, not 0, unique per mobile node")]
    priority: Annotated[int, uint(16, "FID-PRI, not 0, unique per mobile node; lower wins")]
    status: Annotated[int, uint(8, "in an acknowledgement", values=FlowStatus)] = 0
    sub_options: Annotated[tuple[object, ...], options("flow", "sub-options")] = ()
    reserved: Annotated[int, zero(8)] = 0
    LAYOUT: ClassVar = Layout(
        "Flow Identification",
        45,
        "RFC 6089 §4.2",
        "identifier priority reserved status sub_options",
        align=(2, 0),
    )


@value
class EarlyFlowIdentification:
    """A flow and where it goes, in the layout of February 2009 that xia §5 cites.

    Its length is read in octets, as that of every option, and its sub-options are padded to a
    multiple of 8 octets.
    """

    priority: Annotated[int, uint(8, "PRI, lower wins")]
    identifier: Annotated[int, uint(16, "FID; xia §5 wants 0")] = 0
    action: Annotated[int, uint(8, "what to do", values=EarlyFlowAction)] = EarlyFlowAction.FORWARD
    status: Annotated[int, uint(8, "in an acknowledgement", values=EarlyFlowStatus)] = 0
    request: Annotated[int, uint(4, "PRO", values=EarlyFlowRequest)] = EarlyFlowRequest.ADD
    reserved: Annotated[int, zero(4)] = 0
    sub_options: Annotated[tuple[object, ...], options("early flow", "sub-options")] = ()
    LAYOUT: ClassVar = Layout(
        "Flow Identification (February 2009)",
        241,
        "draft-ietf-mext-flow-binding-01 §3.1",
        align=(8, 0),
        draft="draft-xia-netext-flow-binding",
    )
