"""Requests that wait for a session to be released by its gateway (RFC 5213 §5.4.1.2, item 4)."""

from __future__ import annotations

from dataclasses import dataclass

from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.request import Request


@dataclass(slots=True, eq=False)
class Waiting:
    """A request that takes over ``binding`` once it is released, or gets a session of its own.

    The latter ``until`` has passed: MaxDelayBeforeNewBCEAssign after the request came first.
    """

    request: Request
    binding: Binding
    until: float


class WaitingRoom:
    """All waiting requests, at most one for each interface of a mobile node."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[bytes | None, bytes], Waiting] = {}

    def enter(self, request: Request, binding: Binding, until: float) -> Waiting | None:
        """Let ``request`` wait; None where it repeats one, whose place and time it takes."""
        earlier = self._waiting.get(request.interface)
        if earlier is not None:
            earlier.request = request
            return None
        waiting = self._waiting[request.interface] = Waiting(request, binding, until)
        return waiting

    def leave(self, request: Request) -> Waiting | None:
        """Take out what waits for the interface of ``request``."""
        return self._waiting.pop(request.interface, None)

    def next_for(self, binding: Binding) -> Waiting | None:
        """Return the request that has waited longest for ``binding``."""
        for waiting in self._waiting.values():
            if waiting.binding is binding:
                return waiting
        return None
