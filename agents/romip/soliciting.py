"""One interface of a mobile node: whether it has a link, and when to solicit there."""

from __future__ import annotations

from agents.core.retransmission import Retransmission
from agents.wire.address import Address

ASK_INTERVAL = 1.0
"""Seconds between two lists that a router or a session asks for, at least."""


class Link:
    """Solicits after each gain of the link until an address is assigned, then to renew it."""

    def __init__(self, name: str, link_layer: bytes) -> None:
        self.name = name
        self.link_layer = link_layer
        self.up = False
        self.soliciting = False
        self.due: float | None = None
        self.router: Address | None = None
        self._wait: Retransmission | None = None
        self._asked_at = float("-inf")

    def begin(self, now: float, timeout: float) -> None:
        """A solicitation is sent for the first time."""
        self.up = self.soliciting = True
        self._wait = Retransmission.after(now, timeout)
        self.due, self._asked_at = self._wait.at, now

    def again(self, now: float, timeout: float, max_timeout: float) -> None:
        """It is sent once more, or to renew the address (RFC 7559: the wait doubles)."""
        if self._wait is None:
            self.begin(now, timeout)
            return
        self._wait = self._wait.again(now, max_timeout)
        self.due, self._asked_at = self._wait.at, now

    def settled(self, router: Address, renew_at: float) -> None:
        """A router has answered: solicit no more until ``renew_at``."""
        self.soliciting, self._wait = False, None
        self.router, self.due = router, renew_at

    def rest(self) -> None:
        """Another link is used now."""
        self.soliciting, self._wait, self.due = False, None, None

    def lost(self) -> None:
        """The link is down."""
        self.up = False
        self.rest()

    def ask_soon(self, now: float) -> None:
        """Solicit as soon as it may be done again, unless that is under way."""
        if not self.soliciting:
            soon = max(now, self._asked_at + ASK_INTERVAL)
            self.due = soon if self.due is None else min(self.due, soon)


def link_local(link_layer: bytes) -> Address:
    """Return the link-local address of an interface (RFC 4291, appendix A)."""
    identifier = bytes((link_layer[0] ^ 2,)) + link_layer[1:3] + b"\xff\xfe" + link_layer[3:]
    return Address(b"\xfe\x80" + bytes(6) + identifier)
