"""Authenticators at the very end of a Mobility Header: HMAC_SHA1 over all that lies before.

RFC 4285 §5.1 and RFC 6275 §6.2.7 put two addresses and a key of their own in front, and agree on
the rest: the checksum counts as 0, the authenticator's own 12 octets are left out.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

from agents.wire import mobility
from agents.wire.codec import DEFAULT, Codec

SIZE = 12
"""Octets of an authenticator: First(96, ...)."""


def authenticator(key: bytes, addresses: bytes, octets: bytes) -> bytes:
    """Return the authenticator of the Mobility Header ``octets``, which end in its place."""
    covered = octets[:4] + b"\0\0" + octets[6:-SIZE]
    return hmac.digest(key, addresses + covered, "sha1")[:SIZE]


def over(message: Any, blank: Any, key: bytes, addresses: bytes, codec: Codec = DEFAULT) -> bytes:
    """Return the authenticator of ``message`` once the option ``blank`` is appended to it."""
    complete = replace(message, options=(*message.options, blank))
    return authenticator(key, addresses, mobility.emit_unsummed(complete, codec))


def last_option(octets: bytes, codec: Codec = DEFAULT) -> Any:
    """Return the option that the Mobility Header in ``octets`` ends in, or None."""
    options = getattr(mobility.parse(octets, codec), "options", ())
    return options[-1] if options else None


def matches(octets: bytes, value: bytes, key: bytes, addresses: bytes) -> bool:
    """Say, in constant time, whether ``value`` is the authenticator of ``octets``."""
    header = bytes(octets[: 8 * octets[1] + 8])
    return hmac.compare_digest(value, authenticator(key, addresses, header))
