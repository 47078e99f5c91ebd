"""A mobile node of DMIPv6 and a domain with two home proxies, for tests that act step by step."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from attack_scene import Scene
from staged_runs import Staged

TOPOLOGY = """
name: proxies
protocol: dmipv6
domains:
  home: {{prefix: "2001:db8:1::/48"}}
  edge: {{prefix: "2001:db8:2::/48"}}
  far: {{prefix: "2001:db8:11::/48"}}
nodes:
  ha: {{place: anchor, domain: home}}
  core: {{place: router, domain: edge}}
  evil: {{place: correspondent, domain: edge, role: none}}
  ar1: {{place: access-router, domain: edge}}
  ar2: {{place: access-router, domain: edge}}
  dhp1: {{place: home-proxy, domain: far}}
  dhp2: {{place: home-proxy, domain: far}}
  gw: {{place: router, domain: far}}
  cn: {{place: correspondent, domain: far{cn}}}
  ms: {{place: management-server, domain: far}}
  ns: {{place: name-server, domain: far}}
  mn1: {{place: mobile}}
links:
  - {{ends: [ha, core]}}
  - {{ends: [core, ar1]}}
  - {{ends: [core, ar2]}}
  - {{ends: [core, evil]}}
  - {{ends: [core, dhp1], delay: 1ms}}
  - {{ends: [core, dhp2], delay: 2ms}}
  - {{ends: [dhp1, gw]}}
  - {{ends: [dhp2, gw]}}
  - {{ends: [gw, cn]}}
  - {{ends: [gw, ms]}}
  - {{ends: [gw, ns]}}
access:
  wlan1: {{router: ar1}}
  wlan2: {{router: ar2}}
protocols: {{dmipv6: {{route_optimization: false, open_timeout: 3s, query_timeout: 200ms,
  negative_cache: 0s, name_lifetime: 0s, answer_delay: 100ms, collect: 300ms{options}}}}}
"""
UNMODIFIED = ", role: none"
OPEN_TIMEOUT = 3.0  # s, as above
EDGE = bytes.fromhex("20010db80002")  # where all care-of addresses are


def topology(options: str = "", cn: str = UNMODIFIED) -> str:
    return TOPOLOGY.format(options=options, cn=cn)


class Opened(NamedTuple):
    """What the agent of the mobile node has answered, and how long that took (s)."""

    details: Mapping[str, Any]
    took: float

    @property
    def via(self) -> str:
        return str(self.details.get("via"))

    @property
    def source(self) -> str:
        return str(self.details.get("source"))

    @property
    def proxy(self) -> str:
        return str(self.details.get("proxy"))


class Domain(Scene):
    """The mobile node is on its first access link, and its home address is bound."""

    def __init__(self, run: Staged) -> None:
        super().__init__(run)
        self.place = self.attach("mn1", "wlan1")
        self.peer = self.address["cn"]

    def open(self, *flows: str) -> list[Opened]:
        """Ask for an address for each of ``flows`` to the correspondent, all at the same time."""
        begun, answers = monotonic(), dict[str, Opened]()

        def answered(flow: str, details: Mapping[str, Any]) -> None:
            answers[flow] = Opened(details, monotonic() - begun)

        for flow in flows:
            wanted = {"flow": flow, "service": "mobile", "destination": self.peer}
            self.run.stage.commands.ask(
                "mn1", "open_flow", wanted, lambda details, name=flow: answered(name, details)
            )
        self.run.wait(lambda: len(answers) == len(flows), f"addresses for {', '.join(flows)}")
        return [answers[flow] for flow in flows]

    def runs_from(self, source: str) -> bool:
        """Whether a ping of the mobile node from ``source`` is answered by the correspondent."""
        return self.reaches("mn1", self.peer, source)

    def serves(self, opened: Opened) -> None:
        """Assert that the flow has an address of a home proxy, and that it works."""
        assert opened.via == "proxy", opened.details
        assert opened.took < OPEN_TIMEOUT
        assert self.runs_from(opened.source)

    def knows_proxies(self, server: str) -> bool:
        """Whether both home proxies have told ``server`` how they are."""
        heard = self.run.events(server, "message_received")
        return {self.address[name] for name in ("dhp1", "dhp2")} <= {
            each["source"] for each in heard
        }

    def isolate(self, node: str) -> None:
        """Let a node vanish from the network, as when it has no power."""
        for interface in self.run.stage.network.nodes[node].interfaces:
            self.run.shown(node, "ip", "link", "set", interface.name, "down")

    def gives(self, proxy: str) -> list[dict[str, Any]]:
        """The mapping table of a home proxy."""
        return self.bindings(proxy)
