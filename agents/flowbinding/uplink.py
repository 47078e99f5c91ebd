"""Which interface a mobile node's packets leave by, whatever their source (xia §6, §7)."""

from __future__ import annotations

from agents.core.actions import Action, SteerFlow, StopSteering
from agents.core.flows import FlowSelector
from agents.flowbinding.host_links import HostLink
from agents.flowbinding.policy import WHOLE_PRIORITY
from agents.flowbinding.selectors import host
from agents.wire.address import UNSPECIFIED, Address

FLOW_PRIORITY = 1

IDLE_TIMEOUT = 60.0
"""Seconds without a packet after which a flow that was redirected is forgotten."""

MOST_FLOWS = 1024
"""Flows that are redirected at once."""


class Uplink:
    """Single flows that were redirected, and all of an address whose interface is down.

    They travel in a tunnel from the other interface's address to the anchor, so that its gateway
    lets them pass; where interfaces share the address they go as they are.
    """

    def __init__(self, anchor: Address) -> None:
        self._anchor = anchor
        self._flows: dict[FlowSelector, HostLink] = {}
        self._wholes: dict[Address, HostLink] = {}

    def link_of(self, flow: FlowSelector) -> HostLink | None:
        """Return where a flow was redirected to."""
        return self._flows.get(flow)

    def flows(self) -> list[tuple[FlowSelector, HostLink]]:
        """Return what was redirected, and where to."""
        return list(self._flows.items())

    @property
    def is_full(self) -> bool:
        """Say whether no more flows can be redirected."""
        return len(self._flows) >= MOST_FLOWS

    def redirect(self, flow: FlowSelector, link: HostLink) -> list[Action]:
        """Let a flow leave by ``link``."""
        self._flows[flow] = link
        return [self._steer(flow, link, FLOW_PRIORITY, IDLE_TIMEOUT)]

    def restore(self, flow: FlowSelector) -> list[Action]:
        """Let a flow leave by the interface of its address again."""
        return [] if self._flows.pop(flow, None) is None else [StopSteering(flow)]

    def lend(self, address: Address, link: HostLink) -> list[Action]:
        """Let all that is sent from ``address``, whose interface is down, leave by ``link``."""
        if self._wholes.get(address) is link:
            return []
        self._wholes[address] = link
        return [self._steer(_all_from(address), link, WHOLE_PRIORITY, 0.0)]

    def give_back(self, address: Address) -> list[Action]:
        """Let ``address`` have the interface that it belongs to."""
        return [] if self._wholes.pop(address, None) is None else [StopSteering(_all_from(address))]

    def lost(self, link: HostLink) -> list[Action]:
        """Let nothing leave by ``link`` any more."""
        actions: list[Action] = []
        for flow in [flow for flow, where in self._flows.items() if where is link]:
            actions += self.restore(flow)
        for address in [address for address, where in self._wholes.items() if where is link]:
            actions += self.give_back(address)
        return actions

    def _steer(
        self, flow: FlowSelector, link: HostLink, priority: int, idle_timeout: float
    ) -> SteerFlow:
        if flow.source.network in link.addresses:  # shared: its gateway lets it pass as it is
            return SteerFlow(
                flow, UNSPECIFIED, UNSPECIFIED, priority, idle_timeout, link.name, link.router
            )
        return SteerFlow(flow, link.addresses[0], self._anchor, priority, idle_timeout)


def _all_from(address: Address) -> FlowSelector:
    return FlowSelector(source=host(address))
