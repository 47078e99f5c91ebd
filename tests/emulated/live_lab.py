"""A small network of namespaces with agents in it, built with plain ``ip`` inside a sandbox.

    mn --- mag --- core --- lma --- cn
    mn2 --´

A lab is a child process in its own mount, pid and network namespaces; tests speak to it through
``Lab.run`` and to its agents through their sockets. When the child ends, the kernel removes all.
"""

from __future__ import annotations

import ctypes
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30.0
PUPPET, QUERIER = (
    str(Path(__file__).with_name(f"live_{name}.py")) for name in ("puppet", "querier")
)
DATA_PATHS = ["seg6", "ip6tnl"]
_EVERY_ETHERTYPE = 3
_libc = ctypes.CDLL(None)

MAG, LMA, CN, CORE = "2001:db8:a::1", "2001:db8:b::1", "2001:db8:c::2", "2001:db8:d::1"
HOME, HOME_2 = "2001:db8:100:1::/64", "2001:db8:100:2::/64"
MN, MN_2 = "2001:db8:100:1::5", "2001:db8:100:2::5"
MN_MAC, MN_2_MAC = "02:00:00:00:00:05", "02:00:00:00:00:06"
FIXED = "fe80::200:5eff:fe00:5213"
FIXED_MAC = "00:00:5e:00:52:13"

_SETUP = f"""
set -e
mount -t tmpfs none /run
mount -t proc proc /proc
ip link set lo up
for n in mn mn2 mag core lma cn; do
  ip netns add $n
  ip -n $n link set lo up
  ip netns exec $n sleep infinity &
  echo $n $!
  ip netns exec $n sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
done
for n in mag core lma; do ip netns exec $n sysctl -qw net.ipv6.conf.all.forwarding=1; done
for n in mn mn2 cn; do
  ip netns exec $n sysctl -qw net.ipv6.conf.default.router_solicitations=0
done
wire() {{
  ip link add $1-$2 netns $1 ${{3:+address $3}} \\
    type veth peer name $2-$1 netns $2 ${{4:+address $4}}
  ip -n $1 link set $1-$2 up; ip -n $2 link set $2-$1 up
}}
wire mn mag {MN_MAC} {FIXED_MAC}; wire mn2 mag {MN_2_MAC} {FIXED_MAC}
wire mag core; wire core lma; wire lma cn
at() {{ ip -n $1 -6 address add $3 dev $2 nodad; }}
at mag lo {MAG}/128; at lma lo {LMA}/128
at core lo {CORE}/128
at mag mag-core fe80::1/64; at core core-mag fe80::2/64
at core core-lma fe80::2/64; at lma lma-core fe80::1/64
at lma lma-cn 2001:db8:c::1/64; at cn cn-lma {CN}/64
at mn mn-mag {MN}/64; at mn2 mn2-mag {MN_2}/64
ip -n mn -6 route add default via {FIXED} dev mn-mag metric 2048
ip -n mn2 -6 route add default via {FIXED} dev mn2-mag metric 2048
ip -n mag -6 route add default via fe80::2 dev mag-core
ip -n core -6 route add {MAG} via fe80::1 dev core-mag
ip -n core -6 route add default via fe80::1 dev core-lma
ip -n lma -6 route add default via fe80::2 dev lma-core
ip -n cn -6 route add default via 2001:db8:c::1
"""


