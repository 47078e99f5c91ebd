"""Flows of this host that are refused, both ways: by rules of nftables, and at once."""

from __future__ import annotations

from collections.abc import Iterator

from agents.core.actions import Refuse, StopRefusing
from agents.live import nft, socket_diagnosis
from agents.live.nftables import Table

INBOUND, OUTBOUND = TABLES = "dmm-refused-in", "dmm-refused-out"

Flow = tuple[bytes, bytes, int, int]
"""This host's address, the peer's, a protocol (0 for all) and this host's port (0 for any)."""

_TCP, _ICMPV6, _MOBILITY = 6, 58, 135
_FLAGS, _RESET = nft.Octets(13, 1, nft.Base.TRANSPORT), 0x04
_KIND = nft.Octets(0, 1, nft.Base.TRANSPORT)
_SOURCE_PORT = nft.Octets(0, 2, nft.Base.TRANSPORT)
_DESTINATION_PORT = nft.Octets(2, 2, nft.Base.TRANSPORT)
_SOURCE, _DESTINATION = nft.Octets(8, 16), nft.Octets(24, 16)
_UNREACHABLE, _BY_RESET = 0, 1  # kinds of nftables' answers
_PORT = 4  # code of Destination Unreachable (RFC 4443 §3.1)
_ERRORS, _DISCOVERY = (1, 127), (133, 137)  # types of ICMPv6 that are no flow's


class Refusals:
    """Knows which flows are refused. NetlinkError where the kernel cannot refuse."""

    def __init__(self) -> None:
        self._flows: dict[Flow, None] = {}
        self._tables: list[Table] = []

    def refuse(self, action: Refuse) -> None:
        """Refuse a flow, and end at once the connections that it has."""
        flow = _flow(action)
        if flow in self._flows:
            return
        self._flows[flow] = None
        self._settle()
        socket_diagnosis.end(*flow)

    def stop(self, action: StopRefusing) -> None:
        """Let a flow pass again."""
        if _flow(action) in self._flows:
            del self._flows[_flow(action)]
            self._settle()

    def counted(self) -> int:
        """Return how many packets were refused since the flows have last changed."""
        return sum(table.counted() for table in self._tables)

    def _settle(self) -> None:
        leaving = [rule for flow in self._flows for rule in _rules(flow, _SOURCE_PORT)]
        coming = [rule for flow in self._flows for rule in _rules(_turned(flow), _DESTINATION_PORT)]
        self._tables = self._tables or [
            Table(OUTBOUND, nft.Hook.ORIGIN, []),
            Table(INBOUND, nft.Hook.DELIVERY, []),
        ]
        for table, rules in zip(self._tables, (leaving, coming), strict=True):
            table.rewrite([*_exempt(), *rules])


def _flow(action: Refuse | StopRefusing) -> Flow:
    return action.local, action.peer, action.protocol, action.port


def _turned(flow: Flow) -> Flow:
    local, peer, protocol, port = flow
    return peer, local, protocol, port


def _exempt() -> list[nft.Rule]:
    """Let pass what tells of refusals, what finds neighbours, and what binds addresses."""
    return [
        [*nft.of_protocol(_MOBILITY), *nft.accept()],
        *(
            [*nft.of_protocol(_ICMPV6), nft.load(_KIND), *_types(*kinds), *nft.accept()]
            for kinds in (_ERRORS, _DISCOVERY)
        ),
        [*nft.of_protocol(_TCP), nft.load(_FLAGS), *nft.with_bit(_RESET), *nft.accept()],
    ]


def _types(lowest: int, highest: int) -> list[bytes]:
    return nft.between(bytes([lowest]), bytes([highest]))


def _rules(flow: Flow, port_at: nft.Octets) -> Iterator[nft.Rule]:
    source, destination, protocol, port = flow
    ends = nft.having(_SOURCE, source) + nft.having(_DESTINATION, destination)
    at_port = nft.having(port_at, port.to_bytes(2, "big")) if port else []
    if protocol in (0, _TCP):
        reset = nft.reject(_BY_RESET)
        yield [*nft.of_protocol(_TCP), *ends, *at_port, *reset]
    if protocol != _TCP:
        which = nft.of_protocol(protocol or _TCP, other=not protocol)
        yield [*which, *ends, *at_port, *nft.reject(_UNREACHABLE, _PORT)]
