"""Who decides about home addresses: what a registrar of bindings asks, and whom it tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from agents.core.actions import Action
from agents.mipv6.binding_cache import Binding
from agents.mipv6.update import Update
from agents.wire.numbers import Status


class Terms(NamedTuple):
    """An update is accepted: for ``max_lifetime`` seconds at most, as that of the ``node``."""

    max_lifetime: float
    node: str | None = None


class Inquiry(NamedTuple):
    """An update waits while ``actions`` find out, until ``Registrar.resume`` asks again."""

    actions: Sequence[Action]


class Authority(Protocol):
    """Knows the home addresses that a registrar serves: a home agent's, or a home proxy's.

    It is asked once the update is authentic, fresh and in sequence, and is told of a binding
    after the tunnel and the route of it were asked for.
    """

    def admit(self, update: Update, binding: Binding | None) -> Terms | Inquiry | Status:
        """Return on what terms ``update`` is accepted, or the status that refuses it.

        ``binding`` is the one that stands. Statuses 129 to 134 are meant (RFC 6275 §10.3.1).
        """
        ...

    def may_delete(self, update: Update, binding: Binding) -> bool:
        """Say whether the sender of ``update`` may end ``binding``, or a part of it."""
        ...

    def retains(self, update: Update, binding: Binding) -> bool:
        """Say whether ``binding`` outlives ``update``, which has the lifetime 0.

        So it does where less than the binding is to end; ``bound`` is told, and the update is
        acknowledged.
        """
        ...

    def bound(self, binding: Binding, update: Update, previous: Binding | None) -> Sequence[Action]:
        """Take note that ``binding`` stands: new (no ``previous``), moved or refreshed."""
        ...

    def released(self, binding: Binding, now: float) -> Sequence[Action]:
        """Take note that ``binding`` is gone: deleted by its mobile node, expired or revoked."""
        ...

    def options(self, update: Update, status: Status) -> Sequence[Any]:
        """Return mobility options to add to the acknowledgement of ``update``."""
        ...
