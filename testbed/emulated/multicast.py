"""Multicast routing: a daemon on each router holds the kernel's routes along the senders' trees.

The kernel forwards; smcrouted only tells it the routes, as ``ip -6 mroute`` shows them, and keeps
them for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep

from testbed.emulated import rtnetlink
from testbed.emulated.daemons import Daemons
from testbed.emulated.nodes import Node
from testbed.topology.network import MulticastRoute

PROGRAM, PACKAGE = "smcrouted", "smcroute"
STARTING = 10.0  # seconds within which the kernel must have all routes

Routes = Mapping[str, tuple[MulticastRoute, ...]]


class MulticastRouting:
    """The multicast routes of a run's routers, each daemon with files of its own in ``state``."""

    def __init__(self, routes: Routes, state: Path, logs: Path) -> None:
        self._routes = routes
        self._state = state
        self._daemons = Daemons(PROGRAM, "no multicast routes", logs, "multicast")
        self._expected: dict[str, int] = {}
        self._nodes: dict[str, Node] = {}
        state.mkdir()

    def start(self, node: Node, indexes: Mapping[str, int]) -> None:
        """Give a node that is up its routes; ``wait`` says when its daemon has installed them."""
        routes = self._routes.get(node.name, ())
        node.requests.send(_originating(routes, indexes))
        forwarding = [route for route in routes if route.inbound]
        if forwarding:
            self._expected[node.name], self._nodes[node.name] = len(forwarding), node
            self._launch(node, configuration(forwarding))

    def wait(self) -> None:
        """Return when the kernels have all routes; RunFailed where one does not get them."""
        deadline = monotonic() + STARTING
        for name, node in self._nodes.items():
            while _installed(node) < self._expected[name]:
                if not self._daemons.runs(name) or monotonic() > deadline:
                    self._daemons.fail(name)
                sleep(0.002)

    def watch(self, watch: Callable[[int, Callable[[], None]], None]) -> None:
        """Have the end of a daemon, which takes its routes along, end the run."""
        self._daemons.watch(watch)

    def _launch(self, node: Node, configuration: str) -> None:
        base = self._state / node.name
        base.with_suffix(".conf").write_text(configuration, encoding="utf-8")
        files = (("-f", "conf"), ("-P", "pid"), ("-u", "sock"))
        options = [word for flag, kind in files for word in (flag, f"{base}.{kind}")]
        self._daemons.start(node, ["-n", "-N", "-i", node.name, *options])


def _originating(
    routes: tuple[MulticastRoute, ...], indexes: Mapping[str, int]
) -> Iterator[rtnetlink.Request]:
    """Route a node's own packets: the root of a tree has no interface where they come in."""
    for route in routes:
        if not route.inbound:
            for name in route.outbound:
                yield rtnetlink.branch(indexes[name], f"{route.group}/128", name)


def configuration(routes: Sequence[MulticastRoute]) -> str:
    """Return what smcrouted is told: interfaces by name and a line for each route."""
    used = {name: None for route in routes for name in (route.inbound, *route.outbound)}
    lines = [f"phyint {name} enable" for name in used]
    lines += [
        f"mroute from {route.inbound} source {route.source} group {route.group}"
        f" to {' '.join(route.outbound)}"
        for route in routes
    ]
    return "\n".join([*lines, ""])


def _installed(node: Node) -> int:
    cache = Path(f"/proc/{node.holder}/net/ip6_mr_cache")
    return len(cache.read_text().splitlines()) - 1
