"""Messages as layers: those of scapy where it has them, the others generated."""

from __future__ import annotations

import struct
from typing import Any

from scapy.fields import BitField, ByteEnumField, ByteField, XShortField
from scapy.layers.inet6 import (
    MIP6MH_BE,
    MIP6MH_BRR,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrRouting,
    MIP6MH_CoT,
    MIP6MH_CoTI,
    MIP6MH_Generic,
    MIP6MH_HoT,
    MIP6MH_HoTI,
    _ICMPv6,
    _MIP6OptAlign,
    _MobilityHeader,
    ipv6nh,
)
from scapy.packet import Packet, Raw

from agents.wire import dmipv6_messages as dmipv6
from agents.wire import icmpv6, messages, mobility
from agents.wire.draft_flags import SEED_BITS
from agents.wire.errors import WireError
from agents.wire.layout import layout_of
from agents.wire.names import message_name
from agents.wire.numbers import (
    PROTOCOL_ICMPV6,
    PROTOCOL_MOBILITY,
    BindingAckFlag,
    BindingUpdateFlag,
)
from testbed.scapy_layers.base import Convenient, Layers
from testbed.scapy_layers.fields import fields_of
from testbed.scapy_layers.options import family

_MOBILITY_HEADER, _ICMPV6_HEADER = 6, 4


def _over(protocol: int) -> dict[Any, dict[str, int]]:
    """Return what the headers below say of a message of ``protocol``."""
    return {below: {"nh": protocol} for below in (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting)}


def _icmpv6_header(number: int) -> list[Any]:
    return [BitField("type", number, 8), ByteField("code", 0), XShortField("cksum", None)]


class Message(_MobilityHeader):
    """A message of the Mobility Header: ``PBQ() / HomeNetworkPrefix()`` appends the option."""

    overload_fields = _over(PROTOCOL_MOBILITY)

    def add_payload(self, payload: Any) -> None:
        """Append an option to the options; anything else follows the message."""
        if isinstance(payload, _MIP6OptAlign):
            self.setfieldval("options", [*self.getfieldval("options"), payload])
        else:
            super().add_payload(payload)


