"""Which packets of a run `dmm-testbed trace` is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from testbed.cli.errors import InputError
from testbed.cli.stored import StoredRun
from testbed.evidence.flows import mobile_direction
from testbed.evidence.journeys.journey import Journey, journeys, lost, most_delayed, of_frame
from testbed.evidence.journeys.messages import message_journeys
from testbed.evidence.observed import Sighting
from testbed.topology.network import Flow


class Picker(NamedTuple):
    """The option that chooses packets, and its value."""

    name: str
    value: int


class Chosen(NamedTuple):
    """Packets with what they have in common: "flow voip, down"."""

    title: str
    journeys: Sequence[Journey]
    of: int  # so many it was chosen from


class Choice:
    """Finds packets of one flow and direction, or messages of one name, in a run."""

    def __init__(
        self, run: StoredRun, flow: str | None, message: str | None, direction: str | None
    ) -> None:
        if flow is not None and message is not None:
            raise InputError("--flow and --message at once: a packet is of one of them")
        if message is not None and direction is not None:
            raise InputError("--direction is of a flow; messages have none")
        self._run, self._flow = run, flow
        self._message, self._direction = message, direction

    def journeys(self, picker: Picker) -> Chosen:
        """Return the packets that ``picker`` chooses; InputError where there are none."""
        if picker.name == "--frame":
            return self._in_frame(picker.value)
        if self._message is not None:
            return self._picked(picker, *self._messages(self._message))
        flow = self._named(self._flow)
        return self._picked(picker, *self._way(flow, self._sightings(flow)))

    def _messages(self, name: str) -> tuple[str, list[Journey]]:
        found = self._all_messages()
        names = sorted({each.name for each in found})
        if name not in names:
            said = f"the run has {', '.join(names)}" if names else "the run has no messages"
            raise InputError(f"no message {name}: {said}")
        return f"message {name}", [each for each in found if each.name == name]

    def _all_messages(self) -> list[Journey]:
        signals, _ = self._run.read(lambda sighting: False)
        return message_journeys(self._run.network, signals, self._run.events)

    def _named(self, name: str | None) -> Flow:
        flows = self._run.network.flows
        if not flows:
            raise InputError("the run has no flows; choose messages with --message")
        known = ", ".join(flows)
        if name is None:
            if len(flows) > 1:
                raise InputError(f"which flow? --flow is one of {known}")
            return next(iter(flows.values()))
        if name not in flows:
            raise InputError(f"no flow {name}: the run has {known}")
        return flows[name]

    def _sightings(self, flow: Flow) -> list[Sighting]:
        return self._run.read(lambda sighting: sighting.flow == flow.name)[1]

    def _way(self, flow: Flow, seen: list[Sighting]) -> tuple[str, list[Journey]]:
        """Return the packets of the direction that is asked for, else of the one that has some."""
        by_direction = {
            mobile_direction(self._run.network, flow, downward): journeys(flow, downward, seen)
            for downward in (True, False)
        }
        direction = self._direction or ("down" if by_direction["down"] else "up")
        found = by_direction[direction]
        if not found:
            raise InputError(f"flow {flow.name} has no packets {direction}")
        return f"flow {flow.name}, {direction}", found

    def _picked(self, picker: Picker, title: str, found: list[Journey]) -> Chosen:
        match picker:
            case ("--packet", number):
                if number > len(found):
                    said = f"{title}: has {len(found)} packets, no number {number}"
                    raise InputError(said)
                return Chosen(title, found[number - 1 : number], len(found))
            case ("--sequence", number):
                return Chosen(title, _with_sequence(title, found, number), len(found))
            case ("--lost", _):
                return Chosen(f"{title}, lost", lost(found), len(found))
        return Chosen(f"{title}, slowest first", most_delayed(found), len(found))

    def _in_frame(self, frame: int) -> Chosen:
        """Return what the frame shows: a packet of a flow, or a message."""
        if self._run.result["backend"] == "simulated":
            raise InputError("--frame: a simulated run has no capture; choose with --packet")
        for option, value in (("--flow", self._flow), ("--message", self._message)):
            if value is not None:
                raise InputError(f"--frame says which packet it is: leave {option} out")
        signals, packets = self._run.read(lambda sighting: sighting.frame == frame)
        if not packets:
            found = message_journeys(self._run.network, signals, self._run.events)
            shown = of_frame(found, frame)
            if not shown:
                raise InputError(f"frame {frame} shows no packet of a flow, and no signalling")
            alike = sum(each.name == shown[0].name for each in found)
            return Chosen(f"message {shown[0].name}", shown, alike)
        flow = self._run.network.flows[packets[0].flow]
        direction = mobile_direction(self._run.network, flow, packets[0].downward)
        found = journeys(flow, packets[0].downward, self._sightings(flow))
        title = f"flow {flow.name}, {direction}"
        shown = of_frame(found, frame)
        if not shown:
            said = "a segment without data, which nothing tells from others like it"
            raise InputError(f"frame {frame} is of {title}: {said}")
        return Chosen(title, shown, len(found))


def _with_sequence(title: str, found: list[Journey], number: int) -> list[Journey]:
    carrying = [each for each in found if each.carries(number)]
    if carrying:
        return carrying
    known = [each.sequence for each in found if each.sequence is not None]
    if not known:
        raise InputError(f"{title}: its packets carry no sequence number; choose with --packet")
    said = f"they go from {min(known)} to {max(known)}"
    raise InputError(f"{title}: no packet with sequence number {number} was seen; {said}")
