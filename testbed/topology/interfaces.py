"""Names and link-layer addresses of interfaces, and the addresses made of those."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

LONGEST = 15  # octets of an interface name in Linux: IFNAMSIZ less its final zero


def mac(node: int, interface: int) -> str:
    """Return the locally administered address of a node's interface: 02:00, then both numbers."""
    return ":".join(f"{octet:02x}" for octet in (2, 0, *divmod(node, 256), *divmod(interface, 256)))


def interface_identifier(mac_address: str) -> int:
    """Return the modified EUI-64 interface identifier of a MAC address (RFC 4291 appendix A)."""
    octets = bytes.fromhex(mac_address.replace(":", ""))
    return int.from_bytes(bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:], "big")


def link_local(mac_address: str) -> str:
    """Return the link-local address that a host makes of its MAC address (RFC 4862 §5.3)."""
    return str(IPv6Address((0xFE80 << 112) | interface_identifier(mac_address)))


def autoconfigured(prefix: IPv6Network, mac_address: str) -> IPv6Address:
    """Return the address that a host makes of an advertised prefix (RFC 4862 §5.5.3)."""
    return prefix[interface_identifier(mac_address)]
