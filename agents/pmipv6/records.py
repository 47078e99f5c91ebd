"""What an anchor tells the run's event log about bindings and requests."""

from __future__ import annotations

from typing import Any

from agents.core.text import link_layer_text, spelled
from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.request import Request
from agents.wire.numbers import LIFETIME_UNIT


def described(binding: Binding, units: int | None = None) -> dict[str, Any]:
    """Return who has which prefixes where, and for how many ``units`` of 4 s."""
    details: dict[str, Any] = {
        "node": binding.identifier.decode(errors="replace"),
        "prefixes": [spelled(prefix) for prefix in binding.prefixes],
        "care_of": spelled(binding.care_of),
    }
    if units is not None:
        details["lifetime"] = units * LIFETIME_UNIT
    return details


def asked(request: Request) -> dict[str, Any]:
    """Return whose registration is asked, by whom."""
    return {
        "node": (request.identifier or b"").decode(errors="replace"),
        "care_of": spelled(request.care_of),
        "sequence": request.message.sequence,
    }


def row(binding: Binding, now: float) -> dict[str, Any]:
    """Return ``binding`` as a row of the table that is shown to people."""
    return {
        **described(binding),
        "link_layer_address": link_layer_text(binding.link_layer),
        "technology": binding.technology,
        "state": type(binding.state).__name__.lower(),
        "remaining": round(binding.state.deadline - now, 3),
    }
