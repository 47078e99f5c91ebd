"""Dynamic Home Agent Address Discovery, the mobile node's side (RFC 6275 §11.4.1)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.core.actions import Action, Drop, Record, SendMessage
from agents.core.events import MessageReceived
from agents.core.retransmission import Retransmission
from agents.core.text import spelled
from agents.mipv6.mobile_config import MobileConfig
from agents.mipv6.reachability import is_routable
from agents.wire.address import Address
from agents.wire.icmpv6_messages import (
    HomeAgentAddressDiscoveryReply,
    HomeAgentAddressDiscoveryRequest,
)

INITIAL_DHAAD_TIMEOUT = 3.0
"""Seconds to wait for the first answer; the wait doubles (RFC 6275 §12)."""

DHAAD_RETRIES = 4
"""How often a request is sent again (RFC 6275 §12)."""

PAUSE = 60.0
"""Seconds until a search without an answer is begun anew, if the node has not moved before."""

_ANYCAST_IDENTIFIER = bytes.fromhex("fdfffffffffffffe")  # RFC 2526 §2, anycast identifier 126


class AgentDiscovery:
    """Asks the home link who its home agents are, and knows which one is next."""

    def __init__(self, config: MobileConfig, random: Random) -> None:
        self._identifier = config.identifier
        self._random = random
        self._anycast = Address(config.home_prefix.network[:8] + _ANYCAST_IDENTIFIER)
        self._agents: list[Address] = []
        self._care_of: Address | None = None
        self._asked: int | None = None
        self._tries = 0
        self._wait: Retransmission | None = None

    def next_agent(self) -> Address | None:
        """Return the best agent that was not returned yet, None where the search must go on."""
        return self._agents.pop(0) if self._agents else None

    def search(self, care_of: Address, now: float) -> list[Action]:
        """Ask from ``care_of``, anew."""
        self._care_of, self._tries, self._wait = care_of, 0, None
        return self._ask(now)

    def search_later(self, care_of: Address, now: float) -> None:
        """Ask from ``care_of`` after a pause."""
        self._care_of = care_of
        self._rest(now)

    def stop(self) -> None:
        """Ask no more."""
        self._asked = self._wait = None

    def answered(self, event: MessageReceived) -> Drop | None:
        """Take a reply, whose sender is one of the agents; return why it is not believed."""
        reply: HomeAgentAddressDiscoveryReply = event.message
        if self._asked is None or reply.identifier != self._asked:
            return Drop("home agent reply that was not asked for", {"source": str(event.source)})
        agents = [address for address in reply.addresses if is_routable(address)]
        self._agents = list(dict.fromkeys(agents or [event.source]))
        self.stop()
        return None

    def tick(self, now: float) -> list[Action]:
        """Ask again, or begin anew after a pause."""
        if self._wait is None or self._wait.at > now:
            return []
        if self._tries <= DHAAD_RETRIES:
            return self._ask(now)
        self._rest(now)
        return [Record("home_agent_unknown", {"node": self._identifier})]

    def deadline(self) -> float | None:
        """Return when ``tick`` must next be called, or None."""
        return None if self._wait is None else self._wait.at

    def _rest(self, now: float) -> None:
        self._asked, self._tries = None, 0
        self._wait = Retransmission(now + PAUSE, INITIAL_DHAAD_TIMEOUT / 2)

    def _ask(self, now: float) -> list[Action]:
        assert self._care_of is not None
        wait = self._wait
        self._wait = (
            Retransmission.after(now, INITIAL_DHAAD_TIMEOUT)
            if wait is None
            else wait.again(now, INITIAL_DHAAD_TIMEOUT * 2**DHAAD_RETRIES)
        )
        self._tries += 1
        self._asked = self._random.randrange(1 << 16)
        request = HomeAgentAddressDiscoveryRequest(self._asked)
        details = {"node": self._identifier, "anycast": spelled(self._anycast)}
        sent = SendMessage(request, self._care_of, self._anycast)
        return [sent, Record("home_agent_asked_for", details)]
