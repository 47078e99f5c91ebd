"""Flow Identification options: what is asked or said of a flow, in either layout.

The layout of 2009 knows a flow by its selector (xia §5 wants its FID to be 0), that of RFC 6089 by
a number that the gateway gives it and that is unique within one binding.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from agents.core.flows import FlowSelector
from agents.flowbinding.selectors import Unreadable, from_wire, to_wire
from agents.flowbinding.statuses import Outcome
from agents.wire.draft_numbers import EarlyFlowAction, EarlyFlowRequest
from agents.wire.flow_options import EarlyFlowIdentification, FlowIdentification, FlowSummary
from agents.wire.flow_sub_options import Ipv6TrafficSelector
from agents.wire.options import Padding

_REMOVE = int(EarlyFlowRequest.REMOVE)
_LOWEST_PRIORITY = 0xFF
_ACTIONS = {
    int(EarlyFlowAction.DISCARD): Outcome.DISCARD_UNSUPPORTED,
    int(EarlyFlowAction.N_CAST): Outcome.N_CAST_UNSUPPORTED,
}


class Layout(StrEnum):
    """Which option identifies flows."""

    EARLY = "early"
    RFC6089 = "rfc6089"


class Said(NamedTuple):
    """What one Flow Identification option says.

    ``selector`` is None where it has none; ``fault`` says what is wrong with it. ``identifier``
    is 0 in the layout of 2009; ``removes`` asks or tells that the flow is bound no longer.
    """

    selector: FlowSelector | None
    fault: Outcome | None
    identifier: int
    priority: int
    removes: bool
    status: int
    option: EarlyFlowIdentification | FlowIdentification


def read(options: Iterable[Any]) -> list[Said]:
    """Return what all Flow Identification options among ``options`` say."""
    return [
        _early(option) if type(option) is EarlyFlowIdentification else _final(option)
        for option in options
        if type(option) in (EarlyFlowIdentification, FlowIdentification)
    ]


def summary(options: Iterable[Any]) -> frozenset[int]:
    """Return the identifiers of the flows that a message wants kept (RFC 6089 §4.2.2)."""
    return frozenset(
        identifier
        for option in options
        if type(option) is FlowSummary
        for identifier in option.identifiers
    )


def identification(
    layout: Layout,
    selector: FlowSelector,
    priority: int,
    identifier: int,
    request: EarlyFlowRequest = EarlyFlowRequest.ADD,
) -> EarlyFlowIdentification | FlowIdentification:
    """Return the option that asks ``request`` for a flow; RFC 6089 asks nothing but to bind it."""
    wire = (to_wire(selector),)
    if layout is Layout.EARLY:
        lowest = min(priority, _LOWEST_PRIORITY)
        return EarlyFlowIdentification(lowest, request=int(request), sub_options=wire)
    return FlowIdentification(identifier, priority, sub_options=wire)


def withdrawal(
    layout: Layout, selector: FlowSelector, priority: int, identifier: int, outcome: Outcome
) -> EarlyFlowIdentification | FlowIdentification:
    """Return the option by which an anchor says that a flow is bound no longer."""
    option = identification(layout, selector, priority, identifier, EarlyFlowRequest.REMOVE)
    if isinstance(option, EarlyFlowIdentification) and outcome is Outcome.NOT_FOUND:
        return option  # PRO says it all
    return with_status(option, outcome)


def with_status(
    option: EarlyFlowIdentification | FlowIdentification, outcome: Outcome
) -> EarlyFlowIdentification | FlowIdentification:
    """Return ``option`` as an answer, with the status of ``outcome``."""
    if isinstance(option, EarlyFlowIdentification):
        return EarlyFlowIdentification(
            option.priority,
            option.identifier,
            option.action,
            outcome.early,
            option.request,
            sub_options=option.sub_options,
        )
    return FlowIdentification(option.identifier, option.priority, outcome.final, option.sub_options)


def unknown(identifier: int) -> FlowIdentification:
    """Return the answer for a flow that a Flow Summary names and nobody knows."""
    return FlowIdentification(identifier, _LOWEST_PRIORITY, Outcome.NOT_FOUND.final)


def _early(option: EarlyFlowIdentification) -> Said:
    selector, fault = _selector(option.sub_options)
    fault = _ACTIONS.get(option.action, fault)
    removes = option.request == _REMOVE
    return Said(selector, fault, 0, option.priority, removes, option.status, option)


def _final(option: FlowIdentification) -> Said:
    selector, fault = _selector(option.sub_options)
    if not (option.identifier and option.priority):
        fault = Outcome.MALFORMED  # both are reserved (RFC 6089 §4.2)
    return Said(selector, fault, option.identifier, option.priority, False, option.status, option)


def _selector(sub_options: Iterable[Any]) -> tuple[FlowSelector | None, Outcome | None]:
    """Return the flow and what is wrong: RFC 6089 §4.2.1.4 wants one selector at most."""
    others = [each for each in sub_options if type(each) is not Padding]
    selectors = [each for each in others if type(each) is Ipv6TrafficSelector]
    if len(selectors) > 1:
        return None, Outcome.MALFORMED
    if not selectors:
        return None, Outcome.FORMAT_UNSUPPORTED if others else Outcome.MALFORMED
    try:
        return from_wire(selectors[0]), None
    except Unreadable as error:
        return None, error.outcome
