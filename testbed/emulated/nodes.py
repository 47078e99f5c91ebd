"""Mininet's node, network and interface objects over namespaces that are made in bulk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mininet.link import Intf, Link
from mininet.net import Mininet
from mininet.node import Node as MininetNode

from testbed.emulated import kernel, rtnetlink
from testbed.emulated.errors import EmulationError


class Node(MininetNode):  # type: ignore[misc]  # Mininet has no types
    """A Mininet node whose namespaces exist already and whose shell starts when it is needed."""

    isSetup = True  # Mininet's set-up looks for programs that are used by its own commands only

    def __init__(self, name: str, holder: int, address: str) -> None:
        self.holder = holder
        self.address = address
        self.requests = self._open_requests()
        super().__init__(name)

    def _open_requests(self) -> rtnetlink.Socket:
        with kernel.network_namespace(self.holder):
            return rtnetlink.Socket()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let the calling thread, and what it starts, work inside the node's network."""
        with kernel.network_namespace(self.holder):
            yield

    def startShell(self, mnopts: str | None = None) -> None:
        """Leave the shell for later: most nodes never need one."""
        self.pid = self.holder
        self.shell = None

    def cmd(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command in the node's shell and return what it printed."""
        self._need_shell()
        return super().cmd(*args, **kwargs)

    def sendCmd(self, *args: Any, **kwargs: Any) -> None:
        """Start a command in the node's shell."""
        self._need_shell()
        super().sendCmd(*args, **kwargs)

    def _need_shell(self) -> None:
        if self.shell is None:
            self.inNamespace = False
            super().startShell(f"-cda{self.holder}")
            self.inNamespace = True


class AccessBridge(MininetNode):  # type: ignore[misc]  # Mininet has no types
    """An access link as Mininet shows it: a switch in the sandbox's root namespace."""

    isSetup = True

    def __init__(self, name: str) -> None:
        super().__init__(name, inNamespace=False)

    def startShell(self, mnopts: str | None = None) -> None:
        """Need no shell: a bridge runs no commands."""
        self.pid = os.getpid()


class Interface(Intf):  # type: ignore[misc]  # Mininet has no types
    """An interface that is configured already; its address is the one others reach the node by."""

    def __init__(self, name: str, node: MininetNode, mac: str, address: str) -> None:
        super().__init__(name, node, mac=mac, moveIntfFn=_stay, up=None)
        self.ip = address

    def updateIP(self) -> str:
        """Return the address that stands for the node in commands at the prompt."""
        return str(self.ip)


class Wire(Link):  # type: ignore[misc]  # Mininet has no types
    """A link that exists already, for Mininet to show."""

    def __init__(self, near: Interface, far: Interface) -> None:
        self.intf1, self.intf2 = near, far
        near.link = far.link = self


def _stay(*_: Any) -> None:
    return


class Holders:
    """The processes that hold the namespaces of ``count`` nodes, for as long as the sandbox."""

    def __init__(self, count: int) -> None:
        script = Path(__file__).with_name("holders.py")
        self._keeper = subprocess.Popen(
            [sys.executable, "-S", "-E", str(script), str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the runner alone
        )
        self._count = count

    def pids(self) -> list[int]:
        """Wait until all namespaces are made and return the processes in them."""
        assert self._keeper.stdout is not None and self._keeper.stderr is not None
        line = self._keeper.stdout.readline()
        if not line:
            why = self._keeper.stderr.read().strip().splitlines() or ["no reason given"]
            raise EmulationError(f"cannot make {self._count} nodes: {why[-1]}")
        return [int(pid) for pid in json.loads(line)]


def empty_net() -> Mininet:
    """Return a Mininet network without nodes, and without Mininet's changes to host settings."""
    Mininet.inited = True
    return Mininet(topo=None, controller=None, build=False)


def adopt(net: Mininet, nodes: Sequence[MininetNode], bridges: Sequence[AccessBridge]) -> None:
    """Make nodes and bridges known to Mininet under their names."""
    net.hosts.extend(nodes)
    net.switches.extend(bridges)
    net.nameToNode.update({node.name: node for node in (*nodes, *bridges)})
