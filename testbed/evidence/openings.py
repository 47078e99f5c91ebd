"""How flows began and ended, as the runner and the agents of their initiators logged it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from testbed.evidence.observed import LogEvent
from testbed.topology.network import Flow

_ABOUT = ("flow_started", "flow_stopped", "flow_opened", "flow_ended")
_NOTHING: Mapping[str, Any] = {}


class Openings:
    """What the log says of each flow; of several starts the last."""

    def __init__(self, events: Iterable[LogEvent]) -> None:
        about = [each for each in events if each.event in _ABOUT and "flow" in each.details]
        self._details: dict[tuple[str, str], Mapping[str, Any]] = {
            (event.event, str(event.details["flow"])): event.details for event in about
        }
        self._given_up = {
            str(event.details["flow"]): event.at for event in about if event.event == "flow_ended"
        }

    def given_up(self) -> dict[str, float]:
        """Return when the agent of its initiator gave a flow up, of those where it did."""
        return dict(self._given_up)

    def document(self, flow: Flow) -> dict[str, Any]:
        """Return between which addresses ``flow`` ran, why these, and how it came to its end.

        ``address``, ``via`` and ``proxy`` are the choice of the initiator's agent, ``ended`` why it
        gave the flow up; ``status`` and ``succeeded`` are those of the program behind the flow.
        """
        started, stopped, opened, ended = (
            self._details.get((event, flow.name), _NOTHING) for event in _ABOUT
        )
        status = stopped.get("status")
        return {
            "service": flow.service,
            "source_address": started.get("source_address", flow.source_address),
            "destination_address": started.get("destination_address", flow.destination_address),
            "address": opened.get("source"),
            "via": opened.get("via"),
            "proxy": opened.get("proxy") or None,
            "ended": ended.get("why"),
            "status": status,
            "succeeded": stopped.get("succeeded", None if status is None else status == 0),
        }
