"""How long the messages of Diameter are: a header and AVPs in a segment of TCP (RFC 6733 §3, §4).

The connection is taken to stand: neither its handshake nor that of the peers is modelled, and a
message that is lost is lost.
"""

from __future__ import annotations

from agents.wire.diameter import AaAnswer, AaRequest

_HEADER = 20
_AVP = 8  # octets before the data of an AVP without a vendor
_TCP = 32  # with timestamps, as kernels send it
_UNSIGNED32, _UNSIGNED64 = 4, 8
_PROTOCOL_ERRORS = range(3000, 4000)  # RFC 6733 §7.1.3
_ERRORS = 3000
_ADDRESS = 2 + 16  # the family and an IPv6 address (§4.3.1)


def length(message: AaRequest | AaAnswer) -> int:
    """Return the octets of the TCP segment that carries ``message`` alone."""
    data = _of_request(message) if isinstance(message, AaRequest) else _of_answer(message)
    return _TCP + _HEADER + sum(map(_avp, data))


def _of_request(message: AaRequest) -> list[int]:
    """Return the lengths of the data of all AVPs of an AA-Request (RFC 7155 §3.1, RFC 5779 §5)."""
    return [
        len(message.session),
        _UNSIGNED32,  # Auth-Application-Id
        len(message.origin_host),
        len(message.origin_realm),
        len(message.destination_realm),
        _UNSIGNED32,  # Auth-Request-Type
        len(message.user.encode()),  # User-Name
        len(message.user.encode()),  # Mobile-Node-Identifier
        _UNSIGNED64,  # MIP6-Feature-Vector
        _avp(_ADDRESS),  # MIP6-Agent-Info with MIP-Home-Agent-Address
    ]


def _of_answer(message: AaAnswer) -> list[int]:
    """Return the lengths of the data of all AVPs of an AA-Answer (RFC 7155 §3.2, RFC 5779 §5).

    What went wrong in the protocol itself is told with as few as can be (RFC 6733 §7.2).
    """
    always = [
        len(message.session),
        _UNSIGNED32,  # Result-Code
        len(message.origin_host),
        len(message.origin_realm),
        len(message.user.encode()),
    ]
    if message.result in _PROTOCOL_ERRORS:
        return always
    asked = [_UNSIGNED32, _UNSIGNED32]  # Auth-Application-Id, Auth-Request-Type
    return [*always, *asked, *([_avp(_ADDRESS)] if message.result < _ERRORS else [])]


def _avp(data: int) -> int:
    """Return the octets of an AVP with ``data`` octets, padded to 32 bits (RFC 6733 §4.1)."""
    return _AVP + (data + 3) // 4 * 4
