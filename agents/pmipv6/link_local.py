"""The link-local address of a gateway on the link to one mobile node (RFC 5213 §5.3.6)."""

from __future__ import annotations

from random import Random  # noqa: TID251 - the type only; the driver seeds it

from agents.pmipv6.binding_cache import Binding
from agents.pmipv6.request import Request, asked_link_local
from agents.wire.address import UNSPECIFIED, Address

_LINK_LOCAL = bytes.fromhex("fe80000000000000")


def set_link_local(request: Request, binding: Binding, random: Random) -> None:
    """Note the address that a request names, or make one up where it asks for one."""
    asked = asked_link_local(request)
    if asked is None:
        return
    if asked != UNSPECIFIED:
        binding.link_local = asked
    elif binding.link_local == UNSPECIFIED:
        binding.link_local = Address(_LINK_LOCAL + random.randbytes(8))