class Generated(Convenient, Message):
    """A message that scapy has not; one with a sequence number answers that with the same."""

    answered: tuple[str, ...] = ()

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill up to a multiple of 8 octets, then fill in length and checksum."""
        padded = pkt + bytes(-len(pkt) % 8)
        return bytes(super().post_build(padded, pay))  # type: ignore[no-untyped-call]

    def hashret(self) -> bytes:
        """Return what a request and its answer have in common."""
        return struct.pack("!H", getattr(self, "sequence", 0))

    def answers(self, other: Packet) -> int:
        """Say whether this acknowledges ``other``."""
        asked = any(type(other).__name__ == name for name in self.answered)
        return int(asked and self.sequence == other.sequence)


class HomeProxyMessage(Convenient, _ICMPv6):
    """A message of DMIPv6."""

    overload_fields = _over(PROTOCOL_ICMPV6)
    answered: tuple[str, ...] = ()

    def hashret(self) -> bytes:
        """Return what a query and its answer have in common: nothing but the protocol."""
        return b"dmipv6"

    def answers(self, other: Packet) -> int:
        """Say whether this is an answer to a query such as ``other``."""
        return int(type(other).__name__ in self.answered)


def _reused(cls: type, layer: type[Packet]) -> Any:
    return type(cls.__name__, (Message, layer), _said(cls, layout_of(cls).title))


def _said(cls: Any, title: str) -> dict[str, Any]:
    return {
        "name": title,
        "__doc__": f"{cls.__doc__}\n\n{layout_of(cls).source}.",
        "__module__": "testbed.scapy_layers",
    }


def _mobility(cls: Any) -> Any:
    layout = layout_of(cls)
    fields = [
        ByteEnumField("nh", 59, ipv6nh),
        ByteField("len", None),
        BitField("mhtype", int(layout.number), 8),
        ByteField("res", 0),
        XShortField("cksum", None),
        *fields_of(cls, _MOBILITY_HEADER, lambda pkt: 8 * pkt.len + 8, family),
    ]
    answered = _answered(cls.__name__)
    about = {"fields_desc": fields, "declared": cls, "answered": answered}
    return type(cls.__name__, (Generated,), {**about, **_said(cls, layout.title)})


def _answered(name: str) -> tuple[str, ...]:
    if name == "BindingAcknowledgement":
        return ("BindingUpdate",)
    stem = name.removesuffix("Acknowledgement")
    return (stem, f"{stem}Request", f"{stem}Indication") if stem != name else ()


def _home_proxy(cls: Any) -> Any:
    layout = layout_of(cls)
    fields = [
        *_icmpv6_header(int(layout.number)),
        *fields_of(cls, _ICMPV6_HEADER, _octets_of_message, family),
    ]
    about = {"fields_desc": fields, "declared": cls, "answered": _ASKED.get(cls, ())}
    return type(cls.__name__, (HomeProxyMessage,), {**about, **_said(cls, layout.title)})


def _octets_of_message(packet: Packet) -> int:
    """Return how long an ICMPv6 message is: what its packet holds, that is."""
    return len(packet.original) if packet.original else 0


_ASKED = {
    dmipv6.DhpDiscoveryAcknowledgement: ("DhpDiscoveryQuery",),
    dmipv6.MulticastDhpAcknowledgement: ("MulticastDhpQuery",),
    dmipv6.ServerDhpResponse: ("ServerDhpQuery", "ServerDhpRequirements"),
    dmipv6.DhoaResponse: ("DhoaRequest",),
}
_OF_SCAPY = {
    messages.BindingRefreshRequest: MIP6MH_BRR,
    messages.HomeTestInit: MIP6MH_HoTI,
    messages.CareOfTestInit: MIP6MH_CoTI,
    messages.HomeTest: MIP6MH_HoT,
    messages.CareOfTest: MIP6MH_CoT,
    messages.BindingError: MIP6MH_BE,
}

REUSED: Layers = {cls: _reused(cls, layer) for cls, layer in _OF_SCAPY.items()}
MOBILITY_MESSAGES: Layers = {
    cls: REUSED.get(cls) or _mobility(cls) for cls in messages.MOBILITY_MESSAGES
}
DMIPV6_MESSAGES: Layers = {cls: _home_proxy(cls) for cls in dmipv6.DMIPV6_MESSAGES}

_UPDATE = MOBILITY_MESSAGES[messages.BindingUpdate]
_ACKNOWLEDGEMENT = MOBILITY_MESSAGES[messages.BindingAcknowledgement]
_ASKING = int(BindingUpdateFlag.ACKNOWLEDGE)
_PROXY, _PROXY_ACK = int(BindingUpdateFlag.PROXY), int(BindingAckFlag.PROXY)


def _named(name: str, layer: Any, flags: int, answered: tuple[str, ...] = ()) -> Any:
    about = {"name": name, "flags": flags, "answered": answered}
    said = f"{layer.__name__} with the flags {flags:#x}."
    return type(name, (layer,), {**about, "__doc__": said, "__module__": "testbed.scapy_layers"})


PBU = _named("ProxyBindingUpdate", _UPDATE, _ASKING | _PROXY)
PBA = _named("ProxyBindingAcknowledgement", _ACKNOWLEDGEMENT, _PROXY_ACK, (PBU.__name__,))
PBQ = _named("ProxyBindingQuery", _UPDATE, _ASKING | _PROXY | int(BindingUpdateFlag.QUERY))
PQA = _named(
    "ProxyQueryAcknowledgement",
    _ACKNOWLEDGEMENT,
    _PROXY_ACK | int(BindingAckFlag.QUERY),
    (PBQ.__name__,),
)
sDBU = _named("sDBU", _UPDATE, _ASKING | SEED_BITS.update_d)
dDBU = _named("dDBU", _UPDATE, _ASKING | SEED_BITS.update_d | SEED_BITS.update_e)
sDBA = _named("sDBA", _ACKNOWLEDGEMENT, SEED_BITS.acknowledgement_d, ("sDBU",))
dDBA = _named(
    *("dDBA", _ACKNOWLEDGEMENT, SEED_BITS.acknowledgement_d | SEED_BITS.acknowledgement_e),
    ("dDBU",),
)

NAMED: dict[str, Any] = {
    each.__name__: each for each in (PBU, PBA, PBQ, PQA, sDBU, dDBU, sDBA, dDBA)
}
"""The updates and acknowledgements that their flags give a name, by that name."""


class AnyMobilityMessage(MIP6MH_Generic):
    """Dissects as the layer of the message that the codec reads."""

    @classmethod
    def dispatch_hook(cls, _pkt: bytes = b"", *_: Any, **__: Any) -> Any:
        """Return the layer for ``_pkt``; scapy's generic one where it is no message."""
        try:
            message = mobility.parse(_pkt)
        except WireError:
            return MIP6MH_Generic
        named = NAMED.get(message_name(message))
        return named or MOBILITY_MESSAGES.get(type(message), MIP6MH_Generic)


class AnyHomeProxyMessage(_ICMPv6):
    """Dissects as the layer of the message that the codec reads."""

    fields_desc = _icmpv6_header(0)

    @classmethod
    def dispatch_hook(cls, _pkt: bytes = b"", *_: Any, **__: Any) -> Any:
        """Return the layer for ``_pkt``; Raw where it is no message."""
        try:
            return DMIPV6_MESSAGES.get(type(icmpv6.parse(_pkt)), Raw)
        except WireError:
            return Raw
