"""What the parts of a mobile node need to know of its place."""

from __future__ import annotations

from typing import Protocol

from agents.wire.address import Address


class Whereabouts(Protocol):
    """Where a mobile node is, as those see it who send from there."""

    @property
    def care_of(self) -> Address | None:
        """Return the care-of address, None where there is no link."""
        ...

    @property
    def interface(self) -> str:
        """Return the interface of the care-of address."""
        ...

    @property
    def at_home(self) -> bool:
        """Say whether this is the home link: the care-of address is the home address."""
        ...

    @property
    def first_home(self) -> Address:
        """Return the home address, whether packets from it pass or not."""
        ...

    @property
    def home_address(self) -> Address | None:
        """Return the home address while packets from it pass, else None."""
        ...

    @property
    def home_agent(self) -> Address | None:
        """Return the home agent, None where it is not known yet."""
        ...
