"""What must hold before an anchor acts on a Proxy Binding Update (RFC 5213 §5.3.1, in order)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.pmipv6.authentication import Authenticator
from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.config import AnchorConfig
from agents.pmipv6.ordering import Ordering
from agents.pmipv6.request import Request
from agents.wire.numbers import Status


@dataclass(frozen=True, slots=True)
class Rules:
    """What the checks go by."""

    config: AnchorConfig
    ordering: Ordering
    authenticator: Authenticator


def refusal(request: Request, binding: Binding | None, rules: Rules) -> Status | None:
    """Return the status of the first check that fails, or None.

    ``binding`` is the session that the request turned out to be about, if there is one.
    """
    for check in CHECKS:
        status = check(request, binding, rules)
        if status is not None:
            return status
    return None


def _authentic(request: Request, _: Binding | None, rules: Rules) -> Status | None:
    """Item 1, with the mobility authentication option (RFC 4285 §5.1)."""
    return (
        None
        if rules.authenticator.verify(request.event, request.event.source)
        else Status.MIPV6_AUTH_FAIL
    )


def _identified(request: Request, _: Binding | None, __: Rules) -> Status | None:
    """Item 4."""
    return Status.MISSING_MN_IDENTIFIER_OPTION if request.identifier is None else None


def _from_gateway(request: Request, _: Binding | None, rules: Rules) -> Status | None:
    """Items 5 and 6: the sender is one of the domain's gateways, all trusted for all nodes."""
    if request.event.source in rules.config.mags:
        return None
    return Status.MAG_NOT_AUTHORIZED_FOR_PROXY_REG


def _to_gateway(request: Request, _: Binding | None, rules: Rules) -> Status | None:
    """An Alternate Care-of Address could else send a node's traffic anywhere (§6.9.1.5)."""
    if request.care_of in rules.config.mags:
        return None
    return Status.INVALID_CARE_OF_ADDRESS


def _known(request: Request, _: Binding | None, rules: Rules) -> Status | None:
    """Item 7."""
    if request.identifier in rules.config.mobiles:
        return None
    return Status.NOT_LMA_FOR_THIS_MOBILE_NODE


def _enabled(request: Request, _: Binding | None, rules: Rules) -> Status | None:
    """Item 8."""
    profile = rules.config.mobiles[request.identifier or b""]
    return None if profile.enabled else Status.PROXY_REG_NOT_ENABLED


def _in_order(request: Request, binding: Binding | None, rules: Rules) -> Status | None:
    """Item 9."""
    return rules.ordering.judge(request, binding)


def _with_prefix(request: Request, _: Binding | None, __: Rules) -> Status | None:
    """Item 10."""
    return None if request.prefix_options else Status.MISSING_HOME_NETWORK_PREFIX_OPTION


def _with_handoff(request: Request, _: Binding | None, __: Rules) -> Status | None:
    """Item 11."""
    return Status.MISSING_HANDOFF_INDICATOR_OPTION if request.handoff is None else None


def _with_technology(request: Request, _: Binding | None, __: Rules) -> Status | None:
    """Item 12."""
    return Status.MISSING_ACCESS_TECH_TYPE_OPTION if request.technology is None else None


Check = Callable[[Request, Binding | None, Rules], Status | None]

CHECKS: tuple[Check, ...] = (
    _authentic,
    _identified,
    _from_gateway,
    _to_gateway,
    _known,
    _enabled,
    _in_order,
    _with_prefix,
    _with_handoff,
    _with_technology,
)
