"""What an anchor tells the run's event log about flows."""

from __future__ import annotations

from typing import Any

from agents.core.actions import Record
from agents.core.text import spelled
from agents.flowbinding import selectors
from agents.flowbinding.flow_table import FlowEntry
from agents.flowbinding.layouts import Said
from agents.flowbinding.statuses import Outcome
from agents.pmipv6.binding_cache import Binding
from agents.wire.address import Address


def about(entry: FlowEntry) -> dict[str, Any]:
    """Return whose flow it is, and where it is to go."""
    return {**_flow(entry), "gateway": spelled(entry.target.care_of)}


def moved(entry: FlowEntry, source: Address) -> Record:
    """Return that a flow now goes to its target."""
    cause = "out of service" if entry.whole else "requested"
    where = {"from": spelled(source), "to": spelled(entry.target.care_of), "cause": cause}
    return Record("flow_moved", {**_flow(entry), "selector": _values(entry), **where})


def returned(entry: FlowEntry, home: Binding, cause: str) -> Record:
    """Return that a flow goes where its prefix goes again."""
    where = {
        "from": spelled(entry.target.care_of),
        "to": spelled(home.care_of),
        "cause": cause,
    }
    return Record("flow_returned", {**_flow(entry), "selector": _values(entry), **where})


def ended(entry: FlowEntry, cause: str) -> Record:
    """Return that a flow is no more."""
    return Record("flow_ended", {**_flow(entry), "selector": _values(entry), "cause": cause})


def refused(asking: Binding, said: Said, outcome: Outcome, service: str) -> Record:
    """Return why a flow stays where it is."""
    flow = "" if said.selector is None else selectors.text(said.selector, service)
    return Record(
        "flow_refused",
        {
            "node": asking.identifier.decode(errors="replace"),
            "flow": flow,
            "service": service,
            "gateway": spelled(asking.care_of),
            "status": outcome.early if said.identifier == 0 else outcome.final,
            "reason": outcome.reason,
        },
    )


def row(entry: FlowEntry) -> dict[str, Any]:
    """Return ``entry`` as a row of the table that is shown to people."""
    return {
        **_flow(entry),
        "serving": spelled(entry.serving.care_of),
        "target": spelled(entry.target.care_of),
        "state": "out of service" if entry.whole else "stale" if entry.stale else "bound",
    }


def _flow(entry: FlowEntry) -> dict[str, Any]:
    return {
        "node": entry.serving.identifier.decode(errors="replace"),
        "flow": entry.text,
        "service": entry.service,
    }


def _values(entry: FlowEntry) -> dict[str, Any]:
    return selectors.values(entry.selector)
