"""The address of a mobile node at one link, made by itself (RFC 4862, RFC 4429)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Record
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.mipv6.access_links import interface_address
from agents.mipv6.address_probe import MAX_RTR_SOLICITATION_DELAY, AddressProbe
from agents.mipv6.mobile_config import Interface, MobileConfig
from agents.mipv6.places import Place, Router
from agents.wire.address import Address, Prefix

MAX_DUPLICATES = 3
"""How many addresses of one prefix are tried (IDGEN_RETRIES of RFC 7217 §7)."""

_REMEMBERED_PREFIXES = 64
_UNIVERSAL = 2
_IDENTIFIER_OCTETS = 8


class Autoconfiguration:
    """Makes the address behind a router, and has it probed for as configured.

    ``place`` is set once the address may be used. ``is_defended`` says whether a home agent still
    answers for the home address, which is then not probed (RFC 6275 §11.5.5).
    """

    def __init__(
        self,
        interface: Interface,
        config: MobileConfig,
        random: Random,
        is_defended: Callable[[], bool],
    ) -> None:
        self.place: Place | None = None
        self._interface = interface
        self._config = config
        self._random = random
        self._is_defended = is_defended
        self._router: Router | None = None
        self._tentative: Place | None = None
        self._probe: AddressProbe | None = None
        self._identifiers: dict[Prefix, bytes] = {}
        self._duplicates = 0

    def begin(self, router: Router, now: float) -> list[Action]:
        """Make an address behind ``router``, which was not followed before."""
        self._router, self._duplicates = router, 0
        return self._configure(router, now)

    def begin_again(self, now: float) -> None:
        """Probe anew, if the answer was not in when the link went: the question may be lost."""
        if self._probe is not None:
            self._probe = self._new_probe(self._probe.address, now)

    def stop(self) -> None:
        """Have no address: the router is gone."""
        self._router = self.place = self._tentative = self._probe = None

    def is_denied_by(self, event: MessageReceived) -> bool:
        """Say whether a message of Neighbor Discovery means that another node has the address."""
        return self._probe is not None and self._probe.is_denied_by(event)

    def denied(self, now: float) -> list[Action]:
        """Try another address, as a neighbour has this one (RFC 4862 §5.4.5)."""
        router, probe = self._router, self._probe
        assert router is not None and probe is not None
        self.place = self._tentative = self._probe = None
        self._duplicates += 1
        record = Record(
            "care_of_duplicate",
            {
                "node": self._config.identifier,
                "address": spelled(probe.address),
                "interface": self._interface.name,
            },
        )
        at_home = probe.address == self._config.home_address
        if at_home or self._duplicates >= MAX_DUPLICATES:
            return [record]
        if len(self._identifiers) >= _REMEMBERED_PREFIXES:
            self._identifiers.clear()
        drawn = self._random.randbytes(_IDENTIFIER_OCTETS)
        self._identifiers[router.prefix] = bytes((drawn[0] & ~_UNIVERSAL,)) + drawn[1:]
        return [record, *self._configure(router, now)]

    def tick(self, now: float) -> list[Action]:
        """Ask for the address, or take it when nobody has answered."""
        probe = self._probe
        if probe is None or probe.at > now:
            return []
        if not probe.solicited:
            return [probe.solicit(now)]
        self._probe = None
        if self._tentative is not None:
            self.place, self._tentative = self._tentative, None
        return []

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return None if self._probe is None else self._probe.at

    def _configure(self, router: Router, now: float) -> list[Action]:
        """RFC 4862 §5.5.3; with RFC 4429 the address is used while it is asked for."""
        place = self._place_behind(router)
        detection = self._config.detection
        self._probe = self._tentative = None
        if detection == "off" or (place.home and self._is_defended()):
            self.place = place
            return []
        self._probe = self._new_probe(place.address, now)
        if detection == "standard":
            self.place, self._tentative = None, place
            return []
        self.place = place
        return [self._probe.solicit(now)]

    def _place_behind(self, router: Router) -> Place:
        home = router.prefix == self._config.home_prefix
        address = self._config.home_address if home else self._care_of(router.prefix)
        name, link_layer = self._interface.name, router.link_layer
        return Place(name, router.address, link_layer, router.prefix, address, home)

    def _care_of(self, prefix: Prefix) -> Address:
        identifier = self._identifiers.get(prefix)
        if identifier is None:
            return interface_address(prefix.network, self._interface.link_layer)
        return Address(prefix.network[:-_IDENTIFIER_OCTETS] + identifier)

    def _new_probe(self, address: Address, now: float) -> AddressProbe:
        delay = 0.0
        if self._config.detection == "standard":
            delay = self._random.uniform(0.0, MAX_RTR_SOLICITATION_DELAY)
        name, link_layer = self._interface
        return AddressProbe(address, name, link_layer, now + delay)
