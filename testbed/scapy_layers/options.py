"""Options and records as layers: generated, but for those that scapy has and lays out right."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scapy.fields import BitField, ByteField
from scapy.layers.inet6 import (
    ICMPv6NDOptUnknown,
    MIP6OptAltCoA,
    MIP6OptBindingAuthData,
    MIP6OptBRAdvice,
    MIP6OptMNID,
    MIP6OptMobNetPrefix,
    MIP6OptMsgAuth,
    MIP6OptNonceIndices,
    MIP6OptReplayProtection,
    MIP6OptUnknown,
    Pad1,
    PadN,
    _MIP6OptAlign,
)
from scapy.packet import Packet

from agents.wire import options as mobility
from agents.wire.dmipv6_messages import DhpRecord
from agents.wire.flow_sub_options import FLOW_SUB_OPTIONS
from agents.wire.layout import layout_of
from agents.wire.nd_options import ND_OPTIONS, HomeAddressPair
from testbed.scapy_layers.base import Convenient, Layers
from testbed.scapy_layers.fields import fields_of

_HEADER = 2


class NonceIndices(MIP6OptNonceIndices):
    """As scapy's, with the length that RFC 6275 §6.2.6 gives it."""

    olen = 4


class BindingAuthorizationData(MIP6OptBindingAuthData):
    """As scapy's, with 12 octets of data (RFC 6275 §6.2.7)."""

    olen = 12


class MobilityMessageAuthentication(MIP6OptMsgAuth):
    """As scapy's, with the alignment of RFC 4285 §5."""

    x, y = 8, 5


REUSED: Layers = {
    mobility.BindingRefreshAdvice: MIP6OptBRAdvice,
    mobility.AlternateCareOfAddress: MIP6OptAltCoA,
    mobility.NonceIndices: NonceIndices,
    mobility.BindingAuthorizationData: BindingAuthorizationData,
    mobility.MobileNetworkPrefix: MIP6OptMobNetPrefix,
    mobility.MobileNodeIdentifier: MIP6OptMNID,
    mobility.MobilityMessageAuthentication: MobilityMessageAuthentication,
    mobility.MobilityMessageReplayProtection: MIP6OptReplayProtection,
}


class Record(Convenient, Packet):
    """A structure that is repeated up to the end of a message."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave the next record to the list."""
        return b"", s


class Option(Convenient, _MIP6OptAlign):
    """A mobility option, or a sub-option of one; ``olen`` follows from the rest."""

    x = y = 0
    alignments: Mapping[int, tuple[int, int]] = MappingProxyType({})

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill in the length, unless it was given."""
        if self.olen is None:
            pkt = pkt[:1] + bytes([len(pkt) - _HEADER]) + pkt[2:]
        return pkt + pay

    def alignment_delta(self, curpos: int) -> int:
        """Return how many octets of padding come before an option at ``curpos``."""
        modulus, remainder = self.alignments.get(len(self) - _HEADER, (self.x or 1, self.y))
        return (remainder - curpos) % modulus


class NeighborOption(Convenient, Packet):
    """An option of Neighbor Discovery; ``len`` counts units of 8 octets, filled with zeros."""

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill up, and fill in the length, unless it was given."""
        pkt += bytes(-len(pkt) % 8)
        if self.len is None:
            pkt = pkt[:1] + bytes([len(pkt) // 8]) + pkt[2:]
        return pkt + pay


def _chooser(members: Layers, base: type[Packet]) -> type[Packet]:
    """Return what dissects any of ``members``: by type, then by selector."""

    def dispatch_hook(_: Any, _pkt: bytes = b"", *__: Any, **___: Any) -> Any:
        return _chosen(members, _pkt)

    return type("AnyOption", (base,), {"dispatch_hook": classmethod(dispatch_hook)})


def _chosen(members: Layers, octets: bytes) -> Any:
    kind, value = octets[:1], octets[2:3]
    if kind <= b"\1":
        return PadN if kind == b"\1" else Pad1
    for cls, layer in members.items():
        layout = layout_of(cls)
        selected = not layout.selector or value == bytes([layout.selector.value])
        if kind == bytes([layout.number]) and selected:
            return layer
    return MIP6OptUnknown


def _record(cls: Any) -> type[Packet]:
    fields = fields_of(cls, 0, lambda _: 0, _no_family)
    return type(cls.__name__, (Record,), {"fields_desc": fields, **_said(cls)})


def _option(cls: Any) -> type[Packet]:
    layout = layout_of(cls)
    fields = [
        BitField("otype", int(layout.number), 8),
        ByteField("olen", None),
        *fields_of(cls, _HEADER, lambda pkt: pkt.olen + _HEADER, family),
    ]
    fixed = isinstance(layout.align, tuple)
    alignment = dict(zip("xy", layout.align if fixed else (0, 0), strict=True))
    varied = {} if fixed else {"alignments": layout.align}
    return type(
        cls.__name__, (Option,), {"fields_desc": fields, **alignment, **varied, **_said(cls)}
    )


def _neighbor_option(cls: Any) -> type[Packet]:
    fields = [
        BitField("type", int(layout_of(cls).number), 8),
        ByteField("len", None),
        *fields_of(cls, _HEADER, lambda pkt: 8 * pkt.len, family),
    ]
    return type(cls.__name__, (NeighborOption,), {"fields_desc": fields, **_said(cls)})


def _said(cls: Any) -> dict[str, Any]:
    layout = layout_of(cls)
    return {
        "name": layout.title,
        "declared": cls,
        "__doc__": f"{cls.__doc__}\n\n{layout.source}.",
        "__module__": "testbed.scapy_layers",
    }


def family(name: str) -> type[Packet]:
    """Return what dissects the options, or the records, of the family ``name``."""
    return _FAMILIES[name]


def _no_family(name: str) -> type[Packet]:
    raise LookupError(name)


_FAMILIES: dict[str, type[Packet]] = {"mobility": MIP6OptUnknown}
RECORDS: Layers = {cls: _record(cls) for cls in (DhpRecord, HomeAddressPair)}
_FAMILIES |= {cls.__name__: layer for cls, layer in RECORDS.items()}
SUB_OPTIONS: Layers = {cls: _option(cls) for cls in FLOW_SUB_OPTIONS}
_FAMILIES |= dict.fromkeys(("flow", "early flow"), _chooser(SUB_OPTIONS, MIP6OptUnknown))
MOBILITY_OPTIONS: Layers = {
    cls: REUSED.get(cls) or _option(cls) for cls in mobility.MOBILITY_OPTIONS
}
NEIGHBOR_OPTIONS: Layers = {
    cls: _neighbor_option(cls) for cls in ND_OPTIONS if layout_of(cls).draft
}
ANY_NEIGHBOR_OPTION = _chooser(NEIGHBOR_OPTIONS, ICMPv6NDOptUnknown)
"""What dissects an option of Neighbor Discovery whose type a draft shares out by a sub-type."""
