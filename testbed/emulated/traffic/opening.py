"""Flows whose initiator has an agent that says from which address they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, cycle
from typing import Any

from testbed.emulated.commands import Commands
from testbed.emulated.traffic import as_user
from testbed.topology.network import Flow

FIRST_PORT = 20_001  # below those that the kernel gives to programs by itself
_PROTOCOLS = {"ping": 58, "udp": 17, "tcp": 6, "command": 0}


@dataclass(frozen=True, slots=True)
class Opened:
    """A flow that may start: with the addresses it runs between, and why it has them.

    ``port`` is the initiator's own, 0 where its program takes any, and ``user`` the one whose
    programs have that address without a choice of theirs (None: no such user). ``details`` is
    what the agent said.
    """

    flow: Flow
    port: int = 0
    user: int | None = None
    details: Mapping[str, Any] | None = None


class Opener:
    """Asks the agents of initiators, and tells them when flows are over."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._ports = count(FIRST_PORT)
        self._users = cycle(as_user.FLOWS if as_user.available() else [None])
        self._waiting: dict[str, str] = {}  # the tokens of flows that are being opened

    def opening(self, name: str) -> bool:
        """Say whether the flow ``name`` waits for its agent."""
        return name in self._waiting

    def open(
        self, flow: Flow, opened: Callable[[Opened], None], failed: Callable[[Flow, str], None]
    ) -> None:
        """Ask for the address of ``flow``; one of the two hears of the outcome.

        A flow that asks nobody is open at once.
        """
        if not asks(flow):
            opened(Opened(flow))
            return
        user = next(self._users) if flow.kind == "command" else None
        wanted = Opened(flow, self._port(flow), user)
        heard = partial(self._heard, wanted, opened, failed)
        token = self._commands.ask(flow.initiator, "open_flow", arguments(wanted), heard)
        self._waiting[flow.name] = token

    def close(self, flow: Flow) -> None:
        """Tell the agent that ``flow`` is over, or is not wanted any more."""
        if asks(flow):
            self._commands.give_up(self._waiting.pop(flow.name, ""))
            self._commands.tell(flow.initiator, "close_flow", {"flow": flow.name})

    def _heard(
        self,
        wanted: Opened,
        opened: Callable[[Opened], None],
        failed: Callable[[Flow, str], None],
        details: Mapping[str, Any],
    ) -> None:
        self._waiting.pop(wanted.flow.name, None)
        if "source" in details:
            flow = from_address(wanted.flow, str(details["source"]))
            opened(replace(wanted, flow=flow, details=details))
        else:
            failed(
                wanted.flow, str(details.get("error", f"an answer without an address: {details}"))
            )

    def _port(self, flow: Flow) -> int:
        """Return the initiator's port; TCP must not take one again too soon after its last use."""
        if flow.kind == "tcp":
            return next(self._ports)
        return flow.identifier if flow.kind == "udp" else 0


def asks(flow: Flow) -> bool:
    """Say whether somebody is to be asked: only a flow that goes somewhere has an address."""
    return flow.asks and bool(flow.destination)


def arguments(wanted: Opened) -> dict[str, Any]:
    """Return what the agent must know of a flow to choose its address."""
    flow = wanted.flow
    begun_at_source = flow.initiator == flow.source
    said = {
        "flow": flow.name,
        "service": flow.service or "",
        "destination": flow.destination_address if begun_at_source else flow.source_address,
        "protocol": _PROTOCOLS[flow.kind],
        "port": wanted.port,
    }
    return said if wanted.user is None else {**said, "user": wanted.user}


def from_address(flow: Flow, address: str) -> Flow:
    """Return ``flow`` with its initiator at ``address``, also in the text of its command."""
    if flow.initiator != flow.source:
        return replace(flow, destination_address=address)
    command = flow.command and _exchange(flow.command, flow.source_address, address)
    return replace(flow, source_address=address, command=command)


def _exchange(text: str, address: str, by: str) -> str:
    return re.sub(rf"(?<![0-9A-Fa-f:]){re.escape(address)}(?![0-9A-Fa-f:])", by, text)
