"""Events of the log that ladders show: links that come and go, routes, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from testbed.evidence.ladder.rung import EVENT, Rung
from testbed.evidence.moves import RUNNER
from testbed.evidence.observed import LogEvent
from testbed.evidence.subjects import Subjects
from testbed.topology.network import Network

_OF_AGENTS = frozenset({"route_installed", "route_removed", "care_of_usable"})


def happenings(network: Network, events: Iterable[LogEvent], subjects: Subjects) -> Iterator[Rung]:
    """Yield ``events``, in order of time, as rungs: of a link, from the mobile to its router."""
    plugged: dict[str, str] = {}  # interface -> router
    for event in events:
        if event.node == RUNNER and event.event in ("link_up", "link_down"):
            interface = str(event.details["interface"])
            if event.event == "link_up":
                plugged[interface] = network.accesses[event.details["access"]].router
            yield _plugged(event, interface, plugged.get(interface, ""))
        elif event.event in _OF_AGENTS and (subject := subjects.of_event(event)):
            mobile, interface = subject
            yield Rung(
                EVENT, event.at, event.event, event.node, "", mobile=mobile, interface=interface
            )


def _plugged(event: LogEvent, interface: str, router: str) -> Rung:
    mobile = str(event.details["subject"])
    return Rung(EVENT, event.at, event.event, mobile, router, mobile=mobile, interface=interface)
