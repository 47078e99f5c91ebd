"""What somebody outside of a run's sandbox asks of an agent inside."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from testbed.emulated import kernel
from testbed.emulated.commands import ANSWER, PATIENCE
from testbed.emulated.errors import EmulationError
from testbed.emulated.running import PROC, STATE, Sandbox
from testbed.emulated.sandbox import STATE as INSIDE
from testbed.emulated.traffic.as_user import COMMANDS

CONTROL = "control"
USERS = "users"


class Visit:
    """Commands to the agent of ``node`` in ``sandbox``, from outside."""

    def __init__(self, sandbox: Sandbox, node: str) -> None:
        self._sandbox = sandbox
        self._node = node

    def open_flow(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the agent says of a new flow: its "source", or the "error" why not.

        The agent answers to a name that must mean the same to it: a process that enters its
        mounts asks for us.
        """
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            self._ask_inside(arguments, writer)
        os.close(writer)
        with os.fdopen(reader, "rb") as answers:
            answer = answers.read()
        os.waitpid(child, 0)
        said: dict[str, Any] = json.loads(answer) if answer else {"error": "nobody answers"}
        return said

    def close_flow(self, name: str) -> None:
        """Tell the agent that the flow ``name`` is over; nothing where none runs any more."""
        place = self._state() / CONTROL / f"{self._node}.sock"
        message = {"command": "close_flow", "arguments": {"flow": name}}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, suppress(OSError):
            sender.sendto(json.dumps(message).encode(), str(place))

    @contextmanager
    def user(self, flow: str) -> Iterator[int]:
        """Lend a user that nobody else has in this run; EmulationError where all are taken.

        A file says which flow is that user's, so that one whose borrower was killed can still be
        closed by the next.
        """
        folder = self._state() / USERS
        folder.mkdir(exist_ok=True)
        for user in COMMANDS:
            with (folder / f"{self._node}-{user}").open("a+") as note:
                if _locked(note):
                    self._take_over(note, flow)
                    try:
                        yield user
                    finally:
                        note.truncate(0)
                    return
        raise EmulationError(f"{len(COMMANDS)} commands run on {self._node} with --service already")

    def _take_over(self, note: IO[str], flow: str) -> None:
        note.seek(0)
        if left := note.read():
            self.close_flow(left)
        note.truncate(0)
        note.write(flow)
        note.flush()

    def _state(self) -> Path:
        return PROC / str(self._sandbox.pid) / STATE

    def _ask_inside(self, arguments: Mapping[str, Any], writer: int) -> None:
        """Live as the process that asks; it ends here."""
        try:
            mounts = os.open(PROC / str(self._sandbox.pid) / "ns" / "mnt", os.O_RDONLY)
            kernel.setns(mounts, kernel.CLONE_NEWNS)
            details = _ask(INSIDE / CONTROL, self._node, arguments)
        except TimeoutError:
            details = {"error": f"its agent does not answer within {PATIENCE:g} s"}
        except (ConnectionRefusedError, FileNotFoundError):
            details = {"error": "it has no agent that runs"}
        except OSError as error:
            details = {"error": str(error)}
        os.write(writer, json.dumps(details).encode())
        os._exit(0)


def _ask(control: Path, node: str, arguments: Mapping[str, Any]) -> Any:
    name = control / f"-visit-{os.getpid()}.sock"  # no node has such a name
    request = {"command": "open_flow", "arguments": dict(arguments), "token": name.stem}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
        asker.bind(str(name))
        try:
            asker.settimeout(PATIENCE)
            asker.sendto(json.dumps(request).encode(), str(control / f"{node}.sock"))
            return json.loads(asker.recv(ANSWER))["details"]
        finally:
            name.unlink()


def _locked(note: IO[str]) -> bool:
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
