"""What the flows of each service need (draft-liu §5.1.1, §5.2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.core.configuration import ConfigurationError, Reader
from agents.dmipv6.config import octet
from agents.dmipv6.selection import WORST, Requirements

_CLASSES = (1, 2, 3, 4)
"""Business classes, the most urgent first: conversational, streaming, interactive, background."""

USUAL = "mobile"
"""The service of flows that name none, where the configuration names none either."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: whether its flows need ``mobility``, and what of networks and home proxies.

    ``rate`` in bit/s, ``max_delay`` in seconds one way and ``max_loss`` a share are what a new
    access network must offer for a flow to go on; None needs nothing. ``requirements`` are asked
    of home proxies.
    """

    name: str
    mobility: bool = True
    rate: float | None = None
    max_delay: float | None = None
    max_loss: float | None = None
    requirements: Requirements = Requirements()  # noqa: RUF009 - it is frozen

    @property
    def urgency(self) -> int:
        """Return the place of its business class among all, 0 for the most urgent one."""
        business = self.requirements.business
        return _CLASSES.index(business) if business in _CLASSES else len(_CLASSES)

    @property
    def measured(self) -> bool:
        """Say whether it needs something that must be measured."""
        return self.max_delay is not None or self.max_loss is not None


def read_services(config: Mapping[str, Any]) -> dict[str, Service]:
    """Return the services under ``services`` by name; ConfigurationError names what is wrong."""
    services = config.get("services") or {}
    if not isinstance(services, Mapping):
        raise ConfigurationError(f"mn: 'services' is {services!r}: give what each service needs")
    least = octet("mn", "min_security", config.get("min_security", 0))
    found = {name: _service(name, needs, least) for name, needs in services.items()}
    usual = Service(USUAL, requirements=Requirements(security=least))
    return found if config.get("default_service") else {USUAL: usual, **found}


def _service(name: str, needs: Mapping[str, Any], least_security: int) -> Service:
    role = f"mn: services: {name}"
    reader = Reader(role, needs)
    mobility = needs.get("mobility", True)
    if not isinstance(mobility, bool):
        raise ConfigurationError(f"{role}: 'mobility' is {mobility!r}: give true or false")
    return Service(
        name=name,
        mobility=mobility,
        rate=_number(reader, needs, "rate"),
        max_delay=_number(reader, needs, "max_delay"),
        max_loss=_share(role, needs),
        requirements=Requirements(
            business=octet(role, "business", needs.get("business", 0)),
            capability=octet(role, "min_capability", needs.get("min_capability", 0)),
            load=octet(role, "max_load", needs.get("max_load", WORST)),
            distance=octet(role, "max_distance", needs.get("max_distance", WORST)),
            security=max(least_security, octet(role, "min_security", needs.get("min_security", 0))),
        ),
    )


def _number(reader: Reader, needs: Mapping[str, Any], key: str) -> float | None:
    return None if needs.get(key) is None else reader.seconds(key, 0.0)


def _share(role: str, needs: Mapping[str, Any]) -> float | None:
    share = needs.get("max_loss")
    if share is None:
        return None
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
        raise ConfigurationError(f"{role}: 'max_loss' is {share!r}: give a number of 0 to 1")
    return float(share)
