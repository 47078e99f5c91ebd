"""What home agents and correspondents tell the run's event log and people about bindings."""

from __future__ import annotations

from typing import Any

from agents.core.actions import Drop, Record
from agents.core.text import spelled
from agents.mipv6.binding_cache import Binding
from agents.mipv6.update import Update
from agents.wire.numbers import LIFETIME_UNIT, Status


def accepted(binding: Binding, units: int) -> Record:
    """Return the record of a binding that stands for ``units`` of 4 s from now."""
    details = {**_binding(binding), "sequence": binding.sequence, "lifetime": units * LIFETIME_UNIT}
    return Record("binding_accepted", details)


def deleted(binding: Binding, why: str) -> Record:
    """Return the record of a binding that is gone."""
    return Record("binding_deleted", {**_binding(binding), "why": why})


def refused(update: Update, status: Status, binding: Binding | None) -> Record:
    """Return the record of an update that was refused, whatever became of the ``binding``."""
    details = {**asked(update), "status": int(status), "reason": status.name}
    if binding is not None:
        details["node"] = _node(binding)
    return Record("binding_refused", details)


def dropped(update: Update, reason: str) -> Drop:
    """Return the drop of an update that gets no answer."""
    return Drop(reason, {**asked(update), "source": spelled(update.event.source)})


def asked(update: Update) -> dict[str, Any]:
    """Return whose binding is asked for."""
    return {
        "node": update.identifier or spelled(update.home_address),
        "home_address": spelled(update.home_address),
        "care_of": spelled(update.care_of),
        "sequence": update.message.sequence,
    }


def row(binding: Binding, now: float) -> dict[str, Any]:
    """Return ``binding`` as a row of the table that is shown to people."""
    return {**_binding(binding), "remaining": round(binding.remaining(now), 3)}


def _binding(binding: Binding) -> dict[str, Any]:
    return {
        "node": _node(binding),
        "home_address": spelled(binding.home_address),
        "care_of": spelled(binding.care_of),
    }


def _node(binding: Binding) -> str:
    return binding.identifier or spelled(binding.home_address)
