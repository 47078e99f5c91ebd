"""Mobile Prefix Discovery, the mobile node's side (RFC 6275 §11.4.2, §11.4.3)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.text import spelled
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.places import network_of
from agents.wire.address import Address
from agents.wire.icmpv6_messages import MobilePrefixAdvertisement, MobilePrefixSolicitation
from agents.wire.ndisc import PrefixInformation

INITIAL_SOLICIT_TIMER = 3.0
"""Seconds to wait for an advertisement (RFC 6275 §12); the wait doubles."""

SOLICIT_RETRIES = 3
"""How often a solicitation is sent again (PREFIX_ADV_RETRIES of RFC 6275 §12)."""

MIN_INTERVAL = 1.0
"""Least seconds between two solicitations that advertisements cause (RFC 6275 §10.6.3)."""

_FOREVER = 0xFFFFFFFF


class HomePrefixes:
    """Knows for how long the home prefix is valid, and asks again before it is not preferred."""

    def __init__(self, config: MobileConfig, random: Random) -> None:
        self._config = config
        self._random = random
        self._ends: tuple[Address, Address] | None = None  # care-of address and agent
        self._asked: int | None = None
        self._asked_at = float("-inf")
        self._tries = 0
        self._at: float | None = None
        self._valid_until = float("inf")

    def lifetime_limit(self, now: float) -> float:
        """Return for how many seconds a home address may be registered (§11.7.1)."""
        return max(0.0, self._valid_until - now)

    def solicit(self, care_of: Address, agent: Address, now: float) -> list[Action]:
        """Ask ``agent``, which has bound the home address to ``care_of``."""
        self._ends, self._tries = (care_of, agent), 0
        return self._ask(now)

    def moved_to(self, care_of: Address, agent: Address) -> None:
        """Ask from ``care_of`` in future."""
        self._ends = (care_of, agent)

    def stop(self) -> None:
        """Ask no more: the node is at home, or not bound."""
        self._ends = self._asked = self._at = None

    def advertised(self, event: MessageReceived, now: float) -> list[Action]:
        """Take what the agent of the home address has answered (§11.4.3).

        What was not asked for is not believed, but is a reason to ask.
        """
        message: MobilePrefixAdvertisement = event.message
        from_agent = self._ends is not None and event.source == self._ends[1]
        if not from_agent or event.routed_to != self._config.home_address:
            return [_dropped("prefix advertisement from no home agent", event)]
        if self._asked != message.identifier:
            dropped = _dropped("prefix advertisement that was not asked for", event)
            if self._asked is not None or now - self._asked_at < MIN_INTERVAL:
                return [dropped]
            self._tries = 0
            return [dropped, *self._ask(now)]
        self._asked = None
        prefixes = [each for each in message.options if isinstance(each, PrefixInformation)]
        return self._believe(prefixes, now)

    def tick(self, now: float) -> list[Action]:
        """Ask again, as there was no answer or the last one grows old."""
        if self._at is None or self._at > now:
            return []
        if self._asked is None:
            self._tries = 0
        if self._tries > SOLICIT_RETRIES:
            self._asked = self._at = None
            return []
        return self._ask(now)

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return self._at

    def _ask(self, now: float) -> list[Action]:
        assert self._ends is not None
        care_of, agent = self._ends
        self._asked = self._random.randrange(1 << 16)
        self._asked_at = now
        self._at = now + INITIAL_SOLICIT_TIMER * 2**self._tries
        self._tries += 1
        home = self._config.home_address
        return [
            SendMessage(MobilePrefixSolicitation(self._asked), care_of, agent, home_address=home)
        ]

    def _believe(self, prefixes: list[PrefixInformation], now: float) -> list[Action]:
        self._at = None
        for option in prefixes:
            if network_of(option) != self._config.home_prefix:
                continue
            if option.valid_lifetime != _FOREVER:
                self._valid_until = now + option.valid_lifetime
            if option.preferred_lifetime != _FOREVER:
                share = option.preferred_lifetime * self._config.refresh_fraction
                self._at = now + max(share, INITIAL_SOLICIT_TIMER)
        found = [spelled(network_of(option)) for option in prefixes]
        return [Record("home_prefixes", {"node": self._config.identifier, "prefixes": found})]


def _dropped(reason: str, event: MessageReceived) -> Drop:
    return Drop(reason, {"source": spelled(event.source)})
