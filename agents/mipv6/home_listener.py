"""Who is told what becomes of the homes of a mobile node, and of its care-of address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agents.core.actions import Action
from agents.wire.address import Address


class HomeListener(Protocol):
    """Told by a ``MobileNode`` in the step in which it happens.

    What is returned is done after what the mobile node itself does about it (routes, tunnels,
    messages). A listener may call ``add_home``, ``remove_home`` and ``optimize`` from here and
    return their actions with its own.
    """

    def registered(self, home: Address, lifetime: float, now: float) -> Sequence[Action]:
        """Take note that the agent of ``home`` has accepted, for ``lifetime`` seconds from now.

        Told at each acceptance: the first, after each move, at each refresh. The tunnel and the
        route from ``home`` stand.
        """
        ...

    def refused(self, home: Address, status: int, now: float) -> Sequence[Action]:
        """Take note that the agent of ``home`` has refused it (``Status``, 128 and above).

        Nothing leaves from ``home`` any longer. The node asks again by itself where waiting may
        help (130), and after a move; ``remove_home`` ends that.
        """
        ...

    def unreachable(self, home: Address, now: float) -> Sequence[Action]:
        """Take note that several updates to the agent of ``home`` went without an answer.

        Told once, until it answers. The node goes on asking, ever more slowly; a binding that
        stands does so until its lifetime is over (then ``expired``).
        """
        ...

    def expired(self, home: Address, now: float) -> Sequence[Action]:
        """Take note that the binding of ``home`` is over, unanswered: nothing leaves from it."""
        ...

    def moving(self, care_of: Address, interface: str, now: float) -> Sequence[Action]:
        """Take note that the node is about to bind its homes to ``care_of`` on ``interface``.

        Told when a new care-of address has become usable, before it replaces the old one and any
        update for it is sent; what is returned is done before that too. A home that is held or
        removed here (``hold_home``, ``remove_home``) is not bound to it.
        """
        ...

    def care_of_changed(self, care_of: Address | None, now: float) -> Sequence[Action]:
        """Take note of the address where the node is now; None where its link is lost.

        The updates of all homes have been sent. Told also when the link has come back to the
        same address after a None.
        """
        ...


class NobodyListens:
    """The listener of a mobile node that stands alone."""

    def registered(self, home: Address, lifetime: float, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()

    def refused(self, home: Address, status: int, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()

    def unreachable(self, home: Address, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()

    def expired(self, home: Address, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()

    def moving(self, care_of: Address, interface: str, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()

    def care_of_changed(self, care_of: Address | None, now: float) -> Sequence[Action]:
        """Do nothing."""
        return ()
