"""What this machine offers, which way each need is met, and what to install."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from testbed.emulated import multicast, names, sandbox, trials
from testbed.emulated.errors import EmulationError

# program -> Debian's package that has it; without these there is no run
PROGRAMS = {
    "mnexec": "mininet",
    "dumpcap": "wireshark-common",
    "mergecap": "wireshark-common",
    "reordercap": "wireshark-common",
    "iperf3": "iperf3",
    "ping": "iputils-ping",
    "tc": "iproute2",
    "nft": "nftables",
}
# the same for programs that some networks need: those that route multicast, or have names
OF_MULTICAST = {multicast.PROGRAM: multicast.PACKAGE}
OF_NAMES = {names.PROGRAM: names.PACKAGE}
MULTICAST_PROTOCOLS = "sdpmip, dmipv6"
NAMING_PROTOCOLS = "dmipv6"
DIVERTING_PROTOCOLS = "spmip, sdpmip, mipv6, dmipv6, romip, flowbinding"
HOMING_PROTOCOLS = "mipv6, dmipv6, romip"
STEERING_PROTOCOLS = "flowbinding"
REFUSING_PROTOCOLS = "dmipv6"
ASSOCIATING_PROTOCOLS = "romip with transport: sctp"

_FLOWS = "Linux 6.0 or later with seg6; modprobe nft_log nft_limit"
_REFUSALS = "apt-get install iproute2; modprobe nft_reject_ipv6 tcp_diag udp_diag"
_MODULES = "a kernel with sch_netem or tun, and ip6_tunnel or seg6 (linux-image-amd64 has all)"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a run needs: whether and how this machine meets it, else what to do.

    ``only`` names the protocols that need it, empty where every run does.
    """

    name: str
    met: bool
    way: str
    mend: str = ""
    only: str = ""


def missing(routes_multicast: bool = False, has_names: bool = False) -> str:
    """Return the line that says which programs are missing and what to install; "" for none."""
    wanted = PROGRAMS | (OF_MULTICAST if routes_multicast else {}) | (OF_NAMES if has_names else {})
    absent = [name for name in wanted if _where(name) is None]
    if not absent:
        return ""
    packages = sorted({wanted[name] for name in absent})
    return f"missing {', '.join(absent)}: apt-get install {' '.join(packages)}"


def unmet(protocol: str) -> str:
    """Return the line that says what the kernel lacks for ``protocol`` and what to do, or ""."""
    lacking = [need for need in _inside() if not need.met and _concerns(need, protocol)]
    said = (f"{need.name} ({need.mend})" for need in lacking)
    return f"this kernel lacks what {protocol} needs: {', '.join(said)}" if lacking else ""


def _concerns(need: Need, protocol: str) -> bool:
    return not need.only or protocol in need.only.split(", ")


def examine() -> list[Need]:
    """Try everything that a run needs; what needs a sandbox is tried in one."""
    programs = [_program(name, package) for name, package in PROGRAMS.items()]
    programs += [_program(*each, only=MULTICAST_PROTOCOLS) for each in OF_MULTICAST.items()]
    programs += [_program(*each, only=NAMING_PROTOCOLS) for each in OF_NAMES.items()]
    return [_isolation(), *programs, _identifier(), *_inside()]


def _where(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _program(name: str, package: str, only: str = "") -> Need:
    path = _where(name)
    return Need(name, path is not None, path or "missing", f"apt-get install {package}", only)


def _isolation() -> Need:
    way = "root" if os.geteuid() == 0 else "user namespaces"
    try:
        sandbox.enter(lambda: 0)
    except EmulationError as error:
        return Need("sandbox", False, "forbidden", str(error))
    return Need("sandbox", True, way)


def _identifier() -> Need:
    met = False
    if program := _where("ping"):
        usage = subprocess.run([program, "-h"], capture_output=True, text=True, check=False)
        met = "-e <identifier>" in usage.stdout + usage.stderr
    return Need("ping -e", met, "yes" if met else "no", "iputils-ping 20211215 or later")


def _inside() -> list[Need]:
    """Try in a sandbox what the kernel can do, and say which way is taken."""
    reader, writer = os.pipe()

    def attempt() -> int:
        os.write(writer, json.dumps(trials.attempt_all()).encode())
        return 0

    try:
        sandbox.enter(attempt)
    except EmulationError:
        return []
    finally:
        os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answers:
        return list(_judge(json.loads(answers.read())))


def _judge(works: Mapping[str, bool]) -> Iterator[Need]:
    shaping = "netem" if works["netem"] else "the delay line, a process between TAP devices"
    yield Need("link delay, jitter, loss", works["netem"] or works["tap"], shaping, _MODULES)
    rate = "netem" if works["netem"] else "tbf" if works["tbf"] else "the delay line"
    yield Need("link rate", works["netem"] or works["tbf"] or works["tap"], rate, _MODULES)
    tunnels = "seg6 routes, no device" if works["seg6"] else "ip6tnl devices"
    yield Need("tunnels", works["seg6"] or works["ip6tnl"], tunnels, _MODULES)
    diverting = Need("packets through agents", works["tap"], "TUN devices", "modprobe tun")
    yield replace(diverting, only=DIVERTING_PROTOCOLS)
    homes = Need("packets with home addresses", works["log"], "nftables' log", "modprobe nft_log")
    yield replace(homes, only=HOMING_PROTOCOLS)
    steers = works["flows"] and works["seg6"]
    flows = Need("single flows", steers, "nftables' maps, seg6 routes by their marks", _FLOWS)
    yield replace(flows, only=STEERING_PROTOCOLS)
    ending = Need("ending flows", works["refusals"], "nftables' reject, ss", _REFUSALS)
    yield replace(ending, only=REFUSING_PROTOCOLS)
    associations = Need("Diameter over SCTP", works["sctp"], "SCTP" if works["sctp"] else "no SCTP")
    yield replace(associations, mend="modprobe sctp", only=ASSOCIATING_PROTOCOLS)
    yield Need("access links", works["isolated ports"], "bridges with isolated ports", "Linux 4.18")
