"""The profile ``dmm-testbed``: columns, colors and filter buttons for the captures of runs."""

from __future__ import annotations

from collections.abc import Mapping

from testbed.wireshark.declarations import codes

NAME = "dmm-testbed"

_COLUMNS = (
    ("No.", "%m"),
    ("Time", "%t"),
    ("Node:interface", "%Cus:frame.interface_name:0:R"),
    ("Source", "%s"),
    ("Destination", "%d"),
    ("Protocol", "%p"),
    ("Length", "%L"),
    ("Info", "%i"),
    ("Step", "%Cus:frame.comment:0:R"),
)

_BUTTONS = (
    ("Signalling", "dmm || diameter || icmpv6.type in {133, 134}", "messages of the protocols"),
    ("Bindings", 'dmm.message matches "Binding|DB[UA]"', "updates and their answers"),
    ("Refused", "dmm.status >= 128", "answers that say no"),
    ("Attachment", "icmpv6.type in {133, 134} || dmm.type in {133, 134}", "routers and hosts"),
    ("Tunnels", "ipv6.nxt == 41", "IPv6 in IPv6"),
    ("Commented", "frame.comment", "steps of documents, events of the timeline"),
)

_WHITE, _BLACK = (65535, 65535, 65535), (4626, 10023, 11822)
_COLORS = (
    ("Malformed", "_ws.malformed || dmm.malformed", (42148, 0, 0), _WHITE),
    ("Refused", "dmm.status >= 128", (65535, 45232, 45232), _BLACK),
    (
        "Query",
        'dmm.message in {"ProxyBindingQuery", "ProxyQueryAcknowledgement"}',
        (57825, 52942, 65535),
        _BLACK,
    ),
    ("Update", 'dmm.message matches "Update$|DBU$"', (52428, 58981, 65535), _BLACK),
    (
        "Acknowledgement",
        'dmm.message matches "Acknowledgement$|DBA$"',
        (55255, 63222, 55255),
        _BLACK,
    ),
    ("Home proxies", 'dmm.message matches "Dhp|Dhoa"', (65535, 60395, 46003), _BLACK),
    ("Other signalling", "dmm || diameter", (61680, 58596, 65535), _BLACK),
    ("Attachment", "icmpv6.type in {133, 134}", (65535, 64250, 49344), _BLACK),
    ("Neighbors, groups", "icmpv6", (63993, 63993, 63993), (34952, 34952, 34952)),
    ("Tunnelled", "ipv6.nxt == 41", (60652, 60652, 60652), _BLACK),
)


def files() -> Mapping[str, str]:
    """Return the profile's files by name."""
    return {
        "preferences": _preferences(),
        "colorfilters": "".join(map(_color, _COLORS)),
        "dfilter_buttons": "".join(f'"TRUE","{a}",{_quoted(b)},"{c}"\n' for a, b, c in _BUTTONS),
    }


def _preferences() -> str:
    columns = ",\n\t".join(f'"{title}", "{form}"' for title, form in _COLUMNS)
    lines = [
        "# Columns: a packet of capture.pcapng is seen at each interface that it passes.",
        f"gui.column.format: \n\t{columns}",
        "# For the same reason TCP looks as if everything were sent again.",
        "tcp.analyze_sequence_numbers: FALSE",
        "# Checksums of the hosts' own packets are left to the network card.",
        "tcp.check_checksum: FALSE",
        "udp.check_checksum: FALSE",
        "# The numbers that drafts left open.",
        *(f"dmm.{code['name']}: {code['default']}" for code in codes()),
    ]
    return "\n".join(lines) + "\n"


def _color(rule: tuple[str, str, tuple[int, ...], tuple[int, ...]]) -> str:
    name, wanted, back, front = rule
    shown = ",".join(map(str, back)), ",".join(map(str, front))
    return f"@{name}@{wanted}@[{shown[0]}][{shown[1]}]\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', "\\x22") + '"'
