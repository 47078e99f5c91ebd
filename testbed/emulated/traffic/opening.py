"""Flows whose ends have agents that say between which addresses they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
    what the agent said that was asked last.
    """

    flow: Flow
    port: int = 0
    user: int | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Hearer:
    """Who hears of the outcome: one of the two is called."""

    opened: Callable[[Opened], None]
    failed: Callable[[Flow, str], None]


class Opener:
    """Asks the agents of a flow's ends one after the other, and tells them when it is over."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._ports = count(FIRST_PORT)
        self._users = cycle(as_user.FLOWS if as_user.available() else [None])
        self._waiting: dict[str, str] = {}  # the tokens of flows that are being opened

    def opening(self, name: str) -> bool:
        """Say whether the flow ``name`` waits for an agent."""
        return name in self._waiting

    def open(
        self, flow: Flow, opened: Callable[[Opened], None], failed: Callable[[Flow, str], None]
    ) -> None:
        """Ask for the addresses of ``flow``; one of the two hears of the outcome.

        A flow that asks nobody is open at once.
        """
        if not flow.asks:
            opened(Opened(flow))
            return
        user = next(self._users) if flow.kind == "command" else None
        self._ask(Opened(flow, self._port(flow), user), flow.asks, _Hearer(opened, failed))

    def close(self, flow: Flow) -> None:
        """Tell the agents that ``flow`` is over, or is not wanted any more."""
        self._commands.give_up(self._waiting.pop(flow.name, ""))
        for node in flow.asks:
            self._commands.tell(node, "close_flow", {"flow": flow.name})

    def _ask(self, wanted: Opened, nodes: Sequence[str], hearer: _Hearer) -> None:
        node, *later = nodes
        heard = partial(self._heard, wanted, nodes, hearer)
        about = arguments(wanted, node, later)
        self._waiting[wanted.flow.name] = self._commands.ask(node, "open_flow", about, heard)

    def _heard(
        self, wanted: Opened, nodes: Sequence[str], hearer: _Hearer, details: Mapping[str, Any]
    ) -> None:
        self._waiting.pop(wanted.flow.name, None)
        if "source" not in details:
            why = str(details.get("error", f"an answer without an address: {details}"))
            hearer.failed(wanted.flow, why)
            return
        node, *later = nodes
        flow = from_address(wanted.flow, node, str(details["source"]))
        wanted = replace(wanted, flow=flow, details=details)
        if later:
            self._ask(wanted, later, hearer)
        else:
            hearer.opened(wanted)

    def _port(self, flow: Flow) -> int:
        """Return the initiator's port; TCP must not take one again too soon after its last use."""
        if flow.kind == "tcp":
            return next(self._ports)
        return flow.identifier if flow.kind == "udp" else 0


def arguments(wanted: Opened, node: str, unknown: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the agent of ``node`` must know of a flow to choose its address there.

    The ``unknown`` ends have not been asked for theirs yet.
    """
    flow = wanted.flow
    begins, peer = node == flow.initiator, flow.peer_of(node)
    said = {
        "flow": flow.name,
        "service": flow.service or "",
        "destination": "" if peer in unknown else flow.address_of(peer),
        "protocol": _PROTOCOLS[flow.kind],
        "port": wanted.port if begins else _served(flow),
    }
    return {**said, "user": wanted.user} if begins and wanted.user is not None else said


def _served(flow: Flow) -> int:
    """Return the responder's port, 0 where there is none or nobody knows."""
    return flow.identifier if flow.kind in ("tcp", "udp") else 0


def from_address(flow: Flow, node: str, address: str) -> Flow:
    """Return ``flow`` with its end ``node`` at ``address``, also in the text of its command."""
    command = flow.command and _exchange(flow.command, flow.address_of(node), address)
    return replace(flow.at(node, address), command=command)


def _exchange(text: str, address: str, by: str) -> str:
    return re.sub(rf"(?<![0-9A-Fa-f:]){re.escape(address)}(?![0-9A-Fa-f:])", by, text)
