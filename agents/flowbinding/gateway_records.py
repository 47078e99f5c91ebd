"""What a gateway tells the run's event log about flows."""

from __future__ import annotations

from typing import Any

from agents.core.actions import Record
from agents.core.text import spelled
from agents.flowbinding import selectors
from agents.flowbinding.guests import Guest, Offload


def alternatives(guest: Guest) -> Record:
    """Return at which other gateways a node is."""
    return Record(
        "alternatives",
        {
            "node": guest.identifier,
            "gateways": [spelled(each.gateway) for each in guest.alternatives],
            "technologies": [each.technology for each in guest.alternatives],
        },
    )


def requested(guest: Guest, offload: Offload) -> Record:
    """Return that a flow is wanted elsewhere, and why."""
    why = {"target": spelled(offload.target.gateway), "cause": offload.cause}
    return Record("flow_requested", {**_flow(guest, offload), **_packets(offload), **why})


def granted(guest: Guest, offload: Offload) -> Record:
    """Return that the anchor has agreed."""
    target = spelled(offload.target.gateway)
    return Record("flow_granted", {**_flow(guest, offload), "target": target})


def denied(guest: Guest, offload: Offload, status: int) -> Record:
    """Return that the anchor has refused."""
    details = {"target": spelled(offload.target.gateway), "status": status}
    return Record("flow_denied", {**_flow(guest, offload), **details})


def withdrawn(guest: Guest, offload: Offload, cause: str) -> Record:
    """Return that a flow is wanted elsewhere no longer."""
    details = {**_flow(guest, offload), **_packets(offload), "cause": cause}
    return Record("flow_withdrawn", details)


def service(event: str, guest: Guest) -> Record:
    """Return that an interface went out of service, or came back."""
    return Record(event, {"node": guest.identifier, "interface": guest.visit.interface})


def row(guest: Guest, offload: Offload) -> dict[str, Any]:
    """Return ``offload`` as a row of the table that is shown to people."""
    target = spelled(offload.target.gateway)
    return {**_flow(guest, offload), "target": target, "state": offload.stage.value}


def _flow(guest: Guest, offload: Offload) -> dict[str, Any]:
    return {"node": guest.identifier, "flow": offload.text, "service": offload.service}


def _packets(offload: Offload) -> dict[str, Any]:
    return {"selector": selectors.values(offload.selector)}
