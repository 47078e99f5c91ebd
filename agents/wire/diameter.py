"""What a MAAR asks a Diameter server, and its answer, as values (RFC 7155, RFC 5779).

The octets of Diameter are a library's: drivers put these values into AA-Requests and AA-Answers
and take them out. The fields are those of the AVPs that draft-ma-dmm-romip-00 §3.1 needs.
"""

from __future__ import annotations

from agents.wire.address import UNSPECIFIED, Address
from agents.wire.value import value

PORT = 3868  # RFC 6733 §2.1
COMMANDS = {
    257: "Capabilities-Exchange",
    265: "AA",
    280: "Device-Watchdog",
    282: "Disconnect-Peer",
}
"""The names of commands by their codes (RFC 6733 §3.1, RFC 7155 §3)."""

_VERSION, _HEADER, _REQUEST = 1, 20, 0x80

SUCCESS = 2001
REALM_NOT_SERVED = 3003
AUTHORIZATION_REJECTED = 5003
USER_UNKNOWN = 5030


@value
class AaRequest:
    """AA-Request: ``user`` is at the MAAR whose address is ``maar`` (draft-ma §3.1).

    ``session`` is the Session-Id, which tells the answer to this request from others.
    """

    session: str
    user: str
    maar: Address
    origin_host: str
    origin_realm: str
    destination_realm: str


@value
class AaAnswer:
    """AA-Answer: ``previous`` is the MAAR where the user was before, :: where there is none.

    ``result`` is the Result-Code (RFC 6733 §7.1).
    """

    session: str
    result: int
    user: str
    origin_host: str
    origin_realm: str
    previous: Address = UNSPECIFIED


@value
class DiameterHeader:
    """What the header of a message tells: the Command Code and the R bit (RFC 6733 §3).

    An answer has the Hop-by-Hop Identifier of its request.
    """

    command: int
    request: bool
    hop_by_hop: int = 0


def read_header(octets: bytes) -> DiameterHeader | None:
    """Return the header with which ``octets`` begin, None where they begin with none."""
    if len(octets) < _HEADER or octets[0] != _VERSION:
        return None
    hop_by_hop = int.from_bytes(octets[12:16])
    return DiameterHeader(int.from_bytes(octets[5:8]), bool(octets[4] & _REQUEST), hop_by_hop)
