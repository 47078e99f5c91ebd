"""Multicast routing: a daemon on each router holds the kernel's routes along the senders' trees.

The kernel forwards; smcrouted only tells it the routes, as ``ip -6 mroute`` shows them, and keeps
them for as long as it lives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from testbed.emulated import rtnetlink
from testbed.emulated.errors import RunFailed
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
        self._logs = logs
        self._expected: dict[str, int] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
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
                if self._processes[name].poll() is not None or monotonic() > deadline:
                    self._fail(name)
                sleep(0.002)

    def watch(self, watch: Callable[[int, Callable[[], None]], None]) -> None:
        """Have the end of a daemon, which takes its routes along, end the run."""
        for name, process in self._processes.items():
            watch(os.pidfd_open(process.pid), partial(self._fail, name))

    def _launch(self, node: Node, configuration: str) -> None:
        base = self._state / node.name
        base.with_suffix(".conf").write_text(configuration, encoding="utf-8")
        files = (("-f", "conf"), ("-P", "pid"), ("-u", "sock"))
        options = [word for flag, kind in files for word in (flag, f"{base}.{kind}")]
        with self._log(node.name).open("wb") as log, node.entered():
            self._processes[node.name] = subprocess.Popen(
                [_program(), "-n", "-N", "-i", node.name, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the runner alone
            )

    def _log(self, node: str) -> Path:
        return self._logs / f"{node}.multicast.log"

    def _fail(self, node: str) -> None:
        lines = self._log(node).read_text(encoding="utf-8", errors="replace").splitlines()
        why = lines[-1] if lines else f"{PROGRAM} is silent"
        raise RunFailed(f"no multicast routes on {node}: {why}")


def _program() -> str:
    """Return the path of the daemon's program, which is not on every user's PATH."""
    return shutil.which(PROGRAM, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or PROGRAM


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
