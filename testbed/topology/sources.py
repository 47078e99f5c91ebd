"""The files that a network is resolved from: a topology, and a scenario that replaces its play."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from testbed.topology.document import Document, Location
from testbed.topology.errors import TopologyError, suggest


@dataclass(frozen=True, slots=True)
class Sources:
    """The topology's document, and the scenario's whose keys take precedence."""

    topology: Document
    scenario: Document | None = None

    def of(self, location: Location) -> Document:
        """Return the document that holds ``location``."""
        if self.scenario and location and location[0] in self.scenario.data:
            return self.scenario
        return self.topology

    def line(self, location: Location) -> int:
        """Return the line of ``location`` in its document."""
        return self.of(location).line(location)

    def error(self, location: Location, message: str) -> TopologyError:
        """Return the error that ``message`` is about the value at ``location``."""
        return self.of(location).error(location, message)

    def unknown(
        self, location: Location, what: str, given: str, known: Iterable[str]
    ) -> TopologyError:
        """Return the error that ``given`` names no ``what`` of those ``known``."""
        return self.error(location, f"unknown {what} {given!r}: {suggest(given, known)}")
