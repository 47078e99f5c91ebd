"""Captures: one dumpcap on every node, on all of its interfaces, merged when the run is over."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import sleep

from testbed.emulated.errors import EmulationError
from testbed.emulated.nodes import Node

BUFFERS = 256  # MiB of kernel memory for the buffers of all interfaces together
LARGEST = 16  # MiB for one interface
QUEUE = 64 << 20  # octets between dumpcap's threads; its default of 1000 packets overflows
FLUSH = 0.6  # seconds: the kernel hands a buffer over at the latest 0.25 s after its first packet
FLUSHES = 20  # waits of that length, at most
QUIET = 64 << 10  # octets that are no sign of captures that lag behind
MERGED_AT_ONCE = 200  # files, of which each needs a descriptor

_READY = b"File: "
_FIGURES = re.compile(rb"on interface '([^']*)': (\d+)/(\d+) ")


class Captures:
    """The captures of a run, in one file for each node."""

    def __init__(self, folder: Path, interfaces: int, snaplen: int) -> None:
        self._folder = folder
        self._buffer = max(1, min(LARGEST, BUFFERS // max(interfaces, 1)))
        self._snaplen = snaplen
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.dropped: dict[str, int] = {}  # by interface

    def start(self, node: Node, interfaces: Sequence[str]) -> None:
        """Begin to capture on ``interfaces`` of ``node``; ``wait`` says when it has begun."""
        arguments = ["dumpcap", "-q", "-n", "-p", "-B", str(self._buffer), "-s", str(self._snaplen)]
        arguments += ["-C", str(QUEUE)]
        for interface in interfaces:
            arguments += ["-i", interface, "--ifname", f"{node.name}:{interface}"]
        # Opened here: as root, dumpcap keeps no right but to capture, and may be shut out of a
        # user's folders.
        with self._file(node.name).open("wb") as target, node.entered():
            self._processes[node.name] = subprocess.Popen(
                [*arguments, "-w", f"/proc/self/fd/{target.fileno()}"],
                pass_fds=[target.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the runner alone
            )

    def wait(self) -> None:
        """Return when every capture has begun; EmulationError where one cannot."""
        for name, process in self._processes.items():
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith(_READY):
                    break
            else:
                text = b" ".join(said).decode(errors="replace")
                raise EmulationError(f"cannot capture on {name}: {' '.join(text.split())}")

    def stop(self) -> dict[str, int]:
        """Wait for the last packets, end the captures, and return "packets" and "dropped"."""
        self._settle()
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        packets = 0
        for process in self._processes.values():
            assert process.stderr is not None
            for name, received, dropped in _FIGURES.findall(process.stderr.read()):
                packets += int(received)
                self.dropped[name.decode()] = int(dropped)
            process.wait()
        return {"packets": packets, "dropped": sum(self.dropped.values())}

    def _settle(self) -> None:
        """Wait until the captures have written what there was, also on a busy machine."""
        before = self._written()
        for _ in range(FLUSHES):
            sleep(FLUSH)
            now = self._written()
            if now - before < QUIET:
                return
            before = now

    def _written(self) -> int:
        return sum(file.stat().st_size for file in self._folder.iterdir())

    def merge(self, target: Path) -> None:
        """Write the packets of all nodes to ``target`` in order of time."""
        files = [self._file(name) for name in self._processes if self._file(name).exists()]
        merged = target.with_suffix(".merging")
        _merge(files, merged)
        _run(["reordercap", str(merged), str(target)])
        merged.unlink()

    def _file(self, node: str) -> Path:
        return self._folder / f"{node}.pcapng"


def _merge(files: Sequence[Path], target: Path) -> None:
    """Merge ``files`` a few at a time."""
    if len(files) <= MERGED_AT_ONCE:
        _run(["mergecap", "-I", "none", "-F", "pcapng", "-w", str(target), *map(str, files)])
        return
    parts = []
    for start in range(0, len(files), MERGED_AT_ONCE):
        parts.append(target.with_name(f"{target.name}.{start}"))
        _merge(files[start : start + MERGED_AT_ONCE], parts[-1])
    _merge(parts, target)
    for part in parts:
        part.unlink()


def _run(arguments: Sequence[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EmulationError(f"{arguments[0]} failed: {' '.join(done.stderr.split())}")


def available() -> Mapping[str, str | None]:
    """Return where each program that captures need is."""
    return {name: shutil.which(name) for name in ("dumpcap", "mergecap", "reordercap")}
