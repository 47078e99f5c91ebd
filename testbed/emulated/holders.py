"""The processes that hold the nodes' namespaces: ``python holders.py COUNT``, run by itself.

A node is a network namespace and a mount namespace (for a /sys that shows its interfaces) and
lives as long as its holder. They are forked from this small process, which costs a tenth of what
forking the runner or starting a shell for each would. Prints the holders' process ids as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from testbed.emulated import kernel


def main(count: int) -> None:
    """Fork ``count`` holders, tell their process ids when all are ready, and stay their parent."""
    reader, writer = os.pipe()
    holders = [_fork(writer) for _ in range(count)]
    os.close(writer)
    with os.fdopen(reader, "rb") as readiness:
        ready = sum(len(readiness.read(1)) for _ in range(count))
    if ready < count:
        sys.exit(f"only {ready} of {count} network namespaces could be made")
    print(json.dumps(holders), flush=True)
    while True:
        signal.pause()


def _fork(writer: int) -> int:
    pid = os.fork()
    if pid == 0:
        kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWNS)
        kernel.mount("none", "/", "none", kernel.MS_REC | kernel.MS_SLAVE)
        kernel.mount("sysfs", "/sys", "sysfs", kernel.MS_NOSUID | kernel.MS_NODEV)
        kernel.set_name("dmm-testbed")
        os.write(writer, b".")
        os.close(writer)
        while True:
            signal.pause()
    return pid


if __name__ == "__main__":
    main(int(sys.argv[1]))
