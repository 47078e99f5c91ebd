"""What the kernel can do, by trying it in a namespace that is thrown away."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable

from pyroute2 import IPRoute, NetlinkError
from pyroute2.netlink.rtnl.rtmsg import rtmsg_base

from testbed.emulated.links import choice
from testbed.emulated.links.choice import Way
from testbed.emulated.links.tap import open_tap

_TAP = 14  # the index of a device

# SEG6_IPTUN_MODE_ENCAP_RED, which Linux has since 6.0 and pyroute2 does not know.
rtmsg_base.seg6_encap_info.ipv6_sr_hdr.encapmodes["encap.red"] = 3


def attempt_all() -> dict[str, bool]:
    """Return which of the kernel's features work here; call it in a namespace of its own."""
    offered = choice.offered()
    with IPRoute() as kernel:
        isolates = _works(lambda: _isolate_port(kernel))
        routes_into_tunnels = _works(lambda: _route_into_tunnel(kernel))
        return {
            "netem": Way.NETEM in offered,
            "tbf": Way.TBF in offered,
            "tap": _works(lambda: os.close(open_tap("tap", _TAP, bundled=True))),
            "isolated ports": isolates,
            "log": _works(_log_packets),
            "flows": _works(_find_flows),
            "refusals": _works(_refuse_flows),
            "sctp": _works(_open_association),
            "seg6": routes_into_tunnels,
            # Only where it is needed: the kernel's module leaves a device ip6tnl0 on the host.
            "ip6tnl": not routes_into_tunnels and _works(lambda: _add_tunnel_device(kernel)),
        }


def _works(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except (NetlinkError, OSError, subprocess.CalledProcessError):
        return False
    return True


def _isolate_port(kernel: IPRoute) -> None:
    kernel.link("add", ifname="bridge", kind="bridge")
    kernel.link("add", ifname="near", kind="veth", peer={"ifname": "far"})
    kernel.link("set", index=_index(kernel, "far"), master=_index(kernel, "bridge"))
    kernel.brport("set", index=_index(kernel, "far"), isolated=1)


def _route_into_tunnel(kernel: IPRoute) -> None:
    """Route into a tunnel by segment routing with one segment, which shows on no wire."""
    loopback = _index(kernel, "lo")
    kernel.link("set", index=loopback, state="up")
    encapsulation = {"type": "seg6", "mode": "encap.red", "segs": "2001:db8::2"}
    kernel.route("add", dst="2001:db8:1::/64", oif=loopback, encap=encapsulation)


def _add_tunnel_device(kernel: IPRoute) -> None:
    ends = {"ip6tnl_local": "2001:db8::2", "ip6tnl_remote": "2001:db8::3"}
    kernel.link("add", ifname="tunnel", kind="ip6tnl", **ends)


def _log_packets() -> None:
    """Give an agent copies of the packets whose headers a kernel without Mobile IPv6 refuses."""
    rule = "rt type 2 log group 1 drop"
    _install(f"chain packets {{\n type filter hook input priority 0\n {rule}\n}}")


def _find_flows() -> None:
    """Mark the packets of single flows, have them routed anew, and count and log some."""
    steered = "map ways {\n type ipv6_addr : mark\n counter\n}"
    marking = "meta mark set ip6 daddr map @ways accept"
    leaving = f"chain leaving {{\n type route hook output priority mangle\n {marking}\n}}"
    told = "set told {\n type ipv6_addr\n size 8\n flags dynamic,timeout\n}"
    telling = "limit rate 200/second update @told { ip6 daddr timeout 1s counter } log group 1"
    arriving = f"chain arriving {{\n type filter hook prerouting priority mangle\n {telling}\n}}"
    _install(f"{steered}\n{told}\n{leaving}\n{arriving}")


def _refuse_flows() -> None:
    """Answer the packets of flows by errors and resets, and find the connections to be ended.

    What this needs of modules is loaded by it: later that would hold up an agent in a handover.
    """
    rules = "tcp dport 9 reject with tcp reset\n reject with icmpv6 port-unreachable"
    _install(f"chain refused {{\n type filter hook output priority 0\n {rules}\n}}")
    subprocess.run(["ss", "-6tun"], capture_output=True, check=True)


def _install(parts: str) -> None:
    table = f"table ip6 trial {{\n{parts}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=table, text=True, capture_output=True, check=True)


def _open_association() -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()


def _index(kernel: IPRoute, name: str) -> int:
    (index,) = kernel.link_lookup(ifname=name)
    return int(index)
