"""A world in which the anchor is asked by hand."""

from __future__ import annotations

from typing import Any

from flowbinding_nodes import IF1, IF2, LTE, WLAN, A, B, C, octets
from flowbinding_world import FlowWorld
from pmipv6_anchor import pbu
from pmipv6_world import LMA

from agents.flowbinding.alternatives import Alternative, indicator
from agents.flowbinding.selectors import to_wire
from agents.wire.address import Address
from agents.wire.flow_options import EarlyFlowIdentification, FlowIdentification
from agents.wire.messages import BindingAcknowledgement

QUIET: list[Any] = []
RULES = [
    {"service": "video", "prefer": [WLAN, LTE], "shed": 1},
    {"service": "download", "prefer": [WLAN]},
]
TO_WIFI = Alternative(B, WLAN)


class Court:
    """A settled world whose gateways ask nothing by themselves, and updates made by hand."""

    def __init__(self, layout: str = "early", mobiles: int = 1, **flows: Any) -> None:
        self.layout = layout
        profiles = {f"mn{n}@example.com": QUIET for n in range(1, mobiles + 1)}
        self.world = FlowWorld(
            mobiles=mobiles, flows={"layout": layout, "profiles": profiles, **flows}
        )
        for number in range(1, mobiles + 1):
            self.world.settle(number)
        # Only the gateways have no rules: the anchor judges by those of the operator.
        configurations = self.world.nodes.configurations
        role, config = configurations[LMA]
        settings = {**config["flows"], "profiles": {}, "policy": RULES}
        configurations[LMA] = (
            role,
            {**config, "flows": settings, **flows.get("lma", {})},
        )
        self.world.restart(LMA)
        for number in range(1, mobiles + 1):
            for interface, gateway in ((IF1, A), (IF2, B)):
                self.register(interface, gateway, number)
        self.numbers = iter(range(1, 1000))

    def register(self, interface: str, gateway: Address, number: int = 1) -> None:
        self.world.run(0.001)
        update = self.update(gateway, interface, number, handoff=4)
        self.world.forge(LMA, update, gateway)

    def update(
        self, gateway: Address, interface: str, number: int, *extra: Any, **changes: Any
    ) -> Any:
        changes = {
            "node": f"mn{number}@example.com",
            "prefixes": (self.world.prefix(interface, number),),
            "technology": {A: LTE, B: WLAN, C: WLAN}[gateway],
            "octets": octets(interface, number),
            "handoff": 5,
            **changes,
        }
        return pbu(self.world.now, *extra, **changes)

    def flow(self, selector: Any, **changes: Any) -> Any:
        sub_options = (to_wire(selector),) if hasattr(selector, "reverse") else selector
        if self.layout == "early":
            return EarlyFlowIdentification(1, sub_options=sub_options, **changes)
        values = {"identifier": next(self.numbers), "priority": 1, **changes}
        return FlowIdentification(sub_options=sub_options, **values)

    def ask(
        self,
        *flows: Any,
        target: Alternative | None = TO_WIFI,
        gateway: Address = A,
        interface: str = IF1,
        number: int = 1,
    ) -> list[int]:
        """Let a gateway ask; return the status of each flow in the answer, which accepts."""
        self.world.run(0.001)
        named = () if target is None else (indicator(target),)
        update = self.update(gateway, interface, number, *named, *flows)
        before = len(self.world.sent)
        self.world.forge(LMA, update, gateway)
        answers = [
            sent.message
            for sent in self.world.sent[before:]
            if isinstance(sent.message, BindingAcknowledgement)
        ]
        assert [answer.status for answer in answers] == [0]
        kinds = (EarlyFlowIdentification, FlowIdentification)
        return [o.status for o in answers[0].options if isinstance(o, kinds)]

    def reasons(self) -> list[str]:
        return [each["reason"] for each in self.world.records("flow_refused", LMA)]

    def assert_refused(self, status: int, reason: str, *answer: int) -> None:
        assert list(answer) == [status], self.reasons()
        assert self.reasons()[-1] == reason
        assert self.world.kernels[LMA].steered == {}
