"""What tests of attacks on mobile nodes act on and judge by: kernel state, pings, captures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from staged_runs import Staged
from wire_views import Row, rows

KEY = ', authentication: {spi: 1000, key: "00112233445566778899aabb"}'  # among other options
SCRIPT = Path(__file__).with_name("mipv6_attacker.py")


class Attacker:
    """The attacking program on one node."""

    def __init__(self, run: Staged, node: str) -> None:
        self.address = run.stage.network.nodes[node].address
        self._process = subprocess.Popen(
            run.command(node, sys.executable, str(SCRIPT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._ready = False

    def send(self, do: str, **order: Any) -> int:
        """Have an attack carried out, from its own address unless told; how many packets."""
        self.begin(do, **order)
        return self.finish()

    def begin(self, do: str, **order: Any) -> None:
        """Have an attack begin."""
        assert self._process.stdin is not None
        if not self._ready:
            self._heard()
        self._ready = True
        said = {"do": do, "source": self.address, **order}
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()

    def finish(self) -> int:
        """Wait for the end of what was begun; how many packets it was."""
        sent: int = self._heard()["sent"]
        return sent

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        heard: dict[str, Any] = json.loads(self._process.stdout.readline())
        return heard


class Scene:
    """A network that stands, its mobiles, and how to look at them from outside."""

    def __init__(self, run: Staged) -> None:
        self.run = run
        self.address = {name: node.address for name, node in run.stage.network.nodes.items()}
        self._captured = False

    def attach(self, mobile: str, access: str) -> str:
        """Attach a mobile, or move it; return its care-of address once its home agent has it."""
        before, interface = self.acknowledged(mobile), f"{mobile}-eth0"
        if self.run.stage.mover.where(interface):
            self.run.stage.mover.move(interface, access, gap=0.0)
        else:
            self.run.stage.mover.attach(interface, access)
        self.run.wait(
            lambda: self.acknowledged(mobile) > before, f"the binding of {mobile} at {access}"
        )
        return self.care_of(mobile)

    def acknowledged(self, mobile: str) -> int:
        """How many registrations of its first home address ``mobile`` has had confirmed."""
        home = self.address[mobile]
        outcomes = ("binding_acknowledged", "home_returned")
        return sum(len(self.run.events(mobile, each, home_address=home)) for each in outcomes)

    def care_of(self, mobile: str) -> str:
        """The address that the kernel of ``mobile`` has on its access link, "" for none there."""
        words = ("ip", "-j", "-6", "address", "show", "scope", "global", f"{mobile}-eth0")
        shown = json.loads(self.run.shown(mobile, *words))
        found = [each for interface in shown for each in interface.get("addr_info", ()) if each]
        return str(found[0]["local"]) if found else ""

    def tunnel(self, agent: str, home: str) -> str:
        """Where the kernel of ``agent`` tunnels what is for ``home``, "" if nowhere."""
        shown = self.run.shown(agent, "ip", "-6", "route", "show", home)
        return shown.partition("[ ")[2].partition(" ]")[0]

    def reaches(self, node: str, destination: str, source: str = "", wait: float = 1.0) -> bool:
        """Whether one ping gets an answer."""
        words = ["ping", "-6", "-n", "-c", "1", "-W", str(wait)]
        words += ["-I", source] if source else []
        done = subprocess.run(self.run.command(node, *words, destination), capture_output=True)
        return done.returncode == 0

    def counted(self, node: str, name: str) -> int:
        """A counter of an agent; "dropped" for the sum of all that it has dropped."""
        counters = self._asked(node, "counters")
        if name != "dropped":
            return int(counters.get(name, 0))
        return sum(count for key, count in counters.items() if key.startswith("dropped"))

    def bindings(self, node: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._asked(node, "bindings")
        return found

    def _asked(self, node: str, question: str) -> Any:
        """What an agent answers, once it has come to do so on a busy machine."""
        answers: list[Any] = []

        def answered() -> bool:
            answers.append(self.run.stage.agents.ask(node, question))
            return answers[-1] is not None

        self.run.wait(answered, f"the {question} of {node}")
        return answers[-1]

    def memory(self, node: str) -> int:
        """Octets of memory that the agent of ``node`` has."""
        words = ["pgrep", "-x", f"agent {node}"]
        pid = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        _, _, resident = Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")
        return int(resident.split()[0]) * 1024

    def capture(self, node: str) -> str:
        return str(self.run.stage.folder.captures / f"{node}.pcapng")

    def seen(self, node: str, *fields: str, display_filter: str = "") -> list[Row]:
        """What tshark finds in the capture of ``node``; the captures end with the first look."""
        self._end_captures()
        return rows(Path(self.capture(node)), *fields, display_filter=display_filter)

    def frames(self, node: str) -> Iterator[bytes]:
        """The octets of every frame that ``node`` has sent or received."""
        from scapy.utils import RawPcapNgReader

        self._end_captures()
        for octets, _ in RawPcapNgReader(self.capture(node)):
            yield octets

    def _end_captures(self) -> None:
        if not self._captured:
            self.run.stage.captures.stop()
        self._captured = True
