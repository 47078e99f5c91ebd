"""The preloaded parent: forks an agent in milliseconds, and says when one has died.

It speaks JSON lines on ``parent.sock``, many clients and many requests at a time:

    {"start": {...}}    the fields of ``Specification``; answered when the agent is ready by
                        {"started": node, "pid": n}, or by {"failed": node, "error": text}
    {"stop": node}      answered by {"stopped": node} when its process has gone
    (unasked)           {"died": node, "status": n, "log_tail": [line, ...]}, to all clients

What it cannot make sense of is answered by {"error": text}.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.live.agent import Agent, Factory, Specification
from agents.live.loop import Loop
from agents.live.preload import preload_for
from agents.live.process import die_with, enter_network_of, go_first, name_process
from agents.live.tail import last_lines

Roles = Mapping[tuple[str, str], Factory]

_BACKLOG = 64
_CHUNK = 1 << 16
_PATIENCE = 5.0  # seconds for a client that does not read
_READY = b"ready"


class RequestError(ValueError):
    """A request that the parent cannot make sense of."""


@dataclass(slots=True)
class Child:
    """A forked agent; ``asker`` is told when it is ready, ``stopper`` when it has ended."""

    node: str
    pid: int
    log: str
    handle: int  # pidfd
    report: int  # pipe that says "ready", or why not
    asker: Client
    stopper: Client | None = None
    said: bytes = b""
    heard: bool = False  # the report has come to its end


@dataclass(eq=False, slots=True)
class Client:
    """A connection of the runner."""

    connection: socket.socket
    received: bytes = b""

    def tell(self, answer: Mapping[str, Any]) -> None:
        """Send one line; a client that has gone does not hear it."""
        try:
            self.connection.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            return


class Parent:
    """Serves ``parent.sock`` in ``control``; its agents are those of ``roles``."""

    def __init__(self, control: Path, roles: Roles) -> None:
        self._control = control
        self._roles = roles
        self._loop = Loop()
        self._clients: list[Client] = []
        self._children: dict[str, Child] = {}
        self._listener = _listen(control / "parent.sock")

    def run(self) -> None:
        """Serve until the process is ended; no agent outlives it."""
        self._loop.watch(self._listener.fileno(), self._accept)
        gc.collect()
        gc.freeze()  # what is loaded stays shared between the agents
        self._loop.run()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(_PATIENCE)
        client = Client(connection)
        self._clients.append(client)
        self._loop.watch(connection.fileno(), lambda: self._read(client))

    def _read(self, client: Client) -> None:
        try:
            octets = client.connection.recv(_CHUNK)
        except OSError:
            octets = b""
        if not octets:
            self._hang_up(client)
            return
        *lines, client.received = (client.received + octets).split(b"\n")
        for line in lines:
            self._serve(line, client)

    def _hang_up(self, client: Client) -> None:
        self._loop.forget(client.connection.fileno())
        self._clients.remove(client)
        client.connection.close()

    def _serve(self, line: bytes, client: Client) -> None:
        try:
            request = json.loads(line)
            if "start" in request:
                self._start(request["start"], client)
            elif "stop" in request:
                self._stop(request, client)
            else:
                raise RequestError("a request is a start or a stop")
        except (ValueError, TypeError, KeyError) as error:
            client.tell({"error": f"{type(error).__name__}: {error}"})

    def _start(self, wanted: Mapping[str, Any], client: Client) -> None:
        node = str(wanted["node"])
        try:
            specification = Specification(**wanted)
            factory = self._roles[specification.protocol, specification.role]
        except KeyError as error:
            client.tell({"failed": node, "error": f"no such role: {error}"})
            return
        except TypeError as error:
            client.tell({"failed": node, "error": str(error)})
            return
        if node in self._children:
            client.tell({"failed": node, "error": f"{node} has an agent that runs"})
            return
        preload_for(specification.config)
        self._watch(self._fork(specification, factory, client))

    def _fork(self, specification: Specification, factory: Factory, client: Client) -> Child:
        read_end, write_end = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._loop.close()
            _close_all_but(write_end)
            _live(specification, factory, self._control, write_end, parent)
        os.close(write_end)
        return Child(
            specification.node, pid, specification.log, os.pidfd_open(pid), read_end, client
        )

    def _watch(self, child: Child) -> None:
        self._children[child.node] = child
        self._loop.watch(child.report, lambda: self._hear(child))
        self._loop.watch(child.handle, lambda: self._bury(child))

    def _hear(self, child: Child) -> None:
        octets = os.read(child.report, _CHUNK)
        child.said += octets
        if octets:
            return
        self._loop.forget(child.report)
        os.close(child.report)
        child.heard = True
        if child.said == _READY:
            child.asker.tell({"started": child.node, "pid": child.pid})

    def _stop(self, request: Mapping[str, Any], client: Client) -> None:
        child = self._children.get(str(request["stop"]))
        if child is None:
            client.tell({"stopped": request["stop"]})
            return
        child.stopper = client
        signal.pidfd_send_signal(child.handle, signal.SIGKILL)

    def _bury(self, child: Child) -> None:
        while not child.heard:
            self._hear(child)
        self._loop.forget(child.handle)
        os.close(child.handle)
        _, status = os.waitpid(child.pid, 0)
        del self._children[child.node]
        if child.said != _READY:
            error = child.said.decode(errors="replace") or "ended before it was ready"
            child.asker.tell({"failed": child.node, "error": error})
        elif child.stopper is not None:
            child.stopper.tell({"stopped": child.node})
        else:
            news = {"status": os.waitstatus_to_exitcode(status), "log_tail": last_lines(child.log)}
            for client in self._clients:
                client.tell({"died": child.node, **news})


def _live(
    specification: Specification, factory: Factory, control: Path, report: int, parent: int
) -> None:
    """Be the agent; never returns."""
    status = 1
    try:
        die_with(parent)
        name_process(f"agent {specification.node}")
        try:
            _log_to(specification.log)
            enter_network_of(specification.netns_pid)
            agent = Agent(specification, factory, control)
            agent.start()
        except Exception as error:
            os.write(report, f"{type(error).__name__}: {error}".encode())
            raise
        os.write(report, _READY)
        os.close(report)
        agent.rehearse()
        go_first()
        agent.run()
        status = 0
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _close_all_but(descriptor: int) -> None:
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _log_to(path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _listen(path: Path) -> socket.socket:
    """Return a listening socket; the name appears once it can be connected to."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    coming = path.with_suffix(".coming")
    coming.unlink(missing_ok=True)
    listener.bind(str(coming))
    listener.listen(_BACKLOG)
    coming.rename(path)
    return listener
