"""What a mobile node of DMIPv6 says and is told in a run, in order, by what tshark saw."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from host_runs import Played, Said

KINDS = {
    **dict.fromkeys((160, 162, 164), "query"),
    **dict.fromkeys((161, 163, 165), "answer"),
    166: "request",
    167: "response",
}
HEADER = 40
_FIELDS = ("frame.time_epoch", "ipv6.src", "ipv6.dst", "icmpv6.type", "dns.qry.name")
_TYPES = f"icmpv6.type in {{{', '.join(map(str, KINDS))}}}"


class Message(NamedTuple):
    """One step of the dialogue; for DNS the kind is the name, else ``octets`` or ``said`` tell."""

    at: float
    kind: str
    source: str
    destination: str
    octets: bytes = b""
    said: Said | None = None

    def concerns(self, prefix: IPv6Network) -> bool:
        """Whether an end of the message is in ``prefix``."""
        return any(IPv6Address(end) in prefix for end in (self.source, self.destination))


def dialogue_of(played: Played, node: str) -> list[Message]:
    """All that ``node`` says and is told, in order, but for data; addresses are the innermost."""
    found = [
        Message(said.at, said.kind, said.source, said.destination, said=said)
        for said in played.said(node)
    ]
    seen = played.seen(node, *_FIELDS, display_filter=_TYPES)
    for row, octets in zip(seen, played.octets(node, _TYPES), strict=True):
        at, source, destination = (row[field][-1] for field in _FIELDS[:3])
        kind, inner = KINDS[int(row["icmpv6.type"][0])], HEADER * len(row["ipv6.src"])
        found.append(Message(float(at), kind, source, destination, octets[inner:]))
    for row in played.seen(node, *_FIELDS, display_filter="dns"):
        at, source, destination = (row[field][0] for field in _FIELDS[:3])
        found.append(Message(float(at), row["dns.qry.name"][0], source, destination))
    return sorted(found, key=lambda message: message.at)


def records_in(answer: bytes) -> list[bytes]:
    """The records of an answer, 20 octets each."""
    return [answer[at : at + 20] for at in range(12, len(answer), 20)]


def address_in(record: bytes) -> str:
    """The address of the home proxy that a record is about."""
    return str(IPv6Address(record[:16]))