class Lab:
    """The sandbox, a way to run commands in it, and the agents' parent."""

    def __init__(self, folder: Path, program: str = "-m agents --preload --control") -> None:
        self.folder = folder
        self.data_path = ""
        self._sandbox = subprocess.Popen(
            ["unshare", "-mnpf", "--kill-child", "bash", "-c", _SETUP + "echo; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.namespaces = dict(line.split() for line in self._lines())
        self._pid = (
            Path(f"/proc/{self._sandbox.pid}/task/{self._sandbox.pid}/children").read_text().strip()
        )
        wait_for(lambda: self.run("mag", "ip", "-6", "address").count(FIXED) == 2)
        words = [sys.executable, *program.split(), str(folder)]
        self.parent = subprocess.Popen(self.command("", *words), stdout=subprocess.DEVNULL)
        wait_for(lambda: (folder / "parent.sock").exists())
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.settimeout(PATIENCE)
        self.connection.connect(str(folder / "parent.sock"))
        self.answers = self.connection.makefile()
        self._asker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._asker.settimeout(PATIENCE)
        self._asker.bind(str(folder / "asker.sock"))

    def command(self, node: str, *words: str) -> list[str]:
        """Return the command line that runs ``words`` on ``node`` ("" for the sandbox itself)."""
        inside = ["ip", "netns", "exec", node, *words] if node else list(words)
        return ["nsenter", "-t", self._pid, "-m", "-n", "-p", *inside]

    def run(self, node: str, *words: str) -> str:
        """Run a command to its end and return its output, whatever its exit status."""
        done = subprocess.run(
            self.command(node, *words), capture_output=True, text=True, timeout=PATIENCE
        )
        return done.stdout + done.stderr

    def pings(self, node: str, *words: str) -> bool:
        """Say whether one echo request is answered within 0.4 s."""
        return " 0% packet loss" in self.run(node, "ping", "-n", "-c", "1", "-W", "0.4", *words)

    def socket(self, node: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """Return a socket of this process that lives in the network namespace of ``node``."""
        made: list[socket.socket] = []

        def make() -> None:
            with Path(f"/proc/{self._pid}/root/run/netns/{node}").open() as namespace:
                assert _libc.setns(namespace.fileno(), 0) == 0
            made.append(socket.socket(family, kind, protocol))

        thread = threading.Thread(target=make)  # a namespace belongs to a thread
        thread.start()
        thread.join()
        return made[0]

    def tap(self, node: str, interface: str) -> socket.socket:
        """Return a socket that reads every IPv6 packet on an interface, without its frame."""
        tap = self.socket(node, socket.AF_PACKET, socket.SOCK_DGRAM)
        tap.bind((interface, _EVERY_ETHERTYPE))
        tap.settimeout(0.2)
        return tap

    def stop_agents(self) -> None:
        """Stop all agents and forget what they have logged."""
        for node in self.namespaces:
            assert self.ask_parent({"stop": node}) == {"stopped": node}
            for kind in ("log", "jsonl"):
                (self.folder / f"{node}.{kind}").unlink(missing_ok=True)

    def start(self, node: str, role: str, config: Mapping[str, Any], **rest: Any) -> None:
        """Start a puppet on ``node`` and assert that it became ready."""
        wanted = self.specification(node, protocol="puppet", role=role, config=config, **rest)
        answer = self.ask_parent({"start": wanted})
        assert answer.get("started") == node, answer

    def perform(self, node: str, *actions: Mapping[str, Any]) -> None:
        """Have a puppet perform ``actions`` and wait until it has."""
        count = len(self.events(node, "performed")) + 1
        self.tell(node, {"command": "perform", "arguments": {"actions": actions}})
        self.wait_event(node, "performed", count)

    def specification(self, node: str, **rest: Any) -> dict[str, Any]:
        """Return what the parent must be told to start an agent on ``node``."""
        return {
            "node": node,
            "netns_pid": int(self.namespaces[node]),
            "log": str(self.folder / f"{node}.log"),
            "events": str(self.folder / f"{node}.jsonl"),
            "clock_offset": time.time() - time.monotonic(),
            "seed": 1,
            "settings": {"data_path": self.data_path},
            **rest,
        }

    def ask_parent(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request to the parent and return its next line."""
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        return self.told()

    def told(self) -> dict[str, Any]:
        """Return the parent's next line."""
        answer: dict[str, Any] = json.loads(self.answers.readline())
        return answer

    def tell(self, node: str, request: Mapping[str, Any] | bytes) -> None:
        """Send a datagram to an agent's control socket."""
        octets = request if isinstance(request, bytes) else json.dumps(request).encode()
        self._asker.sendto(octets, str(self.folder / f"{node}.sock"))

    def ask(self, node: str, query: str) -> Any:
        """Return an agent's answer to "bindings" or "counters"."""
        self.tell(node, {query: True})
        return json.loads(self._asker.recv(1 << 20))[query]

    def events(self, node: str, event: str = "") -> list[dict[str, Any]]:
        """Return the events that an agent has logged so far, or those called ``event``."""
        written, _, _ = (self.folder / f"{node}.jsonl").read_text().rpartition("\n")
        rows = [json.loads(line) for line in written.splitlines()]
        return [row for row in rows if event in ("", row["event"])]

    def wait_event(self, node: str, event: str, count: int = 1) -> dict[str, Any]:
        """Wait until an agent has logged ``event`` ``count`` times; return the last one."""
        wait_for(lambda: len(self.events(node, event)) >= count)
        return self.events(node, event)[count - 1]

    def close(self) -> None:
        """End the sandbox, and with it everything inside."""
        self.connection.close()
        assert self._sandbox.stdin is not None
        self._sandbox.stdin.close()
        self._sandbox.wait(PATIENCE)
        self.parent.wait(PATIENCE)

    def _lines(self) -> list[str]:
        assert self._sandbox.stdout is not None
        lines = []
        while line := self._sandbox.stdout.readline().strip():
            lines.append(line)
        return lines


@contextmanager
def lab_on(data_path: str, folder: Path, *roles: str) -> Iterator[Lab]:
    """A lab whose agents make their tunnels by ``data_path``; skip where the kernel has it not."""
    made = Lab(folder, *roles)
    try:
        made.data_path = data_path
        answer = made.run("", "ip", "link", "add", "type", "ip6tnl")
        if data_path == "ip6tnl" and "Unknown device type" in answer:
            pytest.skip("this kernel has no ip6_tunnel")
        yield made
    finally:
        made.close()


def kernel_judges_headers() -> bool:
    """Say whether the kernel answers bad Mobility Headers before a socket sees them.

    One with Mobile IPv6 (``CONFIG_IPV6_MIP6``, as distributions build it) does.
    """
    with Path("/proc/kallsyms").open() as symbols:
        return any(" mip6_mh_filter" in line for line in symbols)


def octets(address: str) -> bytes:
    """Return the 16 octets of an address."""
    return socket.inet_pton(socket.AF_INET6, address)


def packets(tap: socket.socket) -> list[bytes]:
    """Return the IPv6 packets that a tap has seen, until it sees none for a while."""
    found = []
    try:
        while True:
            packet = tap.recv(65535)
            if packet[0] >> 4 == 6:
                found.append(packet)
    except TimeoutError:
        return found


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds; AssertionError if that takes too long."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
